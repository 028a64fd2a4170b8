// SPDX-License-Identifier: BSD-3-Clause
#include "tests/history/workload.h"

#include <algorithm>
#include <numeric>

namespace rota::history {

Plan draw_plan(uint64_t seed, bool with_transactions) {
    std::minstd_rand random(seed);
    random.discard(3);  // the first numbers of neighbouring seeds are neighbours
    const auto one_of = [&](std::initializer_list<uint32_t> choices) {
        return choices.begin()[random() % choices.size()];
    };
    Plan plan;
    plan.seed = seed;
    plan.keys = one_of({1, 2, 2, 3, 4});
    plan.connections = one_of({3, 5, 6, 8});
    plan.operations = one_of({30, 50});
    // Many connections with deep pipelines have more orders than can be tried.
    plan.pipeline_max = plan.connections <= 5 ? one_of({1, 4, 16}) : one_of({1, 1, 4});
    plan.reads_percent = one_of({30, 50, 80});
    plan.several_keys_percent = one_of({0, 20, 50});
    plan.transaction_percent = with_transactions ? one_of({0, 10, 30}) : 0;
    // What never returned may still happen at any time: with few connections only, or the number of
    // possible orders gets out of hand.
    plan.hangup_percent = plan.connections <= 5 ? one_of({0, 5}) : 0;
    plan.value_bytes = one_of({0, 0, 100, 5000});
    return plan;
}

std::string Workload::value(uint32_t key) {
    ++values_;
    if (is_counter(key)) return std::to_string(client_ * 10'000'000 + values_ * 1000);
    std::string text = std::to_string(client_) + "." + std::to_string(values_) + ";";
    while (text.size() < plan_.value_bytes)  // the same all through: a torn value shows
        text += text.substr(0, plan_.value_bytes - text.size());
    return text;
}

Call Workload::read(uint32_t key) {
    constexpr Verb kVerbs[] = {Verb::get,    Verb::get,      Verb::get,
                               Verb::strlen, Verb::getrange, Verb::exists};
    Call call{.verb = kVerbs[below(std::size(kVerbs))], .keys = {key}};
    if (call.verb == Verb::getrange) {
        call.first = static_cast<int64_t>(below(8)) - 4;
        call.last = static_cast<int64_t>(below(16)) - 2;
    }
    return call;
}

Call Workload::write(uint32_t key) {
    constexpr Verb kCounter[] = {Verb::incr, Verb::incr, Verb::incr, Verb::set, Verb::del};
    constexpr Verb kString[] = {Verb::set, Verb::set, Verb::set, Verb::append, Verb::del};
    static_assert(std::size(kCounter) == std::size(kString));
    Call call{.verb = (is_counter(key) ? kCounter : kString)[below(std::size(kCounter))],
              .keys = {key}};
    if (call.verb == Verb::set) call.values = {value(key)};
    if (call.verb == Verb::append) {
        ++values_;
        call.values = {std::to_string(client_) + "+" + std::to_string(values_) + ";"};
    }
    return call;
}

Call Workload::several_keys() {
    constexpr Verb kReads[] = {Verb::mget, Verb::mget, Verb::exists};
    constexpr Verb kWrites[] = {Verb::mset, Verb::mset, Verb::mset, Verb::del};
    Call call;
    call.verb = percent(plan_.reads_percent) ? kReads[below(std::size(kReads))]
                                             : kWrites[below(std::size(kWrites))];
    call.keys.resize(plan_.keys);
    std::iota(call.keys.begin(), call.keys.end(), 0u);
    std::shuffle(call.keys.begin(), call.keys.end(), random_);
    call.keys.resize(1 + below(plan_.keys));
    if (call.verb == Verb::mset)
        for (const uint32_t key : call.keys) call.values.push_back(value(key));
    return call;
}

Call Workload::call() {
    if (percent(plan_.several_keys_percent)) return several_keys();
    const uint32_t key = below(plan_.keys);
    return percent(plan_.reads_percent) ? read(key) : write(key);
}

Operation Workload::next() {
    Operation operation;
    operation.client = client_;
    operation.transaction = percent(plan_.transaction_percent);
    const uint32_t calls = operation.transaction ? 1 + below(4) : 1;
    for (uint32_t i = 0; i < calls; ++i) operation.calls.push_back(call());
    return operation;
}

}  // namespace rota::history
