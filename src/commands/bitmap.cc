// SPDX-License-Identifier: BSD-3-Clause
// The bitmap family: strings looked at bit by bit. Handlers and, at the end, their rows.
#include "types/bitmap.h"

#include <algorithm>
#include <array>
#include <limits>
#include <new>
#include <string>
#include <vector>

#include "client/options.h"
#include "commands/ctx.h"
#include "platform/text.h"

namespace rota {
namespace {

using Digits = std::array<char, 24>;  // where Entry::string() writes a number
using bitmap::Field;

// A bit's index. proto-max-bulk-len bounds it, as it bounds strings. With a '#' in front, where
// that is allowed, it counts in fields of `bits`.
std::optional<uint64_t> bit_offset_arg(Ctx& ctx, size_t index, uint8_t bits = 0) {
    Slice text = ctx.arg(index);
    const bool in_fields = bits > 0 && text.starts_with('#');
    if (in_fields) text.remove_prefix(1);
    auto offset = parse_int64(text);
    if (offset && in_fields && __builtin_mul_overflow(*offset, bits, &*offset)) offset.reset();
    if (offset && *offset >= 0 && *offset / 8 < ctx.parts.client_options.proto_max_bulk_len)
        return static_cast<uint64_t>(*offset);
    ctx.reply.error("ERR bit offset is not an integer or out of range");
    return std::nullopt;
}

// The key's string, which was looked up before, raw and reaching as far as `bit`. Null after having
// replied with an error.
Entry* writable_up_to(Ctx& ctx, const Key& key, uint64_t bit) {
    const Entry* entry = ctx.db().peek(key);
    const size_t size = entry == nullptr ? 0 : entry->string_size();
    try {
        return ctx.db().grow_string(key, std::max<size_t>(size, bit / 8 + 1));
    } catch (const std::bad_alloc&) {
        // A few bytes of request can ask for any size where proto-max-bulk-len was raised.
        ctx.reply.error("ERR Insufficient memory, failed allocating the string");
        return nullptr;
    }
}

void cmd_setbit(Ctx& ctx) {
    constexpr Slice kNotABit = "ERR bit is not an integer or out of range";
    const auto bit = bit_offset_arg(ctx, 2);
    if (!bit) return;
    const auto value = ctx.integer_arg(3, kNotABit);
    if (!value) return;
    if (*value != 0 && *value != 1) return ctx.reply.error(kNotABit);
    const Key key = ctx.key(1);
    const auto before = ctx.write_string(key);
    if (!before) return;
    const size_t old_size = *before == nullptr ? 0 : (*before)->string_size();
    Entry* entry = writable_up_to(ctx, key, *bit);
    if (entry == nullptr) return;
    const bool old = bitmap::set(entry->mutable_value(), *bit, *value == 1);
    if (old != (*value == 1) || entry->string_size() > old_size)
        ctx.changed(EventClass::string, "setbit", key.name);
    ctx.reply.integer(old);
}

void cmd_getbit(Ctx& ctx) {
    const auto bit = bit_offset_arg(ctx, 2);
    if (!bit) return;
    const auto entry = ctx.read_string(1);
    if (!entry) return;
    Digits digits;
    ctx.reply.integer(*entry != nullptr && bitmap::get((*entry)->string(digits.data()), *bit));
}

// ---- Ranges: [start [end [BYTE|BIT]]]
// -----------------------------------------------------------------------------------------------

struct BitRange {
    int64_t start = 0, end = -1;
    bool in_bits = false, has_end = false;
};

// Arguments from `first` on; nullopt after having replied with an error.
std::optional<BitRange> bit_range_args(Ctx& ctx, size_t first) {
    BitRange range;
    if (ctx.argc() > first + 3) {
        ctx.syntax_error();
        return std::nullopt;
    }
    if (ctx.argc() > first) {
        const auto start = ctx.integer_arg(first);
        if (!start) return std::nullopt;
        range.start = *start;
    }
    if (ctx.argc() > first + 2) {
        range.in_bits = ctx.arg_is(first + 2, "bit");
        if (!range.in_bits && !ctx.arg_is(first + 2, "byte")) {
            ctx.syntax_error();
            return std::nullopt;
        }
    }
    if (ctx.argc() > first + 1) {
        const auto end = ctx.integer_arg(first + 1);
        if (!end) return std::nullopt;
        range.end = *end;
        range.has_end = true;
    }
    return range;
}

struct Bits {
    uint64_t first, last;
};

// The bits of a string that the range covers; nullopt: none.
std::optional<Bits> resolve(const BitRange& range, size_t bytes) {
    const auto size = static_cast<int64_t>(range.in_bits ? bytes * 8 : bytes);
    const auto from_end = [size](int64_t at) {
        return static_cast<uint64_t>(at < 0 ? std::max<int64_t>(at + size, 0) : at);
    };
    if (size == 0) return std::nullopt;
    const uint64_t start = from_end(range.start);
    const uint64_t end = std::min(from_end(range.end), static_cast<uint64_t>(size - 1));
    if (start > end) return std::nullopt;
    return range.in_bits ? Bits{start, end} : Bits{start * 8, end * 8 + 7};
}

void cmd_bitcount(Ctx& ctx) {
    const auto range = bit_range_args(ctx, 2);
    if (!range) return;
    const auto entry = ctx.read_string(1);
    if (!entry) return;
    if (*entry == nullptr) return ctx.reply.integer(0);
    // From the end and turned round there is nothing, however short the string is.
    if (range->start < 0 && range->end < 0 && range->start > range->end)
        return ctx.reply.integer(0);
    Digits digits;
    const Slice bytes = (*entry)->string(digits.data());
    const auto bits = resolve(*range, bytes.size());
    const uint64_t count = bits ? bitmap::count(bytes, bits->first, bits->last) : 0;
    ctx.reply.integer(static_cast<int64_t>(count));
}

void cmd_bitpos(Ctx& ctx) {
    const auto value = ctx.integer_arg(2);
    if (!value) return;
    if (*value != 0 && *value != 1) return ctx.reply.error("ERR The bit argument must be 1 or 0.");
    const auto range = bit_range_args(ctx, 3);
    if (!range) return;
    const auto entry = ctx.read_string(1);
    if (!entry) return;
    if (*entry == nullptr) return ctx.reply.integer(*value == 1 ? -1 : 0);
    Digits digits;
    const Slice bytes = (*entry)->string(digits.data());
    const auto bits = resolve(*range, bytes.size());
    if (!bits) return ctx.reply.integer(-1);
    if (const auto found = bitmap::find(bytes, *value == 1, bits->first, bits->last))
        return ctx.reply.integer(static_cast<int64_t>(*found));
    // Without an end, a string is followed by clear bits.
    const bool beyond = *value == 0 && !range->has_end;
    ctx.reply.integer(beyond ? static_cast<int64_t>(bytes.size() * 8) : -1);
}

// ---- BITOP
// -----------------------------------------------------------------------------------------------

std::optional<bitmap::Operation> operation_arg(Ctx& ctx, size_t index) {
    if (ctx.arg_is(index, "and")) return bitmap::Operation::conjunction;
    if (ctx.arg_is(index, "or")) return bitmap::Operation::disjunction;
    if (ctx.arg_is(index, "xor")) return bitmap::Operation::exclusive;
    if (ctx.arg_is(index, "not")) return bitmap::Operation::negation;
    ctx.syntax_error();
    return std::nullopt;
}

void cmd_bitop(Ctx& ctx) {
    constexpr size_t kFirstSource = 3;
    const auto operation = operation_arg(ctx, 1);
    if (!operation) return;
    if (*operation == bitmap::Operation::negation && ctx.argc() != kFirstSource + 1)
        return ctx.reply.error("ERR BITOP NOT must be called with a single source key.");
    std::vector<Digits> digits(ctx.argc());
    std::vector<Slice> sources;
    size_t size = 0;
    for (size_t i = kFirstSource; i < ctx.argc(); ++i) {
        const auto entry = ctx.read_string(i);
        if (!entry) return;
        sources.push_back(*entry == nullptr ? Slice() : (*entry)->string(digits[i].data()));
        size = std::max(size, sources.back().size());
    }
    const Key target = ctx.key(2);
    if (size == 0) {
        if (ctx.db().erase(target)) ctx.changed(EventClass::generic, "del", target.name);
        return ctx.reply.integer(0);
    }
    std::string result(size, '\0');
    bitmap::combine(*operation, sources, result.data(), size);
    ctx.db().put(target, Entry::make_string(target.name, result, Encoding::raw, -1));
    ctx.changed(EventClass::string, "set", target.name);
    ctx.reply.integer(static_cast<int64_t>(size));
}

// ---- BITFIELD
// -----------------------------------------------------------------------------------------------

struct FieldStep {
    enum class Kind : uint8_t { get, set, add } kind;
    bitmap::Overflow overflow;
    Field field;
    uint64_t bit;
    int64_t operand;

