// SPDX-License-Identifier: BSD-3-Clause
// MEMORY: what keys cost, and where the server's memory is.
#include "platform/memory.h"

#include <algorithm>

#include "commands/ctx.h"
#include "platform/rusage.h"
#include "platform/text.h"
#include "types/object.h"

namespace rota {
namespace {

double ratio(uint64_t a, uint64_t b) {
    return b == 0 ? 1.0 : static_cast<double>(a) / static_cast<double>(b);
}

void cmd_usage(Ctx& ctx) {
    size_t samples = 5;
    for (size_t i = 3; i < ctx.argc(); i += 2) {
        if (!ctx.arg_is(i, "samples") || i + 1 >= ctx.argc()) return ctx.syntax_error();
        const auto asked = ctx.integer_arg(i + 1);
        if (!asked) return;
        if (*asked < 0) return ctx.syntax_error();
        samples = static_cast<size_t>(*asked);
    }
    const Entry* entry = ctx.db().peek(ctx.key(2));
    if (entry == nullptr) return ctx.reply.null();
    // A slot of the table for the key, and one more where the key can expire.
    const size_t slots = entry->has_expiry() ? 2 : 1;
    const size_t object =
        entry->type() == Type::string
            ? 0
            : object_bytes(entry->type(), entry->encoding(), entry->object(), samples);
    ctx.reply.integer(
        static_cast<int64_t>(entry->allocated_size() + object + slots * sizeof(Table::Slot)));
}

// Writes the fields of MEMORY STATS and counts them.
class StatsReply {
public:
    explicit StatsReply(Ctx& ctx) : reply_(ctx.reply), begin_(ctx.reply.begin()) {}

