// SPDX-License-Identifier: BSD-3-Clause
#include "persist/crc64.h"

#include <array>
#include <bit>
#include <cstring>

namespace rota {
namespace {

static_assert(std::endian::native == std::endian::little, "words are taken as they lie in memory");

constexpr uint64_t kPolynomial = 0x95ac9329ac4bc9b5;  // 0xad93d23594c935a9 with its bits reversed

// Of table k: what a byte does to the sum when k more bytes of zero follow.
using Tables = std::array<std::array<uint64_t, 256>, 8>;

constexpr Tables make_tables() {
    Tables tables{};
    for (uint64_t byte = 0; byte < 256; ++byte) {
        uint64_t sum = byte;
        for (int bit = 0; bit < 8; ++bit) sum = sum >> 1 ^ (sum & 1 ? kPolynomial : 0);
        tables[0][byte] = sum;
    }
    for (size_t byte = 0; byte < 256; ++byte)
        for (size_t k = 1; k < 8; ++k) {
            const uint64_t sum = tables[k - 1][byte];
            tables[k][byte] = tables[0][sum & 0xff] ^ sum >> 8;
        }
    return tables;
}

constexpr Tables kTables = make_tables();

}  // namespace

uint64_t crc64(Slice bytes, uint64_t sum) {
    const char* at = bytes.data();
    size_t left = bytes.size();
    for (; left >= 8; at += 8, left -= 8) {
        uint64_t word;
        std::memcpy(&word, at, sizeof word);
        sum ^= word;
        uint64_t next = 0;
        for (size_t i = 0; i < 8; ++i) next ^= kTables[7 - i][sum >> 8 * i & 0xff];
        sum = next;
    }
    for (; left > 0; ++at, --left)
        sum = kTables[0][(sum ^ static_cast<unsigned char>(*at)) & 0xff] ^ sum >> 8;
    return sum;
}

}  // namespace rota
