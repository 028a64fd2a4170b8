// SPDX-License-Identifier: BSD-3-Clause
// Stream: what one connection knows of the protocol: how much room the peer's receive buffer has,
// how much has arrived in ours, which control messages are due. It touches no memory of either
// buffer and no verbs, so it is tested without them.
//
// Flow control: a writer fills the peer's buffer to its last byte and then waits until the peer,
// having read all of it, registers a buffer again. Nothing wraps.
//
// Every word of the peer is checked here. on_control() and on_bytes() say what is wrong with it,
// null if nothing; the connection is then to be ended, and nothing has changed.
#pragma once

#include <cstdint>
#include <optional>

#include "transports/rdma/protocol.h"

namespace rota::rdma {

inline constexpr uint64_t kFeatures = 0;        // none is defined
inline constexpr uint32_t kAnswersDueMost = 8;  // a peer that asks on without reading is bad

class Stream {
public:
    enum class Role : uint8_t { server, client };

    Stream() = default;  // a server's
    explicit Stream(Role role) : role_(role) {}

    // ---- What the peer says.
    const char* on_control(Slice bytes);
    const char* on_bytes(uint32_t count);

    // ---- Sending: into the peer's buffer.
    uint32_t room() const { return theirs_.length - written_; }
    uint32_t peer_key() const { return theirs_.key; }
    // Where the next bytes go.
    uint64_t peer_address() const { return theirs_.address + written_; }
    void wrote(uint32_t count);

    // ---- Receiving: out of our buffer.
    // A buffer that the peer may fill from its start; it will be registered with the peer.
    void offer(const PeerMemory& ours);
    uint32_t unread() const { return arrived_ - read_; }  // bytes from position() on
    uint32_t position() const { return read_; }
    void did_read(uint32_t count);
    // The buffer is full and read: the peer waits for the next offer().
    bool used_up() const { return ours_.length != 0 && read_ == ours_.length; }

    // ---- Control messages that are due, the most urgent first; taking one makes it done.
    void want_keepalive() { keepalive_due_ = true; }
    bool control_due() const { return offer_due_ || answers_due_ != 0 || keepalive_due_; }
    std::optional<Control> take_control();

private:
    const char* on_feature(const Control& message);
    const char* on_memory(const PeerMemory& memory);

    Role role_ = Role::server;
    bool offer_due_ = false;
    bool keepalive_due_ = false;
    uint8_t answers_due_ = 0;
    uint16_t selects_[kAnswersDueMost] = {};
    PeerMemory theirs_, ours_;
    uint32_t written_ = 0;             // of theirs
    uint32_t arrived_ = 0, read_ = 0;  // of ours
};

}  // namespace rota::rdma
