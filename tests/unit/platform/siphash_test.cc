// SPDX-License-Identifier: BSD-3-Clause
#include "platform/siphash.h"

#include <gtest/gtest.h>

#include <string>

namespace rota {
namespace {

constexpr SipKey kPaperKey = {0x0706050403020100, 0x0f0e0d0c0b0a0908};

std::string counting(size_t size) {
    std::string bytes;
    for (size_t at = 0; at < size; ++at) bytes += static_cast<char>(at);
    return bytes;
}

// Inputs 00, 00 01, 00 01 02 ... under the key 00..0f, as published with the algorithm.
TEST(SipHash, MatchesThePublishedVectorsOf24) {
    EXPECT_EQ((siphash<2, 4>(kPaperKey, counting(0))), 0x726fdb47dd0e0e31u);
    EXPECT_EQ((siphash<2, 4>(kPaperKey, counting(1))), 0x74f839c593dc67fdu);
    EXPECT_EQ((siphash<2, 4>(kPaperKey, counting(7))), 0xab0200f58b01d137u);
    EXPECT_EQ((siphash<2, 4>(kPaperKey, counting(8))), 0x93f5f5799a932462u);
    EXPECT_EQ((siphash<2, 4>(kPaperKey, counting(15))),
              0xa129ca6149be45e5u);  // of the paper itself
    EXPECT_EQ((siphash<2, 4>(kPaperKey, counting(63))), 0x958a324ceb064572u);
}

TEST(SipHash, LoadsEveryTailLengthRight) {
    for (size_t size = 0; size < 40; ++size) {
        const std::string bytes = counting(size);
        uint64_t wanted = 0;
        for (size_t at = size / 8 * 8; at < size; ++at) {
            wanted |= static_cast<uint64_t>(bytes[at]) << (8 * (at % 8));
        }
        const std::string exact(bytes);  // no byte behind it may be read: ASan would tell
        EXPECT_EQ(siphash_internal::load_tail(exact.data(), size), wanted) << size;
    }
}

TEST(SipHash, DependsOnKeyLengthAndEveryByte) {
    EXPECT_NE(hash_bytes(kPaperKey, "abc"), hash_bytes({1, 2}, "abc"));
    EXPECT_NE(hash_bytes(kPaperKey, Slice("a\0", 2)), hash_bytes(kPaperKey, "a"));
    std::string text = counting(20);
    const uint64_t before = hash_bytes(kPaperKey, text);
    for (char& byte : text) {
        byte ^= 1;
        EXPECT_NE(hash_bytes(kPaperKey, text), before);
        byte ^= 1;
    }
}

}  // namespace
}  // namespace rota
