// SPDX-License-Identifier: BSD-3-Clause
// The control messages of Valkey Over RDMA (Valkey's document "RDMA"): 32 bytes each, integers
// big-endian, sent by IBV_WR_SEND. The bytes of the stream itself are written into the peer's
// buffer by IBV_WR_RDMA_WRITE_WITH_IMM; the immediate says how many. Pure functions, any thread.
//
//     offset   feature (0, 1)      keepalive (2)   register memory (3)
//     0        u16 opcode          u16 opcode      u16 opcode
//     2        u16 select          zeros           zeros
//     16                                           u64 address of the sender's receive buffer
//     24       u64 features                        u32 its length, u32 its remote key
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "platform/slice.h"

namespace rota::rdma {

inline constexpr size_t kControlBytes = 32;

enum class Opcode : uint16_t {
    get_server_feature = 0,  // by the client; the server answers with the same opcode
    set_client_feature = 1,  // by the client; no answer
    keepalive = 2,           // by either; no answer
    register_memory = 3,     // by either: here is my (next) receive buffer, write from its start
};

struct PeerMemory {
    uint64_t address = 0;
    uint32_t length = 0;
    uint32_t key = 0;

    friend bool operator==(const PeerMemory&, const PeerMemory&) = default;
};

// Only the fields of its opcode mean anything.
struct Control {
    Opcode opcode = Opcode::keepalive;
    uint16_t select = 0;
    uint64_t features = 0;
    PeerMemory memory;

    friend bool operator==(const Control&, const Control&) = default;
};

using ControlBytes = std::array<char, kControlBytes>;

ControlBytes encode(const Control& message);
// Nothing for another length or an unknown opcode. Reserved bytes are not looked at.
std::optional<Control> decode(Slice bytes);

}  // namespace rota::rdma
