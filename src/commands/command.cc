// SPDX-License-Identifier: BSD-3-Clause
// COMMAND: what commands there are, how they are called, and where their keys are.
#include "commands/ctx.h"
#include "commands/docs.h"
#include "platform/text.h"

namespace rota {
namespace {

void cmd_count(Ctx& ctx) { ctx.reply.integer(static_cast<int64_t>(ctx.parts.commands.size())); }

void cmd_command(Ctx& ctx) {
    const auto& all = ctx.parts.commands.top_level();
    ctx.reply.array(all.size());
    for (const RegisteredCommand* command : all) reply_command_info(ctx.reply, *command);
}

void cmd_info(Ctx& ctx) {
    if (ctx.argc() == 2) return cmd_command(ctx);
    ctx.reply.array(ctx.argc() - 2);
    for (const Slice name : ctx.args.subspan(2)) {
        const RegisteredCommand* command = ctx.parts.commands.find_full(name);
        command == nullptr ? ctx.reply.null() : reply_command_info(ctx.reply, *command);
    }
}

// Unlike INFO, DOCS passes over what does not exist.
void cmd_docs(Ctx& ctx) {
    std::vector<RegisteredCommand*> commands;
    if (ctx.argc() == 2) commands = ctx.parts.commands.top_level();
    for (const Slice name : ctx.args.subspan(2)) {
        if (RegisteredCommand* command = ctx.parts.commands.find_full(name))
            commands.push_back(command);
    }
    ctx.reply.map(commands.size());
    for (const RegisteredCommand* command : commands) reply_command_docs(ctx.reply, *command);
}

// ---- LIST
// ----------------------------------------------------------------------------------------------

struct ListFilter {
    enum class By : uint8_t { nothing, module, category, pattern };
    By by = By::nothing;
    Slice value;
    uint32_t category = 0;  // 0: none has this name