    bool writes() const { return kind != Kind::get; }
    uint64_t last_bit() const { return bit + field.bits - 1; }
};

std::optional<bitmap::Overflow> overflow_arg(Ctx& ctx, size_t index) {
    if (ctx.arg_is(index, "wrap")) return bitmap::Overflow::wrap;
    if (ctx.arg_is(index, "sat")) return bitmap::Overflow::saturate;
    if (ctx.arg_is(index, "fail")) return bitmap::Overflow::fail;
    ctx.reply.error("ERR Invalid OVERFLOW type specified");
    return std::nullopt;
}

// The step whose name is argument `at`; nullopt after having replied with an error.
std::optional<FieldStep> step_args(Ctx& ctx, size_t at, bitmap::Overflow overflow) {
    const size_t operands = ctx.argc() - at - 1;
    FieldStep step{FieldStep::Kind::get, overflow, {}, 0, 0};
    if (ctx.arg_is(at, "set") && operands >= 3) {
        step.kind = FieldStep::Kind::set;
    } else if (ctx.arg_is(at, "incrby") && operands >= 3) {
        step.kind = FieldStep::Kind::add;
    } else if (!ctx.arg_is(at, "get") || operands < 2) {
        ctx.syntax_error();
        return std::nullopt;
    }
    const auto field = bitmap::parse_field(ctx.arg(at + 1));
    if (!field) {
        ctx.reply.error(
            "ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported "
            "but i64 is.");
        return std::nullopt;
    }
    step.field = *field;
    const auto bit = bit_offset_arg(ctx, at + 2, field->bits);
    if (!bit) return std::nullopt;
    step.bit = *bit;
    if (!step.writes()) return step;
    const auto operand = ctx.integer_arg(at + 3);
    if (!operand) return std::nullopt;
    step.operand = *operand;
    return step;
}

std::optional<std::vector<FieldStep>> all_steps(Ctx& ctx) {
    std::vector<FieldStep> steps;
    auto overflow = bitmap::Overflow::wrap;
    for (size_t at = 2; at < ctx.argc();) {
        if (ctx.arg_is(at, "overflow") && at + 1 < ctx.argc()) {
            const auto chosen = overflow_arg(ctx, at + 1);
            if (!chosen) return std::nullopt;
            overflow = *chosen;
            at += 2;
            continue;
        }
        const auto step = step_args(ctx, at, overflow);
        if (!step) return std::nullopt;
        steps.push_back(*step);
        at += step->writes() ? 4 : 3;
    }
    return steps;
}

void read_fields(Ctx& ctx, std::span<const FieldStep> steps) {
    const auto entry = ctx.read_string(1);
    if (!entry) return;
    Digits digits;
    const Slice bytes = *entry == nullptr ? Slice() : (*entry)->string(digits.data());
    ctx.reply.array(steps.size());
    for (const FieldStep& step : steps)
        ctx.reply.integer(bitmap::read(bytes, step.bit, step.field));
}

// Replies to one step; true if it wrote something else than what was there, or where nothing was.
bool run_step(Ctx& ctx, const FieldStep& step, Entry* entry, bool grown) {
    const int64_t old = bitmap::read(entry->value(), step.bit, step.field);
    if (!step.writes()) {
        ctx.reply.integer(old);
        return false;
    }
    const bool adds = step.kind == FieldStep::Kind::add;
    const auto value = adds ? bitmap::add(step.field, old, step.operand, step.overflow)
                            : bitmap::add(step.field, step.operand, 0, step.overflow);
    if (!value) {
        ctx.reply.null();
        return false;
    }
    bitmap::write(entry->mutable_value(), step.bit, step.field, *value);
    ctx.reply.integer(adds ? *value : old);
    return grown || *value != old;
}

void write_fields(Ctx& ctx, std::span<const FieldStep> steps) {
    const Key key = ctx.key(1);
    uint64_t last_bit = 0;
    for (const FieldStep& step : steps) {
        if (step.writes()) last_bit = std::max(last_bit, step.last_bit());
    }
    const auto before = ctx.write_string(key);
    if (!before) return;
    const size_t old_size = *before == nullptr ? 0 : (*before)->string_size();
    Entry* entry = writable_up_to(ctx, key, last_bit);
    if (entry == nullptr) return;
    const bool grown = entry->string_size() > old_size;
    ctx.reply.array(steps.size());
    uint64_t changes = 0;
    for (const FieldStep& step : steps) changes += run_step(ctx, step, entry, grown);
    if (changes == 0) return;
    ctx.changed(EventClass::string, "setbit", key.name);
    if (changes > 1) ctx.parts.effects.add_dirty(changes - 1);
}

void run_fields(Ctx& ctx, bool only_reads) {
    const auto steps = all_steps(ctx);
    if (!steps) return;
    if (std::ranges::none_of(*steps, &FieldStep::writes)) return read_fields(ctx, *steps);
    if (only_reads) return ctx.reply.error("ERR BITFIELD_RO only supports the GET subcommand");
    write_fields(ctx, *steps);
}

void cmd_bitfield(Ctx& ctx) { run_fields(ctx, false); }
void cmd_bitfield_ro(Ctx& ctx) { run_fields(ctx, true); }

// BITFIELD with nothing but GET only reads its key.
uint16_t bitfield_key_flags(std::span<const Slice> args) {
    for (size_t i = 2; i < args.size();) {
        const size_t left = args.size() - i - 1;
        if (left >= 2 && equals_ignore_case(args[i], "get"))
            i += 3;
        else if (left >= 1 && equals_ignore_case(args[i], "overflow"))
            i += 2;
        else  // a write, or wrong: then who knows
            return kRW | kAccess | kUpdate;
    }
    return kRO | kAccess;
}

// ---- Rows
// -----------------------------------------------------------------------------------------------

constexpr HistoryItem kBitcountHistory[] = {{"7.0.0", "`BYTE` and `BIT`."},
                                            {"8.0.0", "`end` may be left out."}};
constexpr HistoryItem kBitposHistory[] = {{"7.0.0", "`BYTE` and `BIT`."}};

constexpr Command kBitmapCommands[] = {
    {.name = "bitcount",
     .run = cmd_bitcount,
     .arity = -2,
     .flags = kReadonly,
     .keys = {key_at(kRO | kAccess, 1)},
     .acl = kAclRead | kAclBitmap | kAclSlow,
     .group = Group::bitmap,
     .since = "2.6.0",
     .complexity = "O(N) where N is the number of bytes looked at.",
     .syntax = "key range=[start end-unit-block=[end unit=[BYTE|BIT]@7.0.0]]",
     .summary = "Counts the set bits of a string.",
     .history = kBitcountHistory},
    {.name = "bitfield",
     .run = cmd_bitfield,
     .arity = -2,
     .flags = kWrite | kDenyOom,
     .keys = {key_at(kRW | kAccess | kUpdate | kVariableFlags, 1)},
     .acl = kAclWrite | kAclBitmap | kAclSlow,
     .group = Group::bitmap,
     .since = "3.2.0",
     .complexity = "O(1) for each subcommand.",
     .syntax = "key operation=[<get-block=<GET encoding offset>|write=<overflow-block=[OVERFLOW "
               "<WRAP|SAT|FAIL>] write-operation=<set-block=<SET encoding offset "
               "value:integer>|incrby-block=<INCRBY encoding offset increment>>>> [...]]",
     .summary = "Reads and changes integers of any width within a string.",
     .key_flags = bitfield_key_flags},
    {.name = "bitfield_ro",
     .run = cmd_bitfield_ro,
     .arity = -2,
     .flags = kReadonly | kFast,
     .keys = {key_at(kRO | kAccess, 1)},
     .acl = kAclRead | kAclBitmap | kAclFast,
     .group = Group::bitmap,
     .since = "6.0.0",
     .complexity = "O(1) for each subcommand.",
     .syntax = "key get-block=[<GET encoding offset> [GET ...]]",
     .summary = "Reads integers of any width within a string."},
    {.name = "bitop",
     .run = cmd_bitop,
     .arity = -4,
     .flags = kWrite | kDenyOom,
     .keys = {key_at(kOW | kUpdate, 2), keys_range(kRO | kAccess, 3, -1)},
     .acl = kAclWrite | kAclBitmap | kAclSlow,
     .group = Group::bitmap,
     .since = "2.6.0",
     .complexity = "O(N) where N is the length of the longest string.",
     .syntax = "operation=<AND|OR|XOR|NOT> destkey key [key ...]",
     .summary = "Combines strings bit by bit and stores the result."},
    {.name = "bitpos",
     .run = cmd_bitpos,
     .arity = -3,
     .flags = kReadonly,
     .keys = {key_at(kRO | kAccess, 1)},
     .acl = kAclRead | kAclBitmap | kAclSlow,
     .group = Group::bitmap,
     .since = "2.8.7",
     .complexity = "O(N) where N is the number of bytes looked at.",
     .syntax = "key bit:integer range=[start end-unit-block=[end unit=[BYTE|BIT]@7.0.0]]",
     .summary = "Finds the first set or clear bit of a string.",
     .history = kBitposHistory},
    {.name = "getbit",
     .run = cmd_getbit,
     .arity = 3,
     .flags = kReadonly | kFast,
     .keys = {key_at(kRO | kAccess, 1)},
     .acl = kAclRead | kAclBitmap | kAclFast,
     .group = Group::bitmap,
     .since = "2.2.0",
     .complexity = "O(1)",
     .syntax = "key offset",
     .summary = "Returns one bit of a string."},
    {.name = "setbit",
     .run = cmd_setbit,
     .arity = 4,
     .flags = kWrite | kDenyOom,
     .keys = {key_at(kRW | kAccess | kUpdate, 1)},
     .acl = kAclWrite | kAclBitmap | kAclSlow,
     .group = Group::bitmap,
     .since = "2.2.0",
     .complexity = "O(1)",
     .syntax = "key offset value:integer",
     .summary = "Sets or clears one bit of a string, creating the key if needed."},
};

}  // namespace

std::span<const Command> bitmap_commands() { return kBitmapCommands; }

}  // namespace rota
