// SPDX-License-Identifier: BSD-3-Clause
#include "server/request_reader.h"

#include <utility>

#include "store/db.h"

namespace rota {
namespace {

// Before AUTH a client may cost this much and no more.
constexpr size_t kQueryMaxBeforeAuth = 1 << 20;

}  // namespace

RequestReader::RequestReader(const CommandTable& commands, const Keyspace& keyspace, Host& host,
                             IoCounters& counters, Batch& first, LocalReads* reads)
    : commands_(commands),
      keyspace_(keyspace),
      host_(host),
      counters_(counters),
      reads_(reads),
      batch_(&first) {}

void RequestReader::apply(const IoOptions& options) {
    options_ = options.client;
    if (reads_ != nullptr) reads_->apply(options.reads);
}

void RequestReader::receive(Client& client, Slice data) {
    ClientIo& io = client.io;
    io.net_in += data.size();
    io.last_interaction_ms = static_cast<uint64_t>(now_ms_);
    if (io.input_over) return;
    if (!io.query.empty() || io.held_up) {
        io.query.append(data);
        if (!over_query_limit(client) && !io.held_up) parse_query(client);
        return counters_.show_sizes(io);
    }
    const size_t used = gather(client, data, parser_);
    if (io.input_over) return parser_.reset();
    if (used == data.size()) [[likely]]
        return;
    io.query.append(data.substr(used));
    if (parser_.in_request()) {
        io.partial = std::make_unique<RequestParser>(std::move(parser_));
        parser_ = RequestParser();
    }
    over_query_limit(client);
    counters_.show_sizes(io);
}

bool RequestReader::over_query_limit(Client& client) {
    const size_t limit = client.io.terms.authenticated
                             ? static_cast<size_t>(options_.client_query_buffer_limit)
                             : kQueryMaxBeforeAuth;
    if (client.io.query.size() <= limit) return false;
    counters_.show_sizes(client.io);
    client.io.fault = ClientFault::query_limit;
    host_.gave_up(client);
    return true;
}

void RequestReader::parse_query(Client& client) {
    ClientIo& io = client.io;
    // Requests of the batch will point into these bytes, so they leave the client until it is back.
    Buffer bytes;
    bytes.swap(io.query);
    RequestParser parser;
    if (io.partial) {
        parser = std::move(*io.partial);
        io.partial.reset();
    }
    io.held_up = false;
    host_.resumed(client);
    const size_t used = gather(client, bytes.view(), parser);
    const bool over = io.input_over;
    if (!over && parser.in_request())
        io.partial = std::make_unique<RequestParser>(std::move(parser));
    if (!over && used == 0) {
        bytes.swap(io.query);  // a long request still on its way: nothing is copied
    } else {
        if (!over) io.query.append(bytes.view().substr(used));
        batch_->borrowed.push_back(std::move(bytes));
    }
    counters_.show_sizes(io);
}

// Who waits for AUTH to be answered, or for the executor, waits with the bytes in his own socket.
void RequestReader::hold(Client& client) {
    client.io.held_up = true;
    host_.held(client);
}

// Adds the whole requests at the front of `bytes` to the batch; returns how many bytes they took.
size_t RequestReader::gather(Client& client, Slice bytes, RequestParser& parser) {
    ClientIo& io = client.io;
    size_t used = 0;
    while (used < bytes.size() && !io.input_over) {
        if (must_hold(client)) {
            hold(client);
            break;
        }
        const RequestLimits limits =
            io.terms.authenticated ? RequestLimits{.bulk_len_max = options_.proto_max_bulk_len}
                                   : RequestLimits::before_auth();
        const ParseStatus status = parser.parse(bytes.substr(used), limits);
        if (status == ParseStatus::need_more) break;
        if (status == ParseStatus::invalid) {
            add_protocol_error(client, parser.error());
            parser.reset();
            return bytes.size();
        }
        const Slice raw = bytes.substr(used, parser.consumed());
        used += parser.consumed();
        if (!parser.args().empty()) add_request(client, raw, parser.args());
    }
    return used;
}

// The unquoted arguments of an inline request live in the parser until it parses the next one.
std::span<const Slice> RequestReader::keep(std::span<const Slice> args) {
    size_t bytes = 0;
    for (const Slice arg : args) bytes += arg.size();
    Buffer copy;
    copy.extend(bytes);
    kept_args_.clear();
    for (const Slice arg : args) {
        copy.append(arg);
        kept_args_.push_back(copy.view().substr(copy.size() - arg.size()));
    }
    batch_->borrowed.push_back(std::move(copy));
    return kept_args_;
}

void RequestReader::add_request(Client& client, Slice raw, std::span<const Slice> args) {
    if (raw.front() != '*') args = keep(args);
    RegisteredCommand* command = commands_.resolve(args);
    uint64_t hash = 0;
    if (command != nullptr && command->first_key != 0 && command->first_key < args.size())
        hash = keyspace_.key(args[command->first_key]).hash;
    if (reads_ != nullptr && reads_->wants(client, command, args.size())) {
        reads_->add(client, command, raw, args, hash);
        if (reads_->full()) run_reads();
        return;
    }
    if (client.io.reading) run_reads();  // they come first
    batch_->requests.push_back({.client = &client,
                                .command = command,
                                .raw = raw,
                                .first_arg = static_cast<uint32_t>(batch_->args.size()),
                                .arg_count = static_cast<uint32_t>(args.size()),
                                .key_hash = hash});
    if (reads_ != nullptr && command != nullptr && command->row->prepares_string &&
        args.size() == 3)
        batch_->requests.back().prepared = prepared_string(args[1], args[2]);
    batch_->args.insert(batch_->args.end(), args.begin(), args.end());
    ++client.io.requests_out;
    client.io.asks_auth =
        !client.io.terms.authenticated && command != nullptr && command->is(kNoAuth);
    if (batch_->requests.size() >= kBatchMax || client.io.asks_auth) submit();
}

void RequestReader::add_protocol_error(Client& client, Slice text) {
    if (client.io.reading) run_reads();
    const auto args = keep({&text, 1});
    batch_->requests.push_back({.client = &client,
                                .command = nullptr,
                                .raw = {},
                                .first_arg = static_cast<uint32_t>(batch_->args.size()),
                                .arg_count = 1,
                                .key_hash = 0,
                                .kind = Request::Kind::protocol_error});
    batch_->args.push_back(args[0]);
    ++client.io.requests_out;
    client.io.input_over = true;
    client.io.partial.reset();
}

void RequestReader::submit() {
    run_reads();  // what cannot be answered here goes along: its bytes may lie in this batch
    batch_ = &host_.take(*batch_);
}

}  // namespace rota
