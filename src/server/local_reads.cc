// SPDX-License-Identifier: BSD-3-Clause
#include "server/local_reads.h"

#include "platform/clock.h"

namespace rota {

LocalReads::LocalReads(Keyspace& keyspace, const ReadGate& gate, Clock& clock)
    : keyspace_(keyspace), gate_(gate), clock_(clock), reader_(keyspace) {}

void LocalReads::add(Client& client, RegisteredCommand* command, Slice raw,
                     std::span<const Slice> args, uint64_t hash) {
    pending_.requests.push_back({.client = &client,
                                 .command = command,
                                 .raw = raw,
                                 .first_arg = static_cast<uint32_t>(pending_.args.size()),
                                 .arg_count = static_cast<uint32_t>(args.size()),
                                 .key_hash = hash});
    pending_.args.insert(pending_.args.end(), args.begin(), args.end());
    client.io.reading = true;
}

void LocalReads::run(int64_t now_ms, Batch& rest) {
    if (pending_.requests.size() > 1) {
        for (const Request& request : pending_.requests)
            db_of(request).prefetch_bucket_shared(request.key_hash);
        for (const Request& request : pending_.requests)
            db_of(request).prefetch_entry_shared(request.key_hash);
    }
    const uint64_t generation = generation_.load(std::memory_order_relaxed);
    if (shown_.load(std::memory_order_relaxed) != generation) {
        for (Row& row : rows_) row.stats.clear();
        shown_.store(generation,
                     std::memory_order_release);  // pairs with the acquire in stats_of()
    }
    last_ticks_ = clock_.ticks();
    for (Request& request : pending_.requests) {
        Client& client = *request.client;
        client.io.reading = false;
        // One that was forwarded before it must be answered first.
        if (client.io.requests_out > 0 || !answer(request, now_ms)) forward(request, rest);
    }
    pending_.clear_requests();
}

bool LocalReads::answer(const Request& request, int64_t now_ms) {
    const uint64_t sequence = gate_.sequence();
    Client& client = *request.client;
    const ClientTerms& terms = client.io.terms;
    if (!ReadGate::is_open(sequence) || terms.rules != gate_.rules()) return false;
    const size_t begin = pending_.out.size();
    Reply reply(pending_.out, static_cast<int>(terms.resp));
    ReadCtx ctx{.reader = reader_,
                .keyspace = keyspace_,
                .args = pending_.args_of(request),
                .first_key_hash = request.key_hash,
                .db = terms.db,
                .no_touch = terms.no_touch,
                .now_ms = now_ms,
                .value_max = options_.value_max,
                .reply = reply};
    if (!request.command->row->read(ctx) || !gate_.unchanged(sequence)) {
        pending_.out.truncate(begin);
        return false;
    }
    auto& outgoing = pending_.outgoing;
    if (!outgoing.empty() && outgoing.back().client == &client)
        outgoing.back().end = pending_.out.size();
    else
        outgoing.push_back({&client, begin, pending_.out.size(), terms});
    ++client.io.commands;
    ++commands_;
    const uint64_t ticks = clock_.ticks();
    stats_for(request.command->id)
        .add_call(static_cast<uint64_t>(clock_.ticks_to_ns(ticks - last_ticks_)), false,
                  options_.track_latency);
    last_ticks_ = ticks;
    return true;
}

void LocalReads::forward(Request& request, Batch& rest) {
    const auto args = pending_.args_of(request);
    request.first_arg = static_cast<uint32_t>(rest.args.size());
    rest.args.insert(rest.args.end(), args.begin(), args.end());
    rest.requests.push_back(request);
    ++request.client->io.requests_out;
}

CommandStats& LocalReads::stats_for(int command_id) {
    for (Row& row : rows_) {
        const int id = row.id.load(std::memory_order_relaxed);
        if (id == command_id) return row.stats;
        if (id >= 0) continue;
        row.stats.prepare();
        row.id.store(command_id,
                     std::memory_order_release);  // pairs with the acquire in stats_of()
        return row.stats;
    }
    UNREACHABLE();
}

const CommandStats* LocalReads::stats_of(int command_id) const {
    // Acquire pairs with the release in run(): the rows have been cleared.
    if (shown_.load(std::memory_order_acquire) != generation_.load(std::memory_order_relaxed))
        return nullptr;
    for (const Row& row : rows_) {
        // Acquire pairs with the release in stats_for(): the histogram has its memory.
        if (row.id.load(std::memory_order_acquire) == command_id) return &row.stats;
    }
    return nullptr;
}

}  // namespace rota
