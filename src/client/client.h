// SPDX-License-Identifier: BSD-3-Clause
// Client: what one connection is and remembers, in two halves on separate cache lines.
//
// The IO half belongs to the thread that polls the connection: bytes not yet parsed and bytes not
// yet sent. The executor half belongs to the executor: database, protocol, name, limits. Neither
// side writes the other's. With one thread both halves are the executor's.
//
// A client is never freed while a request of it is in a batch or a send is in flight: it is marked
// (closing) and leaves when the transport has said Event::closed. Nobody keeps a Client* across a
// call that can run commands; look it up by id in the ClientRegistry.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "platform/buffer.h"
#include "platform/slice.h"
#include "proto/request_parser.h"
#include "transports/transport.h"

namespace rota {

enum class ClientType : uint8_t { normal, replica, pubsub, primary };
enum class ReplyMode : uint8_t { on, off, skip_next, skip };  // CLIENT REPLY

// The first line is all that an ordinary request touches.
struct alignas(kCacheLine) ClientIo {
    ConnId conn{};
    Buffer query;                            // received, not yet a whole request
    std::unique_ptr<RequestParser> partial;  // its parser; null between requests
    bool send_pending = false;               // in_flight is with the transport
    bool receive_paused = false;
    bool eof = false;

    Transport* transport = nullptr;
    Buffer in_flight;  // handed to the transport, not yet sent
    Buffer queued;     // behind in_flight: at most one send is in flight
};
static_assert(offsetof(ClientIo, transport) <= kCacheLine);

struct ClientLimitsState {
    int64_t soft_limit_since_ms = -1;  // when the soft output limit was first exceeded
};

struct alignas(kCacheLine) Client {
    explicit Client(uint64_t client_id) : id(client_id) {}
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    // Executor half.
    const uint64_t id;
    int db = 0;
    uint8_t resp = 2;
    ClientType type = ClientType::normal;
    ReplyMode reply_mode = ReplyMode::on;
    bool authenticated = false;
    bool closing = false;            // no command of it runs any more
    bool close_after_reply = false;  // what is written still leaves, then it closes
    bool monitor = false;
    bool no_evict = false;
    bool no_touch = false;
    bool postponed = false;  // waits for CLIENT UNPAUSE; its bytes are in io.query
    bool internal = false;   // a client of ours without a connection
    bool closed = false;     // the transport has said closed: the connection is no more
    bool in_multi = false;
    bool import_source = false;
    bool capa_redirect = false;
    bool dirty = false;      // in the executor's list of clients with something to send
    bool in_outbox = false;  // a reply of this turn has yet to leave

    int64_t created_ms = 0;  // wall clock
    int64_t last_interaction_ms = 0;
    uint64_t net_in = 0, net_out = 0, commands = 0;
    const char* last_command = nullptr;  // full name, owned by the command table
    ClientLimitsState limits;
    ListenerId listener{};

    std::string user = "default";
    std::string name, lib_name, lib_ver;
    std::string peer, local;  // "127.0.0.1:5000"

    ClientIo io;

    // Membership in the registry's list, in order of creation.
    Client* next = nullptr;
    Client* prev = nullptr;

    size_t output_size() const { return io.in_flight.size() + io.queued.size(); }
    size_t memory() const;  // bytes held for this client (tot-mem)
};

// The line that CLIENT LIST and CLIENT INFO print, without a newline.
std::string describe(const Client&, int64_t now_ms);
// The letters of the flags field ("N" when none).
std::string flag_letters(const Client&);

}  // namespace rota
