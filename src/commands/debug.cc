// SPDX-License-Identifier: BSD-3-Clause
// DEBUG: hooks for tests and for looking inside. Off unless enable-debug-command says otherwise.
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <thread>

#include "commands/ctx.h"
#include "commands/digest.h"
#include "commands/value.h"
#include "config/table.h"
#include "persist/snapshots.h"
#include "platform/log.h"
#include "platform/memory.h"
#include "platform/text.h"
#include "store/access.h"
#include "types/list.h"
#include "types/object.h"

namespace rota {
namespace {

void debug_sleep(Ctx& ctx) {
    const double seconds = std::strtod(std::string(ctx.arg(2)).c_str(), nullptr);
    if (seconds > 0) std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
    ctx.reply.ok();
}

void debug_set_active_expire(Ctx& ctx) {
    ctx.parts.control.set_active_expire(ctx.arg(2) != "0");
    ctx.reply.ok();
}

void debug_pause_cron(Ctx& ctx) {
    ctx.parts.control.set_cron_paused(ctx.arg(2) != "0");
    ctx.reply.ok();
}

// Of a list that is a chain: its nodes, and the directives that it goes by.
std::string describe_chain(Ctx& ctx, Entry* entry) {
    if (entry->encoding() != Encoding::quicklist) return {};
    const Lent<List> list(entry);
    const Quicklist& chain = *list->as_quicklist();
    return format(
        " ql_nodes:%zu ql_avg_node:%.2f ql_listpack_max:%d ql_compressed:%d "
        "ql_uncompressed_size:%zu",
        chain.node_count(),
        static_cast<double>(chain.size()) / static_cast<double>(chain.node_count()),
        ctx.parts.store_options.list_max_listpack_size,
        ctx.parts.config.get("list-compress-depth") != "0" ? 1 : 0, chain.allocated_bytes(0));
}

void debug_object(Ctx& ctx) {
    Entry* entry = ctx.db().peek(ctx.key(2));
    if (entry == nullptr) return ctx.no_such_key();
    const StoreOptions& options = ctx.parts.store_options;
    // What a snapshot would need, about: for a string its length and its bytes.
    const size_t serialized =
        entry->type() == Type::string
            ? entry->string_size() + 1
            : object_bytes(entry->type(), entry->encoding(), entry->object(), 0);
    const Slice encoding = encoding_name(entry->encoding());
    const uint32_t bits = entry->access();
    const std::string use =
        options.lfu ? format("lfu_freq:%u lfu_access_time_minutes:%u", bits & 0xff, bits >> 8)
                    : format("lru:%u lru_seconds_idle:%lld", bits,
                             static_cast<long long>(access::idle_ms(bits, ctx.now_ms()) / 1000));
    ctx.reply.simple(format("Value at:%p refcount:1 encoding:%.*s serializedlength:%zu %s%s",
                            static_cast<const void*>(entry), static_cast<int>(encoding.size()),
                            encoding.data(), serialized, use.c_str(),
                            describe_chain(ctx, entry).c_str()));
}

void debug_sdslen(Ctx& ctx) {
    const Entry* entry = ctx.db().peek(ctx.key(2));
    if (entry == nullptr) return ctx.no_such_key();
    if (entry->type() != Type::string || entry->encoding() == Encoding::integer)
        return ctx.reply.error("ERR Not an sds encoded string.");
    // An entry is one block without spare room of its own.
    ctx.reply.simple(format(
        "key_sds_len:%zu key_sds_avail:0 obj_alloc:%zu val_sds_len:%zu val_sds_avail:0 val_alloc:0",
        entry->key().size(), entry->allocated_size(), entry->string_size()));
}

void describe_table(std::string& text, Slice heading, const Table& table, bool full) {
    const Table::Stats stats = table.stats();
    text += "[" + std::string(heading) + " HT]\n";
    append_format(
        text,
        "Hash table 0 stats (main hash table):\n table size: %zu\n number of entries: %zu\n"
        " rehashing index: %lld\n",
        stats.buckets * 8, stats.entries,
        table.resizing() ? static_cast<long long>(stats.buckets_moved) : -1LL);
    if (!full) return;
    append_format(text, " overflow nodes: %zu\n longest chain: %zu\n", stats.overflow_nodes,
                  stats.longest_chain);
    for (size_t i = 0; i < std::size(stats.fill); ++i) {
        if (stats.fill[i] != 0) append_format(text, " buckets with %zu: %zu\n", i, stats.fill[i]);
    }
}

void debug_htstats(Ctx& ctx) {
    const auto index = ctx.integer_arg(2);
    if (!index) return;
    if (*index < 0 || *index >= ctx.parts.keyspace.count())
        return ctx.reply.error("ERR Out of range database");
    Db& db = ctx.parts.keyspace.db(static_cast<int>(*index));
    std::string text;
    describe_table(text, "Dictionary", db.table(), ctx.arg_is(3, "full"));
    describe_table(text, "Expires", db.expires(), ctx.arg_is(3, "full"));
    ctx.reply.verbatim("txt", text);
}

void debug_htstats_key(Ctx& ctx) {
    if (ctx.db().peek(ctx.key(2)) == nullptr) return ctx.no_such_key();
    ctx.reply.error(
        "ERR The value stored at the specified key is not represented using an hash table");
}

void debug_digest(Ctx& ctx) { ctx.reply.simple(to_hex(dataset_digest(ctx.parts.keyspace))); }

void debug_digest_value(Ctx& ctx) {
    ctx.reply.array(ctx.argc() - 2);
    for (size_t i = 2; i < ctx.argc(); ++i) {
        Entry* entry = ctx.db().peek(ctx.key(i));
        ctx.reply.simple(to_hex(entry == nullptr ? Sha1Digest{} : value_digest(*entry)));
    }
}

void debug_populate(Ctx& ctx) {
    const auto count = ctx.integer_arg(2);
    if (!count) return;
    if (*count < 0) return ctx.reply.error("ERR value is out of range, must be positive");
    const std::string prefix(ctx.argc() > 3 ? ctx.arg(3) : Slice("key"));
    const auto size = ctx.argc() > 4 ? ctx.integer_arg(4) : std::optional<int64_t>(-1);
    if (!size) return;
    for (int64_t i = 0; i < *count; ++i) {
        const std::string name = prefix + ":" + std::to_string(i);
        const Key key = ctx.parts.keyspace.key(name);
        if (ctx.db().peek(key) != nullptr) continue;
        std::string value = "value:" + std::to_string(i);
        if (*size >= 0) value.resize(static_cast<size_t>(*size));
        ctx.db().set_string(key, value);
        ctx.parts.effects.changed(ctx.client.db, name);
    }
    ctx.reply.ok();
}

void reply_collection(Ctx& ctx, Slice kind) {
    Reply& reply = ctx.reply;
    if (kind == "array") reply.array(3);
    if (kind == "set") reply.set(3);
    if (kind == "push") reply.push(3);
    for (int i = 0; i < 3; ++i) reply.integer(i);
}

void reply_attribute(Ctx& ctx) {
    if (ctx.reply.resp() >= 3) {
        ctx.reply.attribute(1);
        ctx.reply.bulk("key-popularity");
        ctx.reply.array(2);
        ctx.reply.bulk("key:123");
        ctx.reply.integer(90);
    }
    ctx.reply.bulk("Some real reply following the attribute");
}

void debug_protocol(Ctx& ctx) {
    const std::string kind = to_lower(ctx.arg(2));
    Reply& reply = ctx.reply;
    if (kind == "string") return reply.bulk("Hello World");
    if (kind == "integer") return reply.integer(12345);
    if (kind == "double") return reply.real(3.141);
    if (kind == "null") return reply.null();
    if (kind == "bignum") return reply.big_number("1234567999999999999999999999999999999");
    if (kind == "true" || kind == "false") return reply.boolean(kind == "true");
    if (kind == "verbatim") return reply.verbatim("txt", "This is a verbatim\nstring");
    if (kind == "attrib") return reply_attribute(ctx);
    if (kind == "array" || kind == "set" || kind == "push") return reply_collection(ctx, kind);
    if (kind == "map") {
        reply.map(3);
        for (int i = 0; i < 3; ++i) {
            reply.integer(i);
            reply.boolean(i == 1);
        }
        return;
    }
    reply.error(
        "ERR Wrong protocol type name. Please use one of the following: "
        "string|integer|double|null|array|set|map|attrib|push|verbatim|true|false");
}

void debug_error(Ctx& ctx) { ctx.reply.error(ctx.arg(2)); }

void debug_log(Ctx& ctx) {
    log(LogLevel::warning, "DEBUG LOG: %s", escape_repr(ctx.arg(2)).c_str());
    ctx.reply.ok();
}

void debug_segfault(Ctx&) { std::raise(SIGSEGV); }
void debug_panic(Ctx&) { UNREACHABLE(); }

void debug_assert(Ctx& ctx) {
    if (ctx.parts.config.get("enable-debug-assert") == "yes") ASSERT(1 == 2);
    ctx.unknown_subcommand();
}

// Asks for more than any machine has: the allocator's refusal ends the process, as intended.
void debug_oom(Ctx& ctx) {
    std::string impossible;
    impossible.reserve(SIZE_MAX / 4);
    ctx.reply.ok();
}

// The block is lost on purpose: a leak checker must report it.
void debug_leak(Ctx& ctx) {
    char* lost = strdup(std::string(ctx.arg(2)).c_str());
    ctx.reply.ok();
    lost = nullptr;
    (void)lost;
}

void debug_structsize(Ctx& ctx) {
    ctx.reply.simple(format("bits:%zu entry:%zu bucket:64 client:%zu", sizeof(void*) * 8,
                            sizeof(Entry), sizeof(Client)));
}

void debug_stringmatch(Ctx& ctx) { ctx.reply.integer(glob_match(ctx.arg(2), ctx.arg(3))); }

void debug_mallctl_free(Ctx& ctx) {
    memory_purge();
    ctx.reply.ok();
}

// Saves, forgets and loads everything; words leave the first two out.
void debug_reload(Ctx& ctx) {
    bool save = true, flush = true, replace = false;
    for (size_t i = 2; i < ctx.argc(); ++i) {
        if (ctx.arg_is(i, "nosave")) {
            save = false;
        } else if (ctx.arg_is(i, "noflush")) {
            flush = false;
        } else if (ctx.arg_is(i, "merge")) {
            replace = true;
        } else {
            return ctx.reply.error(
                "ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.");
        }
    }
    Snapshots& snapshots = ctx.parts.snapshots;
    if (snapshots.in_progress()) snapshots.cancel();
    if (save && !snapshots.save()) return ctx.reply.error("ERR");
    for (int i = 0; flush && i < ctx.parts.keyspace.count(); ++i)
        ctx.parts.keyspace.db(i).clear(false);
    if (const auto loaded = snapshots.load(replace); !loaded) {
        log(LogLevel::warning, "DEBUG RELOAD: %s", loaded.error().message.c_str());
        return ctx.reply.error("ERR Error trying to load the RDB dump, check server logs");
    }
    log(LogLevel::warning, "DB reloaded by DEBUG RELOAD");
    ctx.reply.ok();
}

void debug_packed_threshold(Ctx& ctx) {
    constexpr uint64_t kMax = (uint64_t{4} << 30) - (1 << 20);
    const auto bytes = parse_memory(ctx.arg(2));
    if (!bytes || *bytes > kMax)
        return ctx.reply.error(
            "ERR argument must be a memory value bigger than 1 and smaller than 4gb");
    NodeLimit::large_from = *bytes;
    ctx.reply.ok();
}

void debug_loadaof(Ctx& ctx) {
    if (const auto loaded = ctx.parts.control.reload_aof(); !loaded) {
        log(LogLevel::warning, "DEBUG LOADAOF: %s", loaded.error().message.c_str());
        return ctx.reply.error("ERR Error trying to load the AOF files, check server logs");
    }
    log(LogLevel::warning, "Append Only File loaded by DEBUG LOADAOF");
    ctx.reply.ok();
}

void debug_help(Ctx& ctx);

struct Hook {
    Slice name;
    int arity;  // with DEBUG and the name; negative: at least that many
    void (*run)(Ctx&);
    Slice usage, help;
};

constexpr Hook kHooks[] = {
    {"assert", 2, debug_assert, "ASSERT", "Fail an assertion (needs enable-debug-assert)."},
    {"digest", 2, debug_digest, "DIGEST", "Return a hash of all keys and values."},
    {"digest-value", -2, debug_digest_value, "DIGEST-VALUE <key> [<key> ...]",
     "Return hashes of values."},
    {"error", 3, debug_error, "ERROR <text>", "Reply with this error."},
    {"help", 2, debug_help, "", ""},
    {"htstats", -3, debug_htstats, "HTSTATS <db> [full]", "Describe the tables of a database."},
    {"htstats-key", -3, debug_htstats_key, "HTSTATS-KEY <key>", "Describe the table of a value."},
    {"leak", 3, debug_leak, "LEAK <string>", "Lose this string's memory."},
    {"log", 3, debug_log, "LOG <message>", "Write into the log."},
    {"malloc-purge", 2, debug_mallctl_free, "MALLOC-PURGE", "Give unused memory back."},
    {"object", 3, debug_object, "OBJECT <key>", "Tell how a value is kept."},
    {"oom", 2, debug_oom, "OOM", "Run out of memory."},
    {"panic", 2, debug_panic, "PANIC", "End with a crash report."},
    {"pause-cron", 3, debug_pause_cron, "PAUSE-CRON (0|1)", "Stop the periodic work."},
    {"populate", -3, debug_populate, "POPULATE <count> [<prefix>] [<size>]", "Make keys."},
    {"protocol", 3, debug_protocol, "PROTOCOL <type>", "Reply with a value of this protocol type."},
    {"loadaof", 2, debug_loadaof, "LOADAOF", "Forget all keys and load the append-only file."},
    {"quicklist-packed-threshold", 3, debug_packed_threshold, "QUICKLIST-PACKED-THRESHOLD <size>",
     "Give larger elements of lists a node of their own."},
    {"reload", -2, debug_reload, "RELOAD [MERGE] [NOFLUSH] [NOSAVE]",
     "Save, forget and load all keys."},
    {"sdslen", 3, debug_sdslen, "SDSLEN <key>", "Tell the lengths of a key and its string."},
    {"segfault", 2, debug_segfault, "SEGFAULT", "Crash."},
    {"set-active-expire", 3, debug_set_active_expire, "SET-ACTIVE-EXPIRE (0|1)",
     "Stop removing expired keys in the background."},
    {"sleep", 3, debug_sleep, "SLEEP <seconds>",
     "Stop the server for a while; fractions are fine."},
    {"stringmatch", 4, debug_stringmatch, "STRINGMATCH <pattern> <text>", "Match a glob pattern."},
    {"structsize", 2, debug_structsize, "STRUCTSIZE", "Return the sizes of some structures."},
};

void debug_help(Ctx& ctx) {
    std::vector<Slice> lines;
    std::vector<std::string> indented;
    indented.reserve(std::size(kHooks));
    for (const Hook& hook : kHooks) {
        if (hook.usage.empty()) continue;
        lines.push_back(hook.usage);
        lines.push_back(indented.emplace_back("    " + std::string(hook.help)));
    }
    ctx.help(lines);
}

void cmd_debug(Ctx& ctx) {
    if (!ctx.parts.control.debug_allowed(ctx.client)) {
        return ctx.reply.error(
            "ERR DEBUG command not allowed. If the enable-debug-command option is set to "
            "\"local\", "
            "you can run it from a local connection, otherwise you need to set this option in the "
            "configuration file, and then restart the server.");
    }
    const auto count = static_cast<int>(ctx.argc());
    for (const Hook& hook : kHooks) {
        if (!ctx.arg_is(1, hook.name)) continue;
        if (hook.arity > 0 ? count != hook.arity : count < -hook.arity) break;
        return hook.run(ctx);
    }
    ctx.unknown_subcommand();
}

constexpr Command kDebugCommands[] = {
    {.name = "debug",
     .run = cmd_debug,
     .arity = -2,
     .flags = kAdmin | kNoScript | kLoading | kStale | kProtected | kSystem,
     .acl = kAclAdmin | kAclDangerous | kAclSlow,
     .group = Group::server,
     .since = "1.0.0",
     .complexity = "Depends on subcommand.",
     .summary = "A container for tests and for looking inside."},
};

}  // namespace

std::span<const Command> debug_commands() { return kDebugCommands; }

}  // namespace rota
