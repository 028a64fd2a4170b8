// SPDX-License-Identifier: BSD-3-Clause
// Ctx: what one running command may touch. The dispatcher has already checked name, arity,
// authentication and state; a handler reads its arguments, looks up, acts and replies. Threading:
// executor only. A Ctx lives as long as its command runs.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "client/blocked.h"
#include "client/client.h"
#include "client/registry.h"
#include "commands/command_table.h"
#include "platform/clock.h"
#include "platform/slice.h"
#include "proto/reply.h"
#include "store/db.h"

namespace rota {

class AclUsers;
class Permissions;
class PubSub;
class Tracking;
enum class Subscription : uint8_t;
class WatchTable;
class ConfigTable;
class CommandLog;
class ErrorStats;
class InfoRegistry;
class LatencyMonitor;
struct ClientOptions;
struct ServerStats;
struct MetricsOptions;
struct RdbOptions;
class Scripts;
class Snapshots;
struct ScriptCall;
struct ScriptOptions;
class Aof;
class Replayer;

enum class PauseMode : uint8_t { write, all };
enum class UnblockReason : uint8_t { timeout, error };  // what the client is told

// Where the server's memory is, in bytes.
struct MemoryOverview {
    size_t used = 0, peak = 0;
    size_t startup = 0;  // used before there were clients and keys
    size_t clients = 0, tables = 0;
    // All that is not keys and values.
    size_t overhead() const { return std::min(used, startup + clients + tables); }
};

struct ShutdownRequest {
    bool save = false, nosave = false;  // neither: where there are save points
    bool now = false, force = false;
};

// What only the server itself can do; src/server implements it. So handlers never include upward.
class Ctx;
class ServerControl {
public:
    virtual ~ServerControl() = default;

    // Users may more or less than before, or are others: before the command that did it replies.
    virtual void permissions_changed() = 0;
    // enable-debug-command, enable-protected-configs as seen by this client ("local" included).
    virtual bool debug_allowed(const Client&) const = 0;
    virtual bool protected_config_allowed(const Client&) const = 0;

    virtual void close_client(Client&) = 0;         // asynchronous: frees nothing at once
    virtual void send_to(Client&, Slice wire) = 0;  // a push to another client, in order
    virtual void set_monitor(Client&, bool on) = 0;
    virtual void pause_clients(PauseMode, int64_t until_ms) = 0;
    virtual void unpause_clients() = 0;
    // For block_on_keys(), and out of it again.
    virtual void block(Client&, std::unique_ptr<BlockedState>, int64_t timeout_ms) = 0;
    virtual void unblock(Client&, UnblockReason) = 0;
    // To all who listen; how many those are.
    virtual int64_t publish(Subscription, Slice channel, Slice message) = 0;
    virtual void run_queued(Ctx& exec) = 0;  // the client's queued commands, as EXEC's reply
    virtual void run_script(Ctx&, const ScriptCall&) = 0;  // what it returns is the reply

    // SHUTDOWN: an error text for the client, or nothing: then the server ends and never replies.
    virtual std::optional<std::string> shutdown(const ShutdownRequest&) = 0;
    virtual void abort_shutdown() = 0;
    virtual bool stopping() const = 0;  // a shutdown is due
    virtual Result<> reload_aof() = 0;  // forgets all keys and reads the append-only file
    virtual Result<> rewrite_config() = 0;
    virtual void reset_statistics() = 0;           // CONFIG RESETSTAT
    virtual void set_active_expire(bool on) = 0;   // DEBUG SET-ACTIVE-EXPIRE
    virtual void set_cron_paused(bool on) = 0;     // DEBUG PAUSE-CRON
    virtual const char* config_file() const = 0;   // "" when there is none
    virtual MemoryOverview memory_overview() = 0;  // costs microseconds and more
    virtual size_t used_memory() = 0;              // likewise
    // What a command has cost, on all threads.
    virtual CommandStats command_stats(const RegisteredCommand&) = 0;
};

// All parts of the server that handlers reach, gathered once by main().
struct Parts {
    Keyspace& keyspace;
    Effects& effects;
    ClientRegistry& clients;
    BlockedClients& blocked;
    WatchTable& watched;
    PubSub& pubsub;
    Tracking& tracking;
    AclUsers& users;
    Permissions& permissions;
    CommandTable& commands;
    ConfigTable& config;
    Clock& clock;
    ServerStats& stats;
    ErrorStats& errors;
    CommandLog& command_log;
    LatencyMonitor& latency;
    InfoRegistry& info;
    StoreOptions& store_options;
    ClientOptions& client_options;
    MetricsOptions& metrics_options;
    RdbOptions& rdb_options;
    Snapshots& snapshots;
    Scripts& scripts;
    const ScriptOptions& script_options;
    Aof& aof;
    ServerControl& control;
};

class Ctx {
public:
    Ctx(Parts& server_parts, Client& issuer, RegisteredCommand& registered,
        std::span<const Slice> arguments, uint64_t hash_of_first_key, Reply& out)
        : parts(server_parts),
          client(issuer),
          command(registered),
          args(arguments),
          reply(out),
          first_key_hash_(hash_of_first_key) {}

