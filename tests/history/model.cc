// SPDX-License-Identifier: BSD-3-Clause
#include "tests/history/model.h"

#include <algorithm>

#include "platform/assert.h"
#include "platform/text.h"

namespace rota::history {
namespace {

std::string integer(int64_t value) { return ":" + std::to_string(value) + "\r\n"; }

std::string bulk(const std::string& text) {
    return "$" + std::to_string(text.size()) + "\r\n" + text + "\r\n";
}

std::string array(size_t count) { return "*" + std::to_string(count) + "\r\n"; }

std::string range(const std::string& text, int64_t first, int64_t last) {
    const auto size = static_cast<int64_t>(text.size());
    if (first < 0 && last < 0 && first > last) return {};
    if (first < 0) first = std::max<int64_t>(first + size, 0);
    if (last < 0) last = std::max<int64_t>(last + size, 0);
    last = std::min(last, size - 1);
    if (first > last) return {};
    return text.substr(static_cast<size_t>(first), static_cast<size_t>(last - first + 1));
}

constexpr const char* kOk = "+OK\r\n";
constexpr const char* kNil = "$-1\r\n";
constexpr const char* kNoInteger = "-ERR value is not an integer or out of range\r\n";

}  // namespace

uint32_t Model::number(std::string text) {
    const auto next = static_cast<uint32_t>(texts_.size() + 1);
    const auto [place, added] = numbers_.try_emplace(std::move(text), next);
    if (added) texts_.push_back(&place->first);
    return place->second;
}

std::string Model::increment(uint32_t& value) {
    const auto old = value ? parse_int64(text(value)) : 0;
    int64_t sum = 0;
    if (!old || __builtin_add_overflow(*old, 1, &sum)) return kNoInteger;
    value = number(std::to_string(sum));
    return integer(sum);
}

std::string Model::run(State& state, const Call& call) {
    uint32_t& value = state[call.keys[0]];
    switch (call.verb) {
        case Verb::get:
            return value ? bulk(text(value)) : kNil;
        case Verb::strlen:
            return integer(static_cast<int64_t>(length(value)));
        case Verb::getrange:
            return bulk(value ? range(text(value), call.first, call.last) : "");
        case Verb::incr:
            return increment(value);
        case Verb::append:
            value = number((value ? text(value) : "") + call.values[0]);
            return integer(static_cast<int64_t>(length(value)));
        case Verb::set:
        case Verb::mset:
            for (size_t i = 0; i < call.keys.size(); ++i)
                state[call.keys[i]] = number(call.values[i]);
            return kOk;
        case Verb::del:
        case Verb::exists: {
            int64_t count = 0;
            for (const uint32_t key : call.keys) {
                count += state[key] != 0;
                if (call.verb == Verb::del) state[key] = 0;
            }
            return integer(count);
        }
        case Verb::mget: {
            std::string reply = array(call.keys.size());
            for (const uint32_t key : call.keys)
                reply += state[key] ? bulk(text(state[key])) : kNil;
            return reply;
        }
    }
    UNREACHABLE();
}

std::string Model::run(State& state, const Operation& operation) {
    if (!operation.transaction) return run(state, operation.calls[0]);
    std::string reply = array(operation.calls.size());
    for (const Call& call : operation.calls) reply += run(state, call);
    return reply;
}

}  // namespace rota::history
