// SPDX-License-Identifier: BSD-3-Clause
#include "commands/command_table.h"

#include <bit>
#include <cstring>

#include "platform/assert.h"
#include "platform/text.h"

namespace rota {
namespace {

constexpr size_t kNameMax = 64;  // longer names cannot be commands: not worth hashing

// Letters differ from their lower case by one bit, and setting that bit in all bytes never makes
// two different command names equal: enough for a hash; the comparison is exact.
uint64_t hash_name(Slice name) {
    uint64_t hash = name.size() * 0x9e3779b97f4a7c15ull;
    size_t at = 0;
    while (at + 8 <= name.size()) {
        uint64_t word;
        std::memcpy(&word, name.data() + at, 8);
        hash = (std::rotl(hash, 29) ^ (word | 0x2020202020202020ull)) * 0x9e3779b97f4a7c15ull;
        at += 8;
    }
    uint64_t tail = 0;
    for (size_t i = at; i < name.size(); ++i)
        tail = tail << 8 | (static_cast<uint8_t>(name[i]) | 0x20);
    hash = (std::rotl(hash, 29) ^ tail) * 0x9e3779b97f4a7c15ull;
    return hash ^ hash >> 32;
}

bool fixed_first_key(const Command& row) {
    return row.keys[0].begin == KeySpec::Begin::index && !(row.keys[0].flags & kNotKey);
}

// Only one spec of kind (index, range) without limit can be told as first/last/step.
bool needs_arguments_to_find_keys(const Command& row) {
    if (row.keys[0].begin == KeySpec::Begin::none) return false;
    for (const KeySpec& spec : row.keys) {
        if (spec.begin == KeySpec::Begin::none) break;
        if (spec.flags & kNotKey) continue;
        if (spec.begin != KeySpec::Begin::index || spec.find != KeySpec::Find::range) return true;
        if (spec.c != 0) return true;
    }
    return false;
}

}  // namespace

CommandTable::CommandTable() = default;
CommandTable::~CommandTable() = default;

void CommandTable::add(std::span<const Command> rows) {
    for (const Command& row : rows) {
        RegisteredCommand& command = all_.emplace_back();
        command.row = &row;
        command.name = command.full_name = std::string(row.name);
        command.id = static_cast<int>(all_.size()) - 1;
        command.first_key = fixed_first_key(row) ? static_cast<uint32_t>(row.keys[0].index) : 0;
        command.movable_keys = needs_arguments_to_find_keys(row);
        if (row.keys[0].find == KeySpec::Find::keynum) command.first_key = 0;
        top_level_.push_back(&command);
        for (const Command& sub_row : row.subcommands) {
            RegisteredCommand& sub = all_.emplace_back();
            sub.row = &sub_row;
            sub.name = std::string(sub_row.name);
            sub.full_name = command.full_name + "|" + sub.name;
            sub.parent = &command;
            sub.id = static_cast<int>(all_.size()) - 1;
            const bool plain =
                fixed_first_key(sub_row) && sub_row.keys[0].find == KeySpec::Find::range;
            sub.first_key = plain ? static_cast<uint32_t>(sub_row.keys[0].index) : 0;
            sub.movable_keys = needs_arguments_to_find_keys(sub_row);
            command.subcommands.push_back(&sub);
        }
    }
    rebuild();
}

void CommandTable::rebuild() {
    slots_.assign(std::bit_ceil(top_level_.size() * 4 + 1), Slot{});
    for (RegisteredCommand* command : top_level_) {
        const uint64_t hash = hash_name(command->name);
        size_t at = hash & (slots_.size() - 1);
        while (slots_[at].command != nullptr) at = (at + 1) & (slots_.size() - 1);
        slots_[at] = {hash, command};
    }
}

RegisteredCommand* CommandTable::find(Slice name) const {
    if (name.size() > kNameMax || slots_.empty()) return nullptr;
    const uint64_t hash = hash_name(name);
    for (size_t at = hash & (slots_.size() - 1);; at = (at + 1) & (slots_.size() - 1)) {
        const Slot& slot = slots_[at];
        if (slot.command == nullptr) return nullptr;
        if (slot.hash == hash && equals_ignore_case(slot.command->name, name)) return slot.command;
    }
}

RegisteredCommand* CommandTable::resolve(std::span<const Slice> args) const {
    RegisteredCommand* command = find(args[0]);
    if (command == nullptr || command->subcommands.empty() || args.size() < 2) return command;
    for (RegisteredCommand* sub : command->subcommands) {
        if (equals_ignore_case(sub->name, args[1])) return sub;
    }
    // A container that also runs by itself (COMMAND) takes no unknown word for an argument.
    return nullptr;
}

RegisteredCommand* CommandTable::find_full(Slice full_name) const {
    const size_t bar = full_name.find('|');
    if (bar == Slice::npos) return find(full_name);
    const Slice words[] = {full_name.substr(0, bar), full_name.substr(bar + 1)};
    RegisteredCommand* found = resolve(words);
    return found != nullptr && found->parent != nullptr ? found : nullptr;
}

bool CommandTable::rename(Slice old_name, Slice new_name) {
    RegisteredCommand* command = find(old_name);
    if (command == nullptr || (!new_name.empty() && find(new_name) != nullptr)) return false;
    if (new_name.empty()) {
        std::erase(top_level_, command);
    } else {
        command->name = to_lower(new_name);
    }
    rebuild();
    return true;
}

namespace {

// The first argument behind a keyword, searched from `start` (negative: from the end backwards).
size_t find_keyword(const KeySpec& spec, std::span<const Slice> args) {
    const auto count = static_cast<int64_t>(args.size());
    const bool forward = spec.index > 0;
    int64_t at = forward ? spec.index : count + spec.index;
    for (; at > 0 && at < count; forward ? ++at : --at) {
        if (equals_ignore_case(args[static_cast<size_t>(at)], spec.keyword))
            return at + 1 < count ? static_cast<size_t>(at) + 1 : 0;
    }
    return 0;
}

bool add_range(const KeySpec& spec, size_t first, std::span<const Slice> args,
               std::vector<KeyPosition>& out) {
    const auto count = static_cast<int64_t>(args.size());
    int64_t last;
    if (spec.a >= 0) {
        last = static_cast<int64_t>(first) + spec.a;
    } else if (spec.c == 0) {
        last = count + spec.a;
    } else {
        last =
            static_cast<int64_t>(first) + (count - static_cast<int64_t>(first)) / spec.c + spec.a;
    }
    if (last >= count || last < static_cast<int64_t>(first)) return false;
    for (int64_t at = static_cast<int64_t>(first); at <= last; at += spec.b)
        out.push_back({static_cast<uint32_t>(at), spec.flags});
    return true;
}

bool add_counted(const KeySpec& spec, size_t begin, std::span<const Slice> args,
                 std::vector<KeyPosition>& out) {
    const size_t count_at = begin + static_cast<size_t>(spec.a);
    const size_t first = begin + static_cast<size_t>(spec.b);
    if (count_at >= args.size()) return false;
    const auto count = parse_int64(args[count_at]);
    if (!count || *count < 0 || first > args.size()) return false;
    const auto step = static_cast<size_t>(spec.c);
    // Compared by division: count * step may overflow.
    const size_t room = args.size() - first;
    if (*count > 0 && static_cast<uint64_t>(*count - 1) > (room == 0 ? 0 : (room - 1) / step))
        return false;
    if (*count > 0 && room == 0) return false;
    for (size_t i = 0; i < static_cast<size_t>(*count); ++i)
        out.push_back({static_cast<uint32_t>(first + i * step), spec.flags});
    return true;
}

}  // namespace

bool key_positions(const RegisteredCommand& command, std::span<const Slice> args,
                   std::vector<KeyPosition>& out) {
    out.clear();
    if (command.row->keys_of != nullptr) return command.row->keys_of(args, out);
    for (const KeySpec& spec : command.row->keys) {
        if (spec.begin == KeySpec::Begin::none) break;
        if (spec.flags & kNotKey) continue;
        size_t begin = 0;
        switch (spec.begin) {
            case KeySpec::Begin::index:
                begin = static_cast<size_t>(spec.index);
                break;
            case KeySpec::Begin::keyword:
                begin = find_keyword(spec, args);
                break;
            default:
                continue;
        }
        if (begin == 0 && spec.begin == KeySpec::Begin::keyword) continue;  // optional part
        if (begin >= args.size()) return false;
        const bool fits = spec.find == KeySpec::Find::keynum ? add_counted(spec, begin, args, out)
                                                             : add_range(spec, begin, args, out);
        if (!fits) return false;
    }
    if (command.row->key_flags != nullptr && !out.empty())
        out[0].flags = command.row->key_flags(args);
    return true;
}

}  // namespace rota
