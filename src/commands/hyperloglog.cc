// SPDX-License-Identifier: BSD-3-Clause
// The HyperLogLog family: strings of a certain form. Handlers and, at the end, their rows.
#include <memory>

#include "commands/ctx.h"
#include "types/hll.h"

namespace rota {
namespace {

using hll::Form;
using hll::Outcome;

void corrupt(Ctx& ctx) { ctx.reply.error("INVALIDOBJ Corrupted HLL object detected"); }

// The form of the entry's value; nullopt after having replied with an error. A missing entry is
// none of its business.
std::optional<Form> form_of(Ctx& ctx, const Entry* entry) {
    const bool is_text = entry->encoding() != Encoding::integer;
    const auto form = is_text ? hll::form_of(entry->value()) : std::nullopt;
    if (!form) ctx.reply.error("WRONGTYPE Key is not a valid HyperLogLog string value.");
    return form;
}

// The same entry for writing in place. Its encoding is raw from now on, also where nothing comes of
// it, as in Valkey.
Entry* writable(Ctx& ctx, Key key, const Entry* entry) {
    return ctx.db().grow_string(key, entry->string_size());
}

// Puts other bytes where `old` was, if it was.
void store(Ctx& ctx, Key key, const Entry* old, Slice bytes) {
    Entry* entry = Entry::make_string(key.name, bytes, Encoding::raw,
                                      old == nullptr ? -1 : old->expire_at_ms());
    if (old != nullptr) entry->set_access(old->access());
    ctx.db().put(key, entry);
}

// ---- PFADD
// -----------------------------------------------------------------------------------------------

// How many of the elements changed something.
size_t add_to_dense(Ctx& ctx, Entry* entry) {
    char* bytes = entry->mutable_value();
    size_t changes = 0;
    for (size_t i = 2; i < ctx.argc(); ++i)
        changes += hll::add_dense(bytes, hll::mark_of(ctx.arg(i)));
    if (changes > 0) hll::forget_count(bytes);
    return changes;
}

// As above; nullopt after having replied with an error.
std::optional<size_t> add_to_sparse(Ctx& ctx, Key key, const Entry* entry) {
    std::string bytes = entry == nullptr ? hll::make_empty() : std::string(entry->value());
    size_t changes = entry == nullptr;
    for (size_t i = 2; i < ctx.argc(); ++i) {
        const Outcome outcome =
            hll::add(bytes, hll::mark_of(ctx.arg(i)), ctx.parts.store_options.hll_sparse_max_bytes);
        changes += outcome == Outcome::changed;
        if (outcome == Outcome::corrupt) {
            corrupt(ctx);
            return std::nullopt;
        }
    }
    if (changes == 0) return 0;
    hll::forget_count(bytes.data());
    store(ctx, key, entry, bytes);
    return changes;
}

void cmd_pfadd(Ctx& ctx) {
    const Key key = ctx.key(1);
    auto entry = ctx.write_string(key);
    if (!entry) return;
    auto form = Form::sparse;
    if (*entry != nullptr) {
        const auto found = form_of(ctx, *entry);
        if (!found) return;
        form = *found;
        *entry = writable(ctx, key, *entry);
    }
    const auto changes = form == Form::dense ? std::optional(add_to_dense(ctx, *entry))
                                             : add_to_sparse(ctx, key, *entry);
    if (!changes) return;
    if (*changes > 0) {
        ctx.changed(EventClass::string, "pfadd", key.name);
        ctx.parts.effects.add_dirty(*changes - 1);
    }
    ctx.reply.integer(*changes > 0);
}

// ---- PFCOUNT and PFMERGE
// -----------------------------------------------------------------------------------------------

struct Union {
    hll::Registers registers{};
    bool any_dense = false;
};

// Of the keys from argument `first` on; null after having replied with an error.
std::unique_ptr<Union> unite(Ctx& ctx, size_t first) {
    auto all = std::make_unique<Union>();
    for (size_t i = first; i < ctx.argc(); ++i) {
        const auto entry = ctx.read_string(i);
        if (!entry) return nullptr;
        if (*entry == nullptr) continue;
        const auto form = form_of(ctx, *entry);
        if (!form) return nullptr;
        all->any_dense |= *form == Form::dense;
        if (hll::merge(all->registers, (*entry)->value())) continue;
        corrupt(ctx);
        return nullptr;
    }
    return all;
}

void cmd_pfcount(Ctx& ctx) {
    if (ctx.argc() > 2) {
        const auto all = unite(ctx, 1);
        if (all) ctx.reply.integer(static_cast<int64_t>(hll::count(all->registers)));
        return;
    }
    const auto entry = ctx.read_string(1);
    if (!entry) return;
    if (*entry == nullptr) return ctx.reply.integer(0);
    if (!form_of(ctx, *entry)) return;
    const Key key = ctx.key(1);
    Entry* own = writable(ctx, key, *entry);
    if (const auto cached = hll::cached_count(own->value()))
        return ctx.reply.integer(static_cast<int64_t>(*cached));
    const auto count = hll::count(own->value());
    if (!count) return corrupt(ctx);
    hll::cache_count(own->mutable_value(), *count);
    // The string is another one now, and replicas are to have the same: no event tells of it.
    ctx.parts.effects.changed(ctx.client.db, key.name);
    ctx.reply.integer(static_cast<int64_t>(*count));
}

// The union as it is stored: over what the target holds, dense as soon as one of them is.
std::optional<std::string> united_bytes(Ctx& ctx, const Union& all, const Entry* target) {
    std::string bytes = target == nullptr ? hll::make_empty() : std::string(target->value());
    if (all.any_dense) {
        if (hll::form_of(bytes) == Form::sparse) {
            auto dense = hll::to_dense(bytes);
            if (!dense) return std::nullopt;
            bytes = std::move(*dense);
        }
        hll::store_dense(bytes.data(), all.registers);
        return bytes;
    }
    for (size_t i = 0; i < hll::kRegisters; ++i) {
        if (all.registers[i] == 0) continue;
        const hll::Mark mark{static_cast<uint16_t>(i), all.registers[i]};
        if (hll::add(bytes, mark, ctx.parts.store_options.hll_sparse_max_bytes) == Outcome::corrupt)
            return std::nullopt;
    }
    return bytes;
}

void cmd_pfmerge(Ctx& ctx) {
    const auto all = unite(ctx, 1);
    if (!all) return;
    const Key key = ctx.key(1);
    const Entry* target = ctx.db().find_write(key);
    auto bytes = united_bytes(ctx, *all, target);
    if (!bytes) return corrupt(ctx);
    hll::forget_count(bytes->data());
    store(ctx, key, target, *bytes);
    ctx.changed(EventClass::string, "pfadd", key.name);
    ctx.reply.ok();
}

// ---- PFDEBUG and PFSELFTEST
// -----------------------------------------------------------------------------------------------

// The entry, dense from now on; null after having replied with an error.
const Entry* made_dense(Ctx& ctx, Key key, const Entry* entry, Form form) {
    if (form == Form::dense) return entry;
    const auto dense = hll::to_dense(entry->value());
    if (!dense) {
        corrupt(ctx);
        return nullptr;
    }
    store(ctx, key, entry, *dense);
    ctx.parts.effects.changed(ctx.client.db, key.name);
    return ctx.db().find_write(key);
}

void debug_getreg(Ctx& ctx, Key key, const Entry* entry, Form form) {
    entry = made_dense(ctx, key, entry, form);
    if (entry == nullptr) return;
    const auto registers = std::make_unique<hll::Registers>();
    hll::merge(*registers, entry->value());
    ctx.reply.array(registers->size());
    for (const uint8_t value : *registers) ctx.reply.integer(value);
}

void debug_decode(Ctx& ctx, Key, const Entry* entry, Form form) {
    if (form != Form::sparse) return ctx.reply.error("ERR HLL encoding is not sparse");
    ctx.reply.bulk(hll::describe(entry->value()));
}

void debug_encoding(Ctx& ctx, Key, const Entry*, Form form) {
    ctx.reply.simple(form == Form::dense ? "dense" : "sparse");
}

void debug_todense(Ctx& ctx, Key key, const Entry* entry, Form form) {
    if (made_dense(ctx, key, entry, form) != nullptr) ctx.reply.integer(form == Form::sparse);
}

constexpr struct {
    Slice name;
    void (*run)(Ctx&, Key, const Entry*, Form);
} kDebugSubcommands[] = {{"getreg", debug_getreg},
                         {"decode", debug_decode},
                         {"encoding", debug_encoding},
                         {"todense", debug_todense}};

// Registers are merged in one way only, so there is nothing to switch.
void debug_simd(Ctx& ctx) {
    const bool on = ctx.arg_is(2, "on");
    if (!on && !ctx.arg_is(2, "off")) return ctx.reply.error("ERR Argument must be ON or OFF");
    ctx.reply.simple(on ? "enabled" : "disabled");
}

void cmd_pfdebug(Ctx& ctx) {
    if (ctx.arg_is(1, "simd")) return debug_simd(ctx);
    const Key key = ctx.key(2);
    const auto entry = ctx.write_string(key);
    if (!entry) return;
    if (*entry == nullptr) return ctx.reply.error("ERR The specified key does not exist");
    const auto form = form_of(ctx, *entry);
    if (!form) return;
    const Entry* own = writable(ctx, key, *entry);
    for (const auto& subcommand : kDebugSubcommands) {
        if (ctx.arg_is(1, subcommand.name)) return subcommand.run(ctx, key, own, *form);
    }
    ctx.reply.error("ERR Unknown PFDEBUG subcommand '" + std::string(ctx.arg(1)) + "'");
}

// The same elements sparse, dense and united must count the same, near enough to the truth.
void cmd_pfselftest(Ctx& ctx) {
    constexpr uint64_t kElements = 2000;
    constexpr uint64_t kErrorMax = kElements / 20;  // six times the standard error
    std::string sparse = hll::make_empty();
    std::string dense = *hll::to_dense(sparse);
    for (uint64_t i = 0; i < kElements; ++i) {
        const hll::Mark mark = hll::mark_of({reinterpret_cast<const char*>(&i), sizeof i});
        hll::add(sparse, mark, hll::kRegisters);
        hll::add_dense(dense.data(), mark);
    }
    const auto registers = std::make_unique<hll::Registers>();
    hll::merge(*registers, sparse);
    const uint64_t count = hll::count(dense).value_or(0);
    const uint64_t error = count > kElements ? count - kElements : kElements - count;
    if (hll::count(sparse) != count || hll::count(*registers) != count || error > kErrorMax)
        return ctx.reply.error("TESTFAILED The forms of a HyperLogLog do not agree");
    ctx.reply.ok();
}

// ---- Rows
// -----------------------------------------------------------------------------------------------

constexpr Command kHyperLogLogCommands[] = {
    {.name = "pfadd",
     .run = cmd_pfadd,
     .arity = -2,
     .flags = kWrite | kDenyOom | kFast,
     .keys = {key_at(kRW | kInsert, 1)},
     .acl = kAclWrite | kAclHyperLogLog | kAclFast,
     .group = Group::hyperloglog,
     .since = "2.8.9",
     .complexity = "O(1) for each element.",
     .syntax = "key [element [element ...]]",
     .summary = "Adds elements to a HyperLogLog, creating the key if needed."},
    {.name = "pfcount",
     .run = cmd_pfcount,
     .arity = -2,
     .flags = kReadonly | kMayReplicate,
     .keys = {keys_range(kRW | kAccess, 1, -1)},
     .acl = kAclRead | kAclHyperLogLog | kAclSlow,
     .group = Group::hyperloglog,
     .since = "2.8.9",
     .complexity = "O(1) for one key with a small constant, O(N) with a large one for N keys.",
     .syntax = "key [key ...]",
     .summary = "Estimates how many different elements were added to HyperLogLogs."},
    {.name = "pfdebug",
     .run = cmd_pfdebug,
     .arity = 3,
     .flags = kWrite | kDenyOom | kAdmin | kSystem,
     .keys = {key_at(kRW | kAccess, 2)},
     .acl = kAclWrite | kAclHyperLogLog | kAclAdmin | kAclSlow | kAclDangerous,
     .group = Group::hyperloglog,
     .since = "2.8.9",
     .complexity = "Depends on subcommand.",
     .syntax = "subcommand key",
     .summary = "Shows the inside of a HyperLogLog."},
    {.name = "pfmerge",
     .run = cmd_pfmerge,
     .arity = -2,
     .flags = kWrite | kDenyOom,
     .keys = {key_at(kRW | kAccess | kInsert, 1), keys_range(kRO | kAccess, 2, -1)},
     .acl = kAclWrite | kAclHyperLogLog | kAclSlow,
     .group = Group::hyperloglog,
     .since = "2.8.9",
     .complexity = "O(N) with a large constant, where N is the number of keys.",
     .syntax = "destkey [sourcekey [sourcekey ...]]",
     .summary = "Merges HyperLogLogs into one."},
    {.name = "pfselftest",
     .run = cmd_pfselftest,
     .arity = 1,
     .flags = kAdmin | kSystem,
     .acl = kAclHyperLogLog | kAclAdmin | kAclSlow | kAclDangerous,
     .group = Group::hyperloglog,
     .since = "2.8.9",
     .complexity = "O(1) with a very large constant.",
     .summary = "Tests how HyperLogLogs are kept and counted."},
};

}  // namespace

std::span<const Command> hyperloglog_commands() { return kHyperLogLogCommands; }

}  // namespace rota
