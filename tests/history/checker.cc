// SPDX-License-Identifier: BSD-3-Clause
#include "tests/history/checker.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <unordered_set>
#include <vector>

#include "platform/text.h"
#include "tests/history/model.h"
#include "tests/history/sightings.h"

namespace rota::history {
namespace {

using Operations = std::vector<const Operation*>;

// Which keys must be judged together: a forest in which every key knows its parent.
class KeyGroups {
public:
    explicit KeyGroups(uint32_t keys) : parent_(keys) {
        std::iota(parent_.begin(), parent_.end(), 0u);
    }
    uint32_t of(uint32_t key) const {
        while (parent_[key] != key) key = parent_[key];
        return key;
    }
    uint32_t of(const Operation& operation) const { return of(operation.calls[0].keys[0]); }
    void join(uint32_t a, uint32_t b) { parent_[of(a)] = of(b); }

private:
    std::vector<uint32_t> parent_;
};

KeyGroups group_keys(const History& history) {
    KeyGroups groups(history.keys);
    std::map<uint32_t, const Operation*> before;  // by client
    for (const Operation& operation : history.operations) {
        const uint32_t first = operation.calls[0].keys[0];
        for (const Call& call : operation.calls)
            for (const uint32_t key : call.keys) groups.join(first, key);
        const Operation*& previous = before[operation.client];
        if (previous && previous->returned_ns >= operation.invoked_ns)
            groups.join(first, previous->calls[0].keys[0]);
        previous = &operation;
    }
    return groups;
}

bool only_reads(const Operation& operation) {
    return std::all_of(operation.calls.begin(), operation.calls.end(),
                       [](const Call& call) { return is_read(call.verb); });
}

Operations all_of(const std::map<uint32_t, Operations>& clients) {
    Operations all;
    for (const auto& [client, operations] : clients)
        all.insert(all.end(), operations.begin(), operations.end());
    return all;
}

// The search for an order of the operations of one group of keys.
class Search {
public:
    Search(const History& history, const std::map<uint32_t, Operations>& clients,
           uint64_t steps_max)
        : history_(history), sightings_(all_of(clients), model_), steps_left_(steps_max) {
        for (const auto& [client, operations] : clients) {
            queues_.push_back(operations);
            for (const Operation* operation : operations)
                must_return_ += operation->returned_ns != kNever;
        }
        done_.resize(queues_.size());
    }

    Verdict run() {
        const bool found = explore(Model::State(history_.keys), 0);
        if (found) return Verdict::linearizable;
        return out_of_steps_ ? Verdict::undecided : Verdict::refused;
    }

    uint64_t steps_left() const { return steps_left_; }
    std::string explain() const;

private:
    struct Candidate {
        size_t client;
        const Operation* operation;
    };

    bool explore(const Model::State& state, size_t last_client);
    bool advance(const Candidate& next, const Model::State& state);
    std::vector<Candidate> candidates(size_t last_client) const;
    bool is_new(const Model::State& state);
    void note_progress(const Model::State& state);

    const History& history_;
    Model model_;
    Sightings sightings_;
    std::vector<Operations> queues_;  // by client, in its order
    std::vector<uint32_t> done_;      // how many of each
    size_t must_return_ = 0;          // operations with a reply
    size_t returned_ = 0;             // how many of them are done
    std::unordered_set<std::string> visited_;
    uint64_t steps_left_;
    bool out_of_steps_ = false;

