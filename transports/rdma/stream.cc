// SPDX-License-Identifier: BSD-3-Clause
#include "transports/rdma/stream.h"

#include <algorithm>

#include "platform/assert.h"

namespace rota::rdma {

const char* Stream::on_control(Slice bytes) {
    const std::optional<Control> message = decode(bytes);
    if (!message)
        return bytes.size() == kControlBytes ? "a control message with an unknown opcode"
                                             : "a control message that is not 32 bytes long";
    switch (message->opcode) {
        case Opcode::get_server_feature:
        case Opcode::set_client_feature:
            return on_feature(*message);
        case Opcode::keepalive:
            return nullptr;
        case Opcode::register_memory:
            return on_memory(message->memory);
    }
    return nullptr;
}

const char* Stream::on_feature(const Control& message) {
    if (role_ == Role::client) return "an answer about features that nobody asked for";
    if (message.opcode == Opcode::set_client_feature)
        return (message.features & ~kFeatures) != 0 ? "a feature that was not offered" : nullptr;
    if (answers_due_ == kAnswersDueMost) return "more questions than answers can be sent";
    selects_[answers_due_++] = message.select;
    return nullptr;
}

const char* Stream::on_memory(const PeerMemory& memory) {
    if (room() != 0) return "a new receive buffer while the last one has room";
    if (memory.length == 0) return "a receive buffer without a length";
    if (memory.address + memory.length < memory.address)
        return "a receive buffer beyond the address space";
    theirs_ = memory;
    written_ = 0;
    return nullptr;
}

const char* Stream::on_bytes(uint32_t count) {
    if (count > ours_.length - arrived_) return "more bytes than the receive buffer has room for";
    arrived_ += count;
    return nullptr;
}

void Stream::wrote(uint32_t count) {
    ASSERT(count <= room());
    written_ += count;
}

void Stream::offer(const PeerMemory& ours) {
    ASSERT(read_ == ours_.length);
    ours_ = ours;
    arrived_ = read_ = 0;
    offer_due_ = true;
}

void Stream::did_read(uint32_t count) {
    ASSERT(count <= unread());
    read_ += count;
}

std::optional<Control> Stream::take_control() {
    if (offer_due_) {
        offer_due_ = false;
        return Control{.opcode = Opcode::register_memory, .memory = ours_};
    }
    if (answers_due_ != 0) {
        const Control answer{
            .opcode = Opcode::get_server_feature, .select = selects_[0], .features = kFeatures};
        std::copy(selects_ + 1, selects_ + answers_due_, selects_);
        --answers_due_;
        return answer;
    }
    if (!keepalive_due_) return std::nullopt;
    keepalive_due_ = false;
    return Control{};
}

}  // namespace rota::rdma
