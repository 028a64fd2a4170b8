// SPDX-License-Identifier: BSD-3-Clause
#include "tests/history/sightings.h"

#include <algorithm>
#include <optional>

#include "platform/text.h"

namespace rota::history {
namespace {

// Takes one bulk string, or nil, from the front of a reply that is well formed.
std::optional<std::string> take_bulk(Slice& reply) {
    const size_t line = reply.find("\r\n");
    const auto size = parse_int64(reply.substr(1, line - 1));
    reply.remove_prefix(line + 2);
    if (!size || *size < 0) return std::nullopt;
    const std::string text(reply.substr(0, static_cast<size_t>(*size)));
    reply.remove_prefix(std::min(reply.size(), text.size() + 2));
    return text;
}

// Whether the call may be what gave the key this value; `reply` is its own, if it is known.
bool may_make(const Call& call, const std::string& reply, uint32_t key, const std::string* text) {
    for (size_t i = 0; i < call.keys.size(); ++i) {
        if (call.keys[i] != key) continue;
        if (call.verb == Verb::del && !text) return true;
        if (!text) continue;
        if ((call.verb == Verb::set || call.verb == Verb::mset) && call.values[i] == *text)
            return true;
        if (call.verb == Verb::append && text->ends_with(call.values[0])) return true;
        if (call.verb == Verb::incr &&
            (reply.empty() ? parse_int64(*text).has_value() : reply == ":" + *text + "\r\n"))
            return true;
    }
    return false;
}

// No key starts with a value, so a value must be made, and "none" is there without anybody.
bool can_come_back(const std::vector<const Operation*>& operations, uint32_t key,
                   const std::string* text) {
    int makers = text ? 0 : 1;
    for (const Operation* operation : operations)
        for (const Call& call : operation->calls)
            makers += may_make(call, operation->transaction ? "" : operation->reply, key, text);
    return makers > 1;
}

// What each of the operation's keys held before it, as far as the reply tells.
std::vector<std::optional<std::string>> seen_before(const Operation& operation) {
    std::vector<std::optional<std::string>> seen;
    const Call& call = operation.calls[0];
    Slice reply = operation.reply;
    if (operation.transaction || reply.empty()) return seen;
    if (call.verb == Verb::incr) {
        const auto after = parse_int64(reply.substr(1, reply.size() - 3));
        if (reply.starts_with(':') && after && *after != 1)  // 1 follows 0 as well as nothing
            seen.push_back(std::to_string(*after - 1));
    }
    if (call.verb != Verb::get && call.verb != Verb::mget) return seen;
    if (call.verb == Verb::mget) reply.remove_prefix(reply.find("\r\n") + 2);
    while (reply.starts_with('$')) seen.push_back(take_bulk(reply));
    return seen;
}

}  // namespace

Sightings::Sightings(const std::vector<const Operation*>& operations, Model& model) {
    std::map<Sighting, bool> comes_back;
    for (const Operation* operation : operations) {
        const std::vector<uint32_t>& keys = operation->calls[0].keys;
        const auto seen = seen_before(*operation);
        for (size_t i = 0; i < std::min(seen.size(), keys.size()); ++i) {
            const std::string* text = seen[i] ? &*seen[i] : nullptr;
            const Sighting sighting{keys[i], text ? model.number(*text) : 0};
            const auto [known, added] = comes_back.try_emplace(sighting, false);
            if (added) known->second = can_come_back(operations, keys[i], text);
            if (!known->second) of_operation_[operation].push_back(sighting);
        }
    }
    for (const Operation* operation : operations) count(*operation, +1);
}

void Sightings::count(const Operation& operation, int change) {
    const auto found = of_operation_.find(&operation);
    if (found == of_operation_.end()) return;
    for (const Sighting& sighting : found->second) left_[sighting] += change;
}

bool Sightings::loses(const Model::State& before, const Model::State& after) const {
    for (uint32_t key = 0; key < before.size(); ++key) {
        if (before[key] == after[key]) continue;
        const auto found = left_.find({key, before[key]});
        if (found != left_.end() && found->second > 0) return true;
    }
    return false;
}

}  // namespace rota::history
