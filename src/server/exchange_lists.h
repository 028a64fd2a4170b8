// SPDX-License-Identifier: BSD-3-Clause
// JobExchange by lists, for comparison with the one by rings and for nothing else: a client belongs
// to one thread by its number, and the executor finds finished work by going through the list of
// all that is out.
// Threading: each part says whose it is. Nothing waits.
#pragma once

#include <atomic>
#include <memory>
#include <span>
#include <vector>

#include "platform/slice.h"
#include "ring/spsc_ring.h"
#include "server/batch.h"
#include "server/jobs.h"

namespace rota {

inline constexpr size_t kSharedCells = 256;  // jobs that wait for one thread

class JobExchange {
    static constexpr size_t kLanesMax = 256;

    struct alignas(kCacheLine) Pending {
        SharedJob job;
        std::atomic<ExecutorJob> answer{};
    };
    struct Lane {
        SpscRing<Pending*, kSharedCells> jobs;
        Pending* current = nullptr;
        std::atomic<ExecutorJob> last_word{};  // said without having been asked
    };

public:
    static constexpr bool kAnyThread = false;

    explicit JobExchange(ResultRing&) {}

    // ---- The executor

    void prepare(int index) {
        const auto count = static_cast<size_t>(index);
        if (lanes_.size() < count) lanes_.resize(kLanesMax);
        if (!lanes_[count - 1]) lanes_[count - 1] = std::make_unique<Lane>();
    }
    size_t hand_out(std::span<const SharedJob> jobs, int active) {
        size_t taken = 0;
        for (const SharedJob job : jobs) {
            const Client* client = client_of(job);
            if (client == nullptr) break;  // a poll is the executor's own
            Lane& lane = *lanes_[client->id % static_cast<uint64_t>(active)];
            Pending* pending = spare();
            pending->job = job;
            if (!lane.jobs.push(pending)) {
                spare_.push_back(pending);
                break;
            }
            lane.jobs.commit();
            out_.push_back(pending);
            ++taken;
        }
        return taken;
    }
    size_t take_back(std::span<SharedJob>) { return 0; }
    size_t depth() const {
        size_t sum = 0;
        for (const auto& lane : lanes_) sum += lane ? lane->jobs.size() : 0;
        return sum;
    }
    bool has_jobs_of(int index) const {
        return lanes_[static_cast<size_t>(index) - 1]->jobs.size() > 0;
    }
    size_t answers(std::span<ExecutorJob> out) {
        size_t found = 0;
        for (size_t i = 0; i < out_.size() && found < out.size();) {
            if (!take(out_[i]->answer, out[found])) {
                ++i;
                continue;
            }
            ++found;
            spare_.push_back(out_[i]);
            out_[i] = out_.back();
            out_.pop_back();
        }
        for (const auto& lane : lanes_) {
            if (lane && found < out.size()) found += take(lane->last_word, out[found]);
        }
        return found;
    }
    bool has_answers() const {
        for (const Pending* pending : out_) {
            if (pending->answer.load(std::memory_order_relaxed)) return true;
        }
        return false;
    }

    // ---- Thread `index`

    // One at a time: the next answer is about it.
    size_t claim(int index, int /*active*/, std::span<SharedJob> out) {
        Lane& lane = *lanes_[static_cast<size_t>(index) - 1];
        Pending* pending = nullptr;
        if (lane.jobs.pop({&pending, 1}) == 0) return 0;
        lane.current = pending;
        out[0] = pending->job;
        return 1;
    }
    class Answerer {
    public:
        Answerer(JobExchange& exchange, int index)
            : lane_(*exchange.lanes_[static_cast<size_t>(index) - 1]) {}
        void push(ExecutorJob job) {
            auto& place = lane_.current != nullptr ? lane_.current->answer : lane_.last_word;
            lane_.current = nullptr;
            // Pairs with the acquire in take(): what the job points to.
            place.store(job, std::memory_order_release);
        }
        bool retry() { return true; }

    private:
        Lane& lane_;
    };

private:
    static const Client* client_of(SharedJob job) {
        if (job.kind() == SharedJobKind::read) return job.pointer<Client>();
        if (job.kind() == SharedJobKind::write) return job.pointer<Batch>()->outgoing[0].client;
        return nullptr;
    }
    static bool take(std::atomic<ExecutorJob>& place, ExecutorJob& out) {
        // Pairs with the release in Answerer::push(): what the job points to.
        out = place.load(std::memory_order_acquire);
        if (out) place.store({}, std::memory_order_relaxed);
        return static_cast<bool>(out);
    }
    Pending* spare() {
        if (spare_.empty()) {
            all_.push_back(std::make_unique<Pending>());
            return all_.back().get();
        }
        Pending* pending = spare_.back();
        spare_.pop_back();
        return pending;
    }

    std::vector<std::unique_ptr<Lane>> lanes_;
    std::vector<std::unique_ptr<Pending>> all_;
    std::vector<Pending*> spare_, out_;
};

}  // namespace rota
