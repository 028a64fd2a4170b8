// SPDX-License-Identifier: BSD-3-Clause
// What a peer may do to a Stream: control messages and announced byte counts of any kind, between
// steps of ours that the first byte of each record chooses. A Stream is never brought out of its
// bounds, and what it refuses changes nothing.
#include <algorithm>

#include "check.h"
#include "transports/rdma/stream.h"

using namespace rota;
using namespace rota::rdma;

namespace {

uint32_t number(Slice bytes) {
    uint32_t value = 0;
    for (const char byte : bytes) value = value << 8 | static_cast<uint8_t>(byte);
    return value;
}

void hear_control(Stream& stream, Slice bytes) {
    const fuzz::ExactCopy exact(bytes);
    const uint32_t room = stream.room(), unread = stream.unread();
    const uint64_t at = stream.peer_address();
    const char* wrong = stream.on_control(exact.view());
    ASSERT(stream.unread() == unread);
    if (wrong != nullptr) ASSERT(stream.room() == room && stream.peer_address() == at);
    const auto message = decode(exact.view());
    if (!message) ASSERT(wrong != nullptr);
    if (message) ASSERT(decode(Slice(encode(*message).data(), kControlBytes)) == message);
    ASSERT(stream.peer_address() + stream.room() >= stream.peer_address());
}

void hear_bytes(Stream& stream, uint32_t count) {
    const uint32_t unread = stream.unread();
    const char* wrong = stream.on_bytes(count);
    ASSERT(stream.unread() == (wrong != nullptr ? unread : unread + count));
}

void act(Stream& stream, uint8_t what) {
    if (what % 3 == 0) stream.wrote(stream.room() - stream.room() / 2);
    if (what % 3 == 1) stream.did_read(stream.unread() - stream.unread() / 3);
    if (what % 3 == 2) (void)stream.take_control();
    if (stream.used_up()) stream.offer({.address = 4096, .length = what + 1u, .key = what});
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    Slice rest(reinterpret_cast<const char*>(data), size);
    if (rest.empty()) return 0;
    Stream stream((rest[0] & 1) != 0 ? Stream::Role::client : Stream::Role::server);
    stream.offer({.address = 4096, .length = 64, .key = 1});
    rest.remove_prefix(1);
    while (!rest.empty()) {
        const auto what = static_cast<uint8_t>(rest[0]);
        rest.remove_prefix(1);
        if (what < 100) {
            const size_t length = what < 90 ? kControlBytes : what - 90u;
            hear_control(stream, rest.substr(0, length));
            rest.remove_prefix(std::min(length, rest.size()));
        } else if (what < 150) {
            hear_bytes(stream, number(rest.substr(0, 4)));
            rest.remove_prefix(std::min<size_t>(4, rest.size()));
        } else {
            act(stream, what);
        }
    }
    return 0;
}