    std::vector<uint32_t> farthest_;
    Model::State farthest_state_;
    size_t farthest_returned_ = 0;
};

// What may come next: the next of each client, unless something else had returned before it was
// sent. First the guesses that are most often right: the rest of a pipeline follows at once, and
// what returned first happened first.
std::vector<Search::Candidate> Search::candidates(size_t last_client) const {
    std::vector<Candidate> found;
    int64_t first_return_ns = kNever;
    for (size_t client = 0; client < queues_.size(); ++client) {
        if (done_[client] == queues_[client].size()) continue;
        found.push_back({client, queues_[client][done_[client]]});
        first_return_ns = std::min(first_return_ns, found.back().operation->returned_ns);
    }
    std::erase_if(found, [&](const Candidate& candidate) {
        return candidate.operation->invoked_ns > first_return_ns;
    });
    std::sort(found.begin(), found.end(), [&](const Candidate& a, const Candidate& b) {
        if ((a.client == last_client) != (b.client == last_client)) return a.client == last_client;
        return a.operation->returned_ns < b.operation->returned_ns;
    });
    return found;
}

bool Search::is_new(const Model::State& state) {
    std::string mark(reinterpret_cast<const char*>(done_.data()), done_.size() * sizeof done_[0]);
    mark.append(reinterpret_cast<const char*>(state.data()), state.size() * sizeof state[0]);
    return visited_.insert(std::move(mark)).second;
}

void Search::note_progress(const Model::State& state) {
    if (returned_ < farthest_returned_) return;
    farthest_returned_ = returned_;
    farthest_ = done_;
    farthest_state_ = state;
}

bool Search::advance(const Candidate& next, const Model::State& state) {
    const bool returns = next.operation->returned_ns != kNever;
    ++done_[next.client];
    returned_ += returns;
    sightings_.seen(*next.operation);
    const bool found = explore(state, next.client);
    --done_[next.client];
    returned_ -= returns;
    sightings_.unseen(*next.operation);
    return found;
}

bool Search::explore(const Model::State& state, size_t last_client) {
    if (returned_ == must_return_) return true;  // the others need not have happened
    if (!is_new(state)) return false;
    note_progress(state);
    struct Changed {
        Candidate candidate;
        Model::State state;
    };
    std::vector<Changed> changed;
    for (const Candidate& candidate : candidates(last_client)) {
        if (steps_left_ == 0) {
            out_of_steps_ = true;
            return false;
        }
        --steps_left_;
        Model::State after = state;
        const std::string reply = model_.run(after, *candidate.operation);
        if (candidate.operation->returned_ns != kNever && reply != candidate.operation->reply)
            continue;
        if (only_reads(*candidate.operation)) return advance(candidate, state);
        sightings_.seen(*candidate.operation);  // what it sees itself is not lost
        const bool loses = sightings_.loses(state, after);
        sightings_.unseen(*candidate.operation);
        if (loses) continue;
        changed.push_back({candidate, std::move(after)});
    }
    for (const Changed& next : changed)
        if (advance(next.candidate, next.state)) return true;
    return false;
}

std::string Search::explain() const {
    constexpr uint32_t kShownBefore = 4;  // operations of each client, before where it stopped
    int64_t zero_ns = kNever;
    for (const Operations& queue : queues_) zero_ns = std::min(zero_ns, queue[0]->invoked_ns);
    std::string text = format("no order goes beyond %zu of %zu replies; then the keys hold\n",
                              farthest_returned_, must_return_);
    for (uint32_t key = 0; key < history_.keys; ++key)
        if (const uint32_t value = farthest_state_[key])
            text += "    " + key_name(history_, key) + " = " + shorten(model_.text(value)) + "\n";
    text += "and of these, '>' comes next for its client:\n";
    for (size_t client = 0; client < queues_.size(); ++client) {
        const Operations& queue = queues_[client];
        const uint32_t next = farthest_[client];
        for (size_t i = next - std::min(next, kShownBefore); i <= next && i < queue.size(); ++i)
            text += (i == next ? "  > " : "    ") + describe(history_, *queue[i], zero_ns) + "\n";
    }
    return text;
}

}  // namespace

Judgement check(const History& history, uint64_t steps_max) {
    const KeyGroups groups = group_keys(history);
    std::map<uint32_t, std::map<uint32_t, Operations>> by_group;  // then by client
    for (const Operation& operation : history.operations)
        by_group[groups.of(operation)][operation.client].push_back(&operation);
    Judgement judgement;
    for (const auto& [group, clients] : by_group) {
        Search search(history, clients, steps_max - judgement.steps);
        const Verdict verdict = search.run();
        judgement.steps = steps_max - search.steps_left();
        if (verdict == Verdict::linearizable) continue;
        judgement.verdict = verdict;
        if (verdict == Verdict::undecided) judgement.because = search.explain();
        if (verdict == Verdict::refused) {
            judgement.because = search.explain();
            return judgement;
        }
    }
    return judgement;
}

}  // namespace rota::history
