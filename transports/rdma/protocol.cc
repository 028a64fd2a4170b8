// SPDX-License-Identifier: BSD-3-Clause
#include "transports/rdma/protocol.h"

namespace rota::rdma {
namespace {

constexpr size_t kSelectAt = 2, kAddressAt = 16, kFeaturesAt = 24, kLengthAt = 24, kKeyAt = 28;

template <class T>
void put(ControlBytes& bytes, size_t at, T value) {
    for (size_t i = sizeof(T); i-- > 0; value = static_cast<T>(uint64_t{value} >> 8))
        bytes[at + i] = static_cast<char>(value & 0xff);
}

template <class T>
T get(Slice bytes, size_t at) {
    uint64_t value = 0;
    for (size_t i = 0; i < sizeof(T); ++i) value = value << 8 | static_cast<uint8_t>(bytes[at + i]);
    return static_cast<T>(value);
}

}  // namespace

ControlBytes encode(const Control& message) {
    ControlBytes bytes{};
    put(bytes, 0, static_cast<uint16_t>(message.opcode));
    switch (message.opcode) {
        case Opcode::get_server_feature:
        case Opcode::set_client_feature:
            put(bytes, kSelectAt, message.select);
            put(bytes, kFeaturesAt, message.features);
            break;
        case Opcode::keepalive:
            break;
        case Opcode::register_memory:
            put(bytes, kAddressAt, message.memory.address);
            put(bytes, kLengthAt, message.memory.length);
            put(bytes, kKeyAt, message.memory.key);
            break;
    }
    return bytes;
}

std::optional<Control> decode(Slice bytes) {
    if (bytes.size() != kControlBytes) return std::nullopt;
    Control message;
    switch (const auto opcode = get<uint16_t>(bytes, 0); opcode) {
        case static_cast<uint16_t>(Opcode::get_server_feature):
        case static_cast<uint16_t>(Opcode::set_client_feature):
            message.opcode = Opcode{opcode};
            message.select = get<uint16_t>(bytes, kSelectAt);
            message.features = get<uint64_t>(bytes, kFeaturesAt);
            return message;
        case static_cast<uint16_t>(Opcode::keepalive):
            return message;
        case static_cast<uint16_t>(Opcode::register_memory):
            message.opcode = Opcode::register_memory;
            message.memory = {.address = get<uint64_t>(bytes, kAddressAt),
                              .length = get<uint32_t>(bytes, kLengthAt),
                              .key = get<uint32_t>(bytes, kKeyAt)};
            return message;
        default:
            return std::nullopt;
    }
}

}  // namespace rota::rdma