    Parts& parts;
    Client& client;
    RegisteredCommand& command;
    std::span<const Slice> args;  // args[0] is the command's name, args[1] a subcommand's
    Reply& reply;

    size_t argc() const { return args.size(); }
    Slice arg(size_t index) const { return args[index]; }
    Db& db() { return parts.keyspace.db(client.db); }
    int64_t now_ms() const { return parts.keyspace.clock().now_ms; }

    // Argument `index` as a key of this server. The first key's hash was computed with the batch.
    Key key(size_t index) const {
        if (index == command.first_key && first_key_hash_ != 0)
            return {args[index], first_key_hash_};
        return parts.keyspace.key(args[index]);
    }

    // The entry that an IO thread has built of the arguments of a plain SET; null: there is none.
    // The taker publishes it.
    Entry* take_prepared() { return std::exchange(prepared, nullptr); }
    Entry* prepared = nullptr;

    // Whether the command may wait for something: see blocking.h.
    bool may_block = true;

    // A write to `key` happened: counts as a change and raises the keyspace event.
    void changed(EventClass kind, const char* event, Slice key) {
        parts.effects.changed(client.db, key);
        parts.effects.notify(kind, event, key, client.db);
    }

    // What others are to run instead of this command, on its database; several calls add up. For
    // what depends on time, on chance or on waiting: see store/command_stream.h. Whether somebody
    // listens at all is worth asking before anything is put together for it.
    bool propagates() const { return parts.effects.commands().wanted(); }
    void propagate(std::span<const Slice> other) {
        propagate_nothing();
        parts.effects.commands().tell(client.db, other);
    }
    void propagate(std::initializer_list<Slice> other) {
        propagate(std::span(other.begin(), other.size()));
    }
    void propagate_nothing() { parts.effects.commands().set_handler_tells(true); }
    // The command with one argument put in the place of another.
    void propagate_with(size_t index, Slice arg);

    // Whether a write that ends at this time leaves nothing behind.
    bool is_past(int64_t at_ms) const { return parts.keyspace.clock().past(at_ms); }

    // Keeps argument `index` out of MONITOR and of the command log: they show "(redacted)" in its
    // place. A handler marks its secrets before anything else, so that they stay secret when it
    // fails.
    void redact(size_t index) { redacted_.push_back(index); }
    std::span<const size_t> redacted() const { return redacted_; }

    // An argument as a number; nullopt after having replied with an error.
    std::optional<int64_t> integer_arg(size_t index,
                                       Slice error = "ERR value is not an integer or out of range");
    std::optional<int32_t> int32_arg(size_t index);
    std::optional<double> double_arg(size_t index, Slice error = "ERR value is not a valid float");
    bool arg_is(size_t index, Slice word) const;  // ignoring case

    // Common replies.
    void wrong_type();
    void syntax_error();
    void no_such_key();
    // "ERR unknown subcommand or wrong number of arguments for '...'. Try X HELP."
    void unknown_subcommand();
    // HELP: the heading, `lines` and the closing lines that every HELP has.
    void help(std::span<const Slice> lines);

    // For reading and for writing, with the type checked: replies WRONGTYPE and returns nullopt
    // when the key holds something else; a null Entry* means that there is none.
    std::optional<Entry*> read_string(size_t key_index);
    std::optional<Entry*> write_string(Key key);

private:
    uint64_t first_key_hash_;
    std::vector<size_t> redacted_;  // mostly empty, which costs no memory
};

}  // namespace rota
