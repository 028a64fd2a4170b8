// SPDX-License-Identifier: BSD-3-Clause
#include "commands/docs.h"

#include <algorithm>
#include <bit>

#include "commands/syntax.h"
#include "platform/text.h"

namespace rota {
namespace {

struct FlagName {
    uint64_t flag;
    Slice name;
};

// Not a row's flag, but shown among them: see RegisteredCommand::movable_keys.
constexpr uint64_t kMovableKeys = 1ull << 63;

// The flags that clients see, in the order in which they do.
constexpr FlagName kFlagNames[] = {
    {kWrite, "write"},
    {kReadonly, "readonly"},
    {kDenyOom, "denyoom"},
    {kAdmin, "admin"},
    {kPubsub, "pubsub"},
    {kNoScript, "noscript"},
    {kBlocking, "blocking"},
    {kLoading, "loading"},
    {kStale, "stale"},
    {kSkipMonitor, "skip_monitor"},
    {kSkipCommandlog, "skip_commandlog"},
    {kAsking, "asking"},
    {kFast, "fast"},
    {kNoAuth, "no_auth"},
    {kNoMandatoryKeys, "no_mandatory_keys"},
    {kNoAsyncLoading, "no_async_loading"},
    {kNoMulti, "no_multi"},
    {kMovableKeys, "movablekeys"},
    {kAllowBusy, "allow_busy"},
};

constexpr FlagName kKeyFlagNames[] = {
    {kRO, "RO"},
    {kRW, "RW"},
    {kOW, "OW"},
    {kRM, "RM"},
    {kAccess, "access"},
    {kUpdate, "update"},
    {kInsert, "insert"},
    {kDelete, "delete"},
    {kNotKey, "not_key"},
    {kIncomplete, "incomplete"},
    {kVariableFlags, "variable_flags"},
};

// In the order of Group.
constexpr Slice kGroupNames[] = {
    "generic", "string",       "list",       "set",    "sorted-set", "hash",
    "pubsub",  "transactions", "connection", "server", "scripting",  "hyperloglog",
    "cluster", "sentinel",     "geo",        "stream", "bitmap",     "module",
};

void reply_names(Reply& reply, std::span<const FlagName> names, uint64_t flags) {
    reply.set(static_cast<size_t>(std::ranges::count_if(
        names, [flags](const FlagName& entry) { return (entry.flag & flags) != 0; })));
    for (const auto& [flag, name] : names) {
        if (flags & flag) reply.simple(name);
    }
}

void reply_categories(Reply& reply, uint32_t categories) {
    reply.set(static_cast<size_t>(std::popcount(categories)));
    for (const AclCategoryName& category : kAclCategories) {
        if (categories & category.bit) reply.simple("@" + std::string(category.name));
    }
}

void pair(Reply& reply, Slice name, Slice value) {
    reply.bulk(name);
    reply.bulk(value);
}

void pair(Reply& reply, Slice name, int64_t value) {
    reply.bulk(name);
    reply.integer(value);
}

// ---- INFO
// ----------------------------------------------------------------------------------------------

std::span<const KeySpec> key_specs(const Command& row) {
    const auto* end = std::ranges::find(row.keys, KeySpec::Begin::none, &KeySpec::begin);
    return {row.keys, static_cast<size_t>(end - row.keys)};
}

struct KeyRange {
    int first = 0, last = 0, step = 0;
};

// The old way to say where keys are: one range. Ranges that touch make one; what does not fit is
// left out, and such a command has movable keys.
KeyRange key_range(const Command& row) {
    KeyRange range;
    for (const KeySpec& spec : key_specs(row)) {
        if (spec.begin != KeySpec::Begin::index || spec.find != KeySpec::Find::range) continue;
        const int last = spec.a < 0 ? spec.a : spec.index + spec.a;
        if (range.first == 0) {
            range = {.first = spec.index, .last = last, .step = spec.b};
        } else if (range.last == spec.index - 1) {
            range.last = last;
        }
    }
    return range;
}

void reply_begin_search(Reply& reply, const KeySpec& spec) {
    reply.map(2);
    switch (spec.begin) {
        case KeySpec::Begin::index:
            pair(reply, "type", "index");
            reply.bulk("spec");
            reply.map(1);
            return pair(reply, "index", spec.index);
        case KeySpec::Begin::keyword:
            pair(reply, "type", "keyword");
            reply.bulk("spec");
            reply.map(2);
            pair(reply, "keyword", spec.keyword);
            return pair(reply, "startfrom", spec.index);
        default:
            pair(reply, "type", "unknown");
            reply.bulk("spec");
            return reply.map(0);
    }
}

void reply_find_keys(Reply& reply, const KeySpec& spec) {
    reply.map(2);
    if (spec.find == KeySpec::Find::unknown) {
        pair(reply, "type", "unknown");
        reply.bulk("spec");
        return reply.map(0);
    }
    const bool range = spec.find == KeySpec::Find::range;
    pair(reply, "type", range ? "range" : "keynum");
    reply.bulk("spec");
    reply.map(3);
    pair(reply, range ? "lastkey" : "keynumidx", spec.a);
    pair(reply, range ? "keystep" : "firstkey", spec.b);
    pair(reply, range ? "limit" : "keystep", spec.c);
}

void reply_key_spec(Reply& reply, const KeySpec& spec) {
    reply.map(3);
    reply.bulk("flags");
    reply_key_flags(reply, spec.flags);
    reply.bulk("begin_search");
    reply_begin_search(reply, spec);
    reply.bulk("find_keys");
    reply_find_keys(reply, spec);
}

void reply_tips(Reply& reply, Slice tips) {
    constexpr Slice kBetween = "; ";
    std::vector<std::string> words;
    while (!tips.empty()) {
        const size_t end = std::min(tips.find(kBetween), tips.size());
        words.push_back(to_lower(tips.substr(0, end)));
        tips.remove_prefix(std::min(end + kBetween.size(), tips.size()));
    }
    reply.set(words.size());
    for (const std::string& word : words) reply.bulk(word);
}

// ---- DOCS
// ----------------------------------------------------------------------------------------------

void reply_arguments(Reply& reply, const std::vector<Argument>& arguments);

void reply_argument(Reply& reply, const Argument& argument) {
    const bool flags = argument.optional || argument.multiple;
    reply.map(2u + !argument.display.empty() + (argument.key_spec >= 0) + argument.has_token +
              !argument.since.empty() + !argument.deprecated_since.empty() + flags +
              !argument.parts.empty());
    pair(reply, "name", argument.name);
    pair(reply, "type", argument_type_name(argument.type));
    if (!argument.display.empty()) pair(reply, "display_text", argument.display);
    if (argument.key_spec >= 0) pair(reply, "key_spec_index", argument.key_spec);
    if (argument.has_token) pair(reply, "token", argument.token);
    if (!argument.since.empty()) pair(reply, "since", argument.since);
    if (!argument.deprecated_since.empty())
        pair(reply, "deprecated_since", argument.deprecated_since);
    if (flags) {
        reply.bulk("flags");
        reply.set(size_t{argument.optional} + argument.multiple + argument.multiple_token);
        if (argument.optional) reply.simple("optional");
        if (argument.multiple) reply.simple("multiple");
        if (argument.multiple_token) reply.simple("multiple_token");
    }
    if (!argument.parts.empty()) reply_arguments(reply, argument.parts);
}

void reply_arguments(Reply& reply, const std::vector<Argument>& arguments) {
    reply.bulk("arguments");
    reply.array(arguments.size());
    for (const Argument& argument : arguments) reply_argument(reply, argument);
}

void reply_history(Reply& reply, std::span<const HistoryItem> history) {
    reply.bulk("history");
    reply.set(history.size());
    for (const auto& [since, change] : history) {
        reply.array(2);
        reply.bulk(since);
        reply.bulk(change);
    }
}

// Whether the command is one of the server's own, or one that is on its way out.
void reply_doc_flags(Reply& reply, const Command& row) {
    const bool system = row.flags & kSystem, deprecated = !row.deprecated_since.empty();
    reply.bulk("doc_flags");
    reply.set(size_t{system} + deprecated);
    if (deprecated) reply.simple("deprecated");
    if (system) reply.simple("syscmd");
}

}  // namespace

void reply_key_flags(Reply& reply, uint16_t flags) { reply_names(reply, kKeyFlagNames, flags); }

void reply_command_info(Reply& reply, const RegisteredCommand& command) {
    const Command& row = *command.row;
    const KeyRange range = key_range(row);
    reply.array(10);
    reply.bulk(command.full_name);
    reply.integer(row.arity);
    reply_names(reply, kFlagNames, row.flags | (command.movable_keys ? kMovableKeys : 0));
    reply.integer(range.first);
    reply.integer(range.last);
    reply.integer(range.step);
    reply_categories(reply, row.acl);
    reply_tips(reply, row.tips);
    reply.set(key_specs(row).size());
    for (const KeySpec& spec : key_specs(row)) reply_key_spec(reply, spec);
    reply.array(command.subcommands.size());
    for (const RegisteredCommand* sub : command.subcommands) reply_command_info(reply, *sub);
}

void reply_command_docs(Reply& reply, const RegisteredCommand& command) {
    const Command& row = *command.row;
    const auto arguments = parse_syntax(row.syntax, key_specs(row).size());
    const bool doc_flags = (row.flags & kSystem) || !row.deprecated_since.empty();
    reply.bulk(command.full_name);
    reply.map(3u + !row.complexity.empty() + doc_flags + !row.deprecated_since.empty() +
              !row.replaced_by.empty() + !row.history.empty() + !arguments.empty() +
              !command.subcommands.empty());
    pair(reply, "summary", row.summary);
    pair(reply, "since", row.since);
    pair(reply, "group", kGroupNames[static_cast<size_t>(row.group)]);
    if (!row.complexity.empty()) pair(reply, "complexity", row.complexity);
    if (doc_flags) reply_doc_flags(reply, row);
    if (!row.deprecated_since.empty()) pair(reply, "deprecated_since", row.deprecated_since);
    if (!row.replaced_by.empty()) pair(reply, "replaced_by", row.replaced_by);
    if (!row.history.empty()) reply_history(reply, row.history);
    if (!arguments.empty()) reply_arguments(reply, arguments);
    if (command.subcommands.empty()) return;
    reply.bulk("subcommands");
    reply.map(command.subcommands.size());
    for (const RegisteredCommand* sub : command.subcommands) reply_command_docs(reply, *sub);
}

}  // namespace rota