    bool matches(const RegisteredCommand& command) const {
        switch (by) {
            case By::nothing:
                return true;
            case By::module:
                return false;  // no command comes from a module
            case By::category:
                return (command.row->acl & category) != 0;
            case By::pattern:
                return glob_match(value, command.full_name, Case::ignored);
        }
        return false;
    }
};

std::optional<ListFilter> parse_filter(Ctx& ctx) {
    ListFilter filter;
    if (ctx.argc() == 2) return filter;
    if (ctx.argc() == 5 && ctx.arg_is(2, "filterby")) {
        filter.value = ctx.arg(4);
        if (ctx.arg_is(3, "module")) filter.by = ListFilter::By::module;
        if (ctx.arg_is(3, "aclcat")) filter.by = ListFilter::By::category;
        if (ctx.arg_is(3, "pattern")) filter.by = ListFilter::By::pattern;
        filter.category = acl_category(filter.value).value_or(0);
        if (filter.by != ListFilter::By::nothing) return filter;
    }
    ctx.syntax_error();
    return std::nullopt;
}

void cmd_list(Ctx& ctx) {
    const auto filter = parse_filter(ctx);
    if (!filter) return;
    const size_t begin = ctx.reply.begin();
    size_t count = 0;
    const auto show = [&](const RegisteredCommand& command) {
        if (!filter->matches(command)) return;
        ctx.reply.bulk(command.full_name);
        ++count;
    };
    for (const RegisteredCommand* command : ctx.parts.commands.top_level()) {
        show(*command);
        for (const RegisteredCommand* sub : command->subcommands) show(*sub);
    }
    ctx.reply.end_array(begin, count);
}

// ---- GETKEYS
// -------------------------------------------------------------------------------------------

bool right_arity(const Command& row, size_t count) {
    const auto given = static_cast<int64_t>(count);
    return row.arity >= 0 ? given == row.arity : given >= -row.arity;
}

// The keys of the command in the arguments; nullopt after having replied with an error.
std::optional<std::vector<KeyPosition>> keys_of_arguments(Ctx& ctx) {
    const auto args = ctx.args.subspan(2);
    const RegisteredCommand* command = ctx.parts.commands.resolve(args);
    std::vector<KeyPosition> keys;
    if (command == nullptr) {
        ctx.reply.error("ERR Invalid command specified");
    } else if (command->row->keys[0].begin == KeySpec::Begin::none) {
        ctx.reply.error("ERR The command has no key arguments");
    } else if (!right_arity(*command->row, args.size())) {
        ctx.reply.error("ERR Invalid number of arguments specified for command");
    } else if ((key_positions(*command, args, keys) && !keys.empty()) ||
               command->is(kNoMandatoryKeys)) {
        return keys;
    } else {
        ctx.reply.error("ERR Invalid arguments specified for command");
    }
    return std::nullopt;
}

void cmd_getkeys(Ctx& ctx) {
    const auto keys = keys_of_arguments(ctx);
    if (!keys) return;
    ctx.reply.array(keys->size());
    for (const KeyPosition& key : *keys) ctx.reply.bulk(ctx.arg(2 + key.index));
}

void cmd_getkeysandflags(Ctx& ctx) {
    const auto keys = keys_of_arguments(ctx);
    if (!keys) return;
    ctx.reply.array(keys->size());
    for (const KeyPosition& key : *keys) {
        ctx.reply.array(2);
        ctx.reply.bulk(ctx.arg(2 + key.index));
        reply_key_flags(ctx.reply, key.flags);
    }
}

void cmd_help(Ctx& ctx) {
    static constexpr Slice kLines[] = {
        "(no subcommand)",
        "    Describe all commands, as INFO does.",
        "COUNT",
        "    Return how many commands there are.",
        "DOCS [<command-name> ...]",
        "    Return the documentation of the given commands, or of all.",
        "GETKEYS <full-command>",
        "    Return the keys of a command with its arguments.",
        "GETKEYSANDFLAGS <full-command>",
        "    Return the keys of a command with its arguments, and what it does with them.",
        "INFO [<command-name> ...]",
        "    Describe the given commands, or all.",
        "LIST [FILTERBY (MODULE <name>|ACLCAT <category>|PATTERN <pattern>)]",
        "    Return the names of all commands, or of those that match.",
    };
    ctx.help(kLines);
}

constexpr uint64_t kAnyState = kLoading | kStale | kSentinel;
constexpr Slice kUnordered = "NONDETERMINISTIC_OUTPUT_ORDER";
constexpr Slice kPerLookup = "O(N) where N is the number of commands looked up";
constexpr Slice kPerArgument = "O(N) where N is the number of arguments of the command";
constexpr Slice kPerCommand = "O(N) where N is the number of all commands";
constexpr HistoryItem kInfoHistory[] = {
    {"7.0.0", "Allowed to be called with no argument to get info on all commands."}};

constexpr Command sub(Slice name, Handler run, int arity, Slice since, Slice complexity,
                      Slice syntax, Slice summary, Slice tips = {},
                      std::span<const HistoryItem> history = {}) {
    return {.name = name,
            .run = run,
            .arity = arity,
            .flags = kAnyState,
            .keys = {},
            .acl = kAclConnection | kAclSlow,
            .group = Group::server,
            .since = since,
            .complexity = complexity,
            .syntax = syntax,
            .summary = summary,
            .tips = tips,
            .history = history};
}

constexpr Command kSubcommands[] = {
    sub("count", cmd_count, 2, "2.8.13", "O(1)", "", "Counts the commands."),
    sub("docs", cmd_docs, -2, "7.0.0", kPerLookup, "[command-name [command-name ...]]",
        "Returns the documentation of commands.", kUnordered),
    sub("getkeys", cmd_getkeys, -3, "2.8.13", kPerArgument, "command [arg [arg ...]]",
        "Finds the keys among the arguments of a command."),
    sub("getkeysandflags", cmd_getkeysandflags, -3, "7.0.0", kPerArgument,
        "command [arg [arg ...]]",
        "Finds the keys among the arguments of a command, and what it does with them."),
    sub("help", cmd_help, 2, "5.0.0", "O(1)", "", "Explains the subcommands."),
    sub("info", cmd_info, -2, "2.8.13", kPerLookup, "[command-name [command-name ...]]",
        "Returns how commands are called and what they need.", kUnordered, kInfoHistory),
    sub("list", cmd_list, -2, "7.0.0", kPerCommand,
        "[FILTERBY filterby=<MODULE module-name|ACLCAT category|PATTERN pattern>]",
        "Returns the names of commands.", kUnordered),
};

constexpr Command kCommandCommands[] = {
    {.name = "command",
     .run = cmd_command,
     .arity = -1,
     .flags = kAnyState,
     .acl = kAclConnection | kAclSlow,
     .group = Group::server,
     .since = "2.8.13",
     .complexity = kPerCommand,
     .summary = "Returns how all commands are called and what they need.",
     .tips = kUnordered,
     .subcommands = kSubcommands},
};

}  // namespace

std::span<const Command> command_commands() { return kCommandCommands; }

}  // namespace rota
