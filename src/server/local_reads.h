// SPDX-License-Identifier: BSD-3-Clause
// LocalReads: reads that an IO thread answers itself, run to completion where they were received.
// They are gathered first, so that the buckets and entries of all of them are on their way from
// memory together; then each is looked up, answered, and the gate asked whether it was open all the
// while. What cannot be answered so goes to the executor, in its place in the client's order.
//
// Threading: made by the executor, used by one IO thread; the statistics may be read by any.
#pragma once

#include <array>
#include <atomic>
#include <span>
#include <vector>

#include "commands/shared_reads.h"
#include "metrics/command_stats.h"
#include "server/batch.h"
#include "server/read_gate.h"

namespace rota {

class Clock;

// What of the configuration IO threads go by.
struct ReadOptions {
    bool enabled = false;
    bool track_latency = true;
    size_t value_max = 0;
};

class LocalReads {
public:
    LocalReads(Keyspace&, const ReadGate&, Clock&);

    Quiescence::Reader& quiescence() { return reader_.quiescence(); }
    void apply(const ReadOptions& options) { options_ = options; }

    // Whether the request may be answered here: a plain read by a plain client that has nothing
    // with the executor.
    bool wants(const Client& client, const RegisteredCommand* command, size_t argc) const {
        if (command == nullptr || command->row->read == nullptr || !options_.enabled) return false;
        const int arity = command->row->arity;
        const auto count = static_cast<int>(argc);
        return client.io.requests_out == 0 && client.io.terms.plain &&
               (arity > 0 ? count == arity : count >= -arity);
    }
    void add(Client&, RegisteredCommand*, Slice raw, std::span<const Slice> args, uint64_t hash);
    bool full() const { return pending_.requests.size() >= kBatchMax; }
    bool empty() const { return pending_.requests.empty(); }

    // Answers what was added: the replies are in output(). What cannot be answered is appended to
    // `rest`, for the executor; its arguments stay where they are.
    void run(int64_t now_ms, Batch& rest);
    // Replies to be sent; the caller clears them.
    Batch& output() { return pending_; }

    uint64_t hits() const { return reader_.hits(); }
    uint64_t misses() const { return reader_.misses(); }
    uint64_t commands() const { return commands_; }
    // By RegisteredCommand::id; null: never used here.
    const CommandStats* stats_of(int command_id) const;
    // CONFIG RESETSTAT, by the executor: what was counted before is not shown any more.
    void reset_stats() { generation_.store(generation_ + 1, std::memory_order_relaxed); }

private:
    // Commands that can be read here are few; ids are dense but many.
    struct Row {
        std::atomic<int> id{-1};
        CommandStats stats;
    };
    static constexpr size_t kRowsMax = 16;

    const Db& db_of(const Request& request) const {
        return keyspace_.db(request.client->io.terms.db);
    }
    bool answer(const Request&, int64_t now_ms);
    void forward(Request&, Batch& rest);
    CommandStats& stats_for(int command_id);

    const Keyspace& keyspace_;
    const ReadGate& gate_;
    Clock& clock_;
    SharedReader reader_;
    ReadOptions options_;
    Batch pending_;
    uint64_t last_ticks_ = 0;
    Counter commands_;
    std::array<Row, kRowsMax> rows_;
    std::atomic<uint64_t> generation_{0};  // raised by the executor
    std::atomic<uint64_t> shown_{0};       // the generation that rows_ belong to
};

}  // namespace rota