    void count(Slice name, uint64_t value) {
        reply_.bulk(name);
        reply_.integer(static_cast<int64_t>(value));
        ++fields_;
    }
    void difference(Slice name, uint64_t a, uint64_t b) {
        reply_.bulk(name);
        reply_.integer(static_cast<int64_t>(a) - static_cast<int64_t>(b));
        ++fields_;
    }
    void real(Slice name, double value) {
        reply_.bulk(name);
        reply_.real(value);
        ++fields_;
    }
    void database(Db& db) {
        reply_.bulk("db." + std::to_string(db.index()));
        reply_.map(2);
        reply_.bulk("overhead.hashtable.main");
        reply_.integer(static_cast<int64_t>(db.table().memory_bytes()));
        reply_.bulk("overhead.hashtable.expires");
        reply_.integer(static_cast<int64_t>(db.expires().memory_bytes()));
        ++fields_;
    }
    void end() { reply_.end_map(begin_, fields_); }

private:
    Reply& reply_;
    size_t begin_;
    size_t fields_ = 0;
};

void cmd_stats(Ctx& ctx) {
    const MemoryOverview memory = ctx.parts.control.memory_overview();
    const MemoryStats allocator = memory_stats();
    const uint64_t rss = resident_bytes();
    size_t keys = 0;
    StatsReply stats(ctx);
    stats.count("peak.allocated", memory.peak);
    stats.count("total.allocated", memory.used);
    stats.count("startup.allocated", memory.startup);
    // Parts that this server does not have yet hold nothing.
    for (const char* absent : {"replication.backlog", "replicas.repl.buffer", "clients.slaves"})
        stats.count(absent, 0);
    stats.count("clients.normal", memory.clients);
    for (const char* absent : {"cluster.links", "cluster.slot_import", "cluster.slot_export",
                               "aof.buffer", "lua.caches", "functions.caches"})
        stats.count(absent, 0);
    for (int i = 0; i < ctx.parts.keyspace.count(); ++i) {
        Db& db = ctx.parts.keyspace.db(i);
        keys += db.size();
        if (db.size() > 0) stats.database(db);
    }
    const size_t overhead = memory.overhead();
    const size_t dataset = memory.used - overhead;
    const size_t grown = memory.used - std::min(memory.used, memory.startup);
    stats.count("overhead.db.hashtable.lut", memory.tables);
    stats.count("overhead.db.hashtable.rehashing", 0);
    stats.count("overhead.total", overhead);
    stats.count("db.dict.rehashing.count", 0);
    stats.count("keys.count", keys);
    stats.count("keys.bytes-per-key", keys == 0 ? 0 : grown / keys);
    stats.count("dataset.bytes", dataset);
    stats.real("dataset.percentage", 100 * ratio(dataset, std::max<size_t>(grown, 1)));
    stats.real("peak.percentage", 100 * ratio(memory.used, memory.peak));
    stats.count("allocator.allocated", allocator.allocated);
    stats.count("allocator.active", allocator.active);
    stats.count("allocator.resident", allocator.resident);
    stats.count("allocator.muzzy", allocator.muzzy);
    stats.real("allocator-fragmentation.ratio", ratio(allocator.active, allocator.allocated));
    stats.difference("allocator-fragmentation.bytes", allocator.active, allocator.allocated);
    stats.real("allocator-rss.ratio", ratio(allocator.resident, allocator.active));
    stats.difference("allocator-rss.bytes", allocator.resident, allocator.active);
    stats.real("rss-overhead.ratio", ratio(rss, allocator.resident));
    stats.difference("rss-overhead.bytes", rss, allocator.resident);
    stats.real("fragmentation", ratio(rss, memory.used));
    stats.difference("fragmentation.bytes", rss, memory.used);
    stats.end();
}

void cmd_doctor(Ctx& ctx) {
    constexpr size_t kSmall = 5 << 20;
    constexpr size_t kClientMuch = 200 << 10;
    const MemoryOverview memory = ctx.parts.control.memory_overview();
    if (memory.used < kSmall)
        return ctx.reply.verbatim(
            "txt", "The server holds next to nothing: there is nothing to judge yet.\n");
    std::string findings;
    if (memory.peak > memory.used + memory.used / 2) {
        findings +=
            " * Once it held half as much again as now. The resident size may stay high until "
            "that memory is used again; MEMORY PURGE gives back what can be given back.\n";
    }
    if (resident_bytes() > memory.used + memory.used * 2 / 5) {
        findings +=
            " * The resident size is 1.4 times what is in use or more: memory is fragmented, or "
            "much was freed lately.\n";
    }
    const size_t clients = ctx.parts.clients.size();
    if (clients > 0 && memory.clients / clients > kClientMuch) {
        findings +=
            " * Clients hold more than 200 kB each on average. Look for large pipelines and for "
            "slow readers in CLIENT LIST (omem, qbuf).\n";
    }
    if (findings.empty()) return ctx.reply.verbatim("txt", "No memory problem found.\n");
    ctx.reply.verbatim("txt", "What was found:\n" + findings);
}

void cmd_malloc_stats(Ctx& ctx) { ctx.reply.verbatim("txt", memory_report()); }

void cmd_purge(Ctx& ctx) {
    memory_purge();
    ctx.reply.ok();
}

void cmd_help(Ctx& ctx) {
    static constexpr Slice kLines[] = {
        "DOCTOR",
        "    Judge how memory is used.",
        "MALLOC-STATS",
        "    Return what the allocator tells about itself.",
        "PURGE",
        "    Ask the allocator to give unused memory back.",
        "STATS",
        "    Return where the memory is.",
        "USAGE <key> [SAMPLES <count>]",
        "    Return the bytes that a key and its value cost.",
    };
    ctx.help(kLines);
}

constexpr Slice kAllShards =
    "NONDETERMINISTIC_OUTPUT; REQUEST_POLICY:ALL_SHARDS; RESPONSE_POLICY:SPECIAL";

constexpr Command kMemorySubcommands[] = {
    {.name = "doctor",
     .run = cmd_doctor,
     .arity = 2,
     .acl = kAclSlow,
     .group = Group::server,
     .since = "4.0.0",
     .complexity = "O(1)",
     .summary = "Judges how memory is used.",
     .tips = kAllShards},
    {.name = "help",
     .run = cmd_help,
     .arity = 2,
     .flags = kLoading | kStale,
     .acl = kAclSlow,
     .group = Group::server,
     .since = "4.0.0",
     .complexity = "O(1)",
     .summary = "Explains the subcommands."},
    {.name = "malloc-stats",
     .run = cmd_malloc_stats,
     .arity = 2,
     .flags = kLoading,
     .acl = kAclSlow,
     .group = Group::server,
     .since = "4.0.0",
     .complexity = "Depends on how much memory is allocated.",
     .summary = "Returns what the allocator tells about itself.",
     .tips = kAllShards},
    {.name = "purge",
     .run = cmd_purge,
     .arity = 2,
     .flags = kLoading,
     .acl = kAclSlow,
     .group = Group::server,
     .since = "4.0.0",
     .complexity = "Depends on how much can be given back.",
     .summary = "Gives unused memory back to the system.",
     .tips = "REQUEST_POLICY:ALL_SHARDS; RESPONSE_POLICY:ALL_SUCCEEDED"},
    {.name = "stats",
     .run = cmd_stats,
     .arity = 2,
     .acl = kAclSlow,
     .group = Group::server,
     .since = "4.0.0",
     .complexity = "O(N) where N is the number of clients.",
     .summary = "Returns where the memory is.",
     .tips = kAllShards},
    {.name = "usage",
     .run = cmd_usage,
     .arity = -3,
     .flags = kReadonly,
     .keys = {key_at(kRO, 2)},
     .acl = kAclRead | kAclSlow,
     .group = Group::server,
     .since = "4.0.0",
     .complexity = "O(N) where N is the number of samples.",
     .syntax = "key [SAMPLES count]",
     .summary = "Returns the bytes that a key and its value cost."},
};

constexpr Command kMemoryCommands[] = {
    {.name = "memory",
     .arity = -2,
     .acl = kAclSlow,
     .group = Group::server,
     .since = "4.0.0",
     .complexity = "Depends on subcommand.",
     .summary = "A container for commands about memory.",
     .subcommands = kMemorySubcommands},
};

}  // namespace

std::span<const Command> memory_commands() { return kMemoryCommands; }

}  // namespace rota
