// SPDX-License-Identifier: BSD-3-Clause
#include "commands/ctx.h"

#include <cmath>

#include "platform/text.h"

namespace rota {

std::optional<int64_t> Ctx::integer_arg(size_t index, Slice error) {
    const auto value = parse_int64(args[index]);
    if (!value) reply.error(error);
    return value;
}

std::optional<int32_t> Ctx::int32_arg(size_t index) {
    const auto value = integer_arg(index);
    if (!value) return std::nullopt;
    if (*value >= INT32_MIN && *value <= INT32_MAX) return static_cast<int32_t>(*value);
    reply.error("ERR value is out of range, value must between -2147483648 and 2147483647");
    return std::nullopt;
}

std::optional<double> Ctx::double_arg(size_t index, Slice error) {
    const auto value = parse_double(args[index]);
    if (value && !std::isnan(*value)) return value;
    reply.error(error);
    return std::nullopt;
}

bool Ctx::arg_is(size_t index, Slice word) const {
    return index < args.size() && equals_ignore_case(args[index], word);
}

void Ctx::propagate_with(size_t index, Slice arg) {
    if (!propagates()) return;
    std::vector<Slice> other(args.begin(), args.end());
    other[index] = arg;
    propagate(other);
}

void Ctx::wrong_type() {
    reply.error("WRONGTYPE Operation against a key holding the wrong kind of value");
}

void Ctx::syntax_error() { reply.error("ERR syntax error"); }

void Ctx::no_such_key() { reply.error("ERR no such key"); }

void Ctx::unknown_subcommand() {
    const RegisteredCommand& container = command.parent ? *command.parent : command;
    reply.error("ERR unknown subcommand or wrong number of arguments for '" +
                std::string(args.size() > 1 ? args[1].substr(0, 128) : Slice()) + "'. Try " +
                to_upper(container.name) + " HELP.");
}

void Ctx::help(std::span<const Slice> lines) {
    const RegisteredCommand& container = command.parent ? *command.parent : command;
    reply.array(lines.size() + 3);
    reply.simple(to_upper(container.name) +
                 " <subcommand> [<arg> [value] [opt] ...]. Subcommands are:");
    for (const Slice line : lines) reply.simple(line);
    reply.simple("HELP");
    reply.simple("    Print this help.");
}

std::optional<Entry*> Ctx::read_string(size_t key_index) {
    Entry* entry = db().find_read(key(key_index));
    if (entry == nullptr || entry->type() == Type::string) return entry;
    wrong_type();
    return std::nullopt;
}

std::optional<Entry*> Ctx::write_string(Key at) {
    Entry* entry = db().find_write(at);
    if (entry == nullptr || entry->type() == Type::string) return entry;
    wrong_type();
    return std::nullopt;
}

}  // namespace rota
