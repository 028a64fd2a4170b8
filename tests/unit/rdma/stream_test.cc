// SPDX-License-Identifier: BSD-3-Clause
#include "transports/rdma/stream.h"

#include <gtest/gtest.h>

#include <string>

namespace rota::rdma {
namespace {

std::string wire(const Control& message) {
    const ControlBytes bytes = encode(message);
    return {bytes.data(), bytes.size()};
}

Control memory(uint64_t address, uint32_t length, uint32_t key = 7) {
    return {.opcode = Opcode::register_memory, .memory = {address, length, key}};
}

Control feature(Opcode opcode, uint16_t select, uint64_t bits = 0) {
    return {.opcode = opcode, .select = select, .features = bits};
}

const char* hear(Stream& stream, const Control& message) {
    return stream.on_control(wire(message));
}

TEST(Protocol, WritesWhatTheDocumentShows) {
    EXPECT_EQ(wire(memory(0x00007fc3e5087000, 1 << 20, 0x484)),
              std::string("\0\3\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x7f\xc3\xe5\x08\x70\0"
                          "\0\x10\0\0\0\0\x04\x84",
                          32));
    EXPECT_EQ(wire({}), std::string("\0\2", 2) + std::string(30, '\0'));
    EXPECT_EQ(wire(feature(Opcode::get_server_feature, 5)),
              std::string("\0\0\0\5", 4) + std::string(28, '\0'));
}

TEST(Protocol, ReadsWhatItWrites) {
    for (const Control& message : {Control{}, memory(~uint64_t{0}, ~uint32_t{0}, ~uint32_t{0}),
                                   memory(0, 0, 0), feature(Opcode::get_server_feature, 0xffff),
                                   feature(Opcode::set_client_feature, 1, ~0ull)})
        EXPECT_EQ(decode(wire(message)), message);
}

TEST(Protocol, RefusesOtherLengthsAndOpcodes) {
    const std::string good = wire({});
    EXPECT_FALSE(decode(""));
    EXPECT_FALSE(decode(Slice(good).substr(1)));
    EXPECT_FALSE(decode(good + "x"));
    for (const uint16_t opcode : {4, 0x0300, 0xffff})
        EXPECT_FALSE(decode(wire({.opcode = Opcode{opcode}})));
}

TEST(Stream, NothingMayBeSentBeforeThePeerOffersABuffer) {
    Stream stream;
    EXPECT_EQ(stream.room(), 0u);
    EXPECT_EQ(hear(stream, memory(0x1000, 100)), nullptr);
    EXPECT_EQ(stream.room(), 100u);
    stream.wrote(30);
    EXPECT_EQ(stream.peer_address(), 0x1000u + 30);
    EXPECT_EQ(stream.room(), 70u);
}

TEST(Stream, TakesAnotherBufferOnlyWhenTheLastOneIsFull) {
    Stream stream;
    ASSERT_EQ(hear(stream, memory(0x1000, 100)), nullptr);
    stream.wrote(99);
    EXPECT_NE(hear(stream, memory(0x2000, 100)), nullptr);
    EXPECT_EQ(stream.room(), 1u);
    stream.wrote(1);
    EXPECT_EQ(hear(stream, memory(0x2000, 5, 9)), nullptr);
    EXPECT_EQ(stream.room(), 5u);
    EXPECT_EQ(stream.peer_key(), 9u);
    EXPECT_EQ(stream.peer_address(), 0x2000u);
}

TEST(Stream, RefusesBuffersThatCannotBe) {
    Stream stream;
    EXPECT_NE(hear(stream, memory(0x1000, 0)), nullptr);
    EXPECT_NE(hear(stream, memory(~uint64_t{0} - 10, 100)), nullptr);
    EXPECT_EQ(stream.room(), 0u);
    EXPECT_EQ(hear(stream, memory(0x1000, ~uint32_t{0})), nullptr) << "it costs nothing";
}

TEST(Stream, CountsWhatArrivesUpToTheEndOfTheBuffer) {
    Stream stream;
    EXPECT_NE(stream.on_bytes(1), nullptr) << "no buffer was offered";
    stream.offer({.address = 0x5000, .length = 10, .key = 1});
    EXPECT_EQ(stream.on_bytes(4), nullptr);
    EXPECT_EQ(stream.on_bytes(0), nullptr);
    EXPECT_NE(stream.on_bytes(7), nullptr);
    EXPECT_NE(stream.on_bytes(~uint32_t{0}), nullptr) << "the sum would wrap";
    EXPECT_EQ(stream.unread(), 4u);
    stream.did_read(4);
    EXPECT_FALSE(stream.used_up());
    EXPECT_EQ(stream.position(), 4u);
    EXPECT_EQ(stream.on_bytes(6), nullptr);
    stream.did_read(6);
    EXPECT_TRUE(stream.used_up());
    stream.offer({.address = 0x6000, .length = 20, .key = 2});
    EXPECT_FALSE(stream.used_up());
    EXPECT_EQ(stream.on_bytes(20), nullptr);
}

TEST(Stream, AServerAnswersEveryQuestionAboutFeatures) {
    Stream stream;
    EXPECT_EQ(hear(stream, feature(Opcode::get_server_feature, 5, ~0ull)), nullptr);
    EXPECT_EQ(hear(stream, feature(Opcode::get_server_feature, 6)), nullptr);
    EXPECT_EQ(stream.take_control(), feature(Opcode::get_server_feature, 5));
    EXPECT_EQ(stream.take_control(), feature(Opcode::get_server_feature, 6));
    EXPECT_EQ(stream.take_control(), std::nullopt);
}

TEST(Stream, APeerThatAsksWithoutReadingIsBad) {
    Stream stream;
    for (uint32_t i = 0; i < kAnswersDueMost; ++i)
        EXPECT_EQ(hear(stream, feature(Opcode::get_server_feature, 0)), nullptr);
    EXPECT_NE(hear(stream, feature(Opcode::get_server_feature, 0)), nullptr);
}

TEST(Stream, RefusesFeaturesThatWereNotOffered) {
    Stream stream;
    EXPECT_EQ(hear(stream, feature(Opcode::set_client_feature, 0, 0)), nullptr);
    EXPECT_NE(hear(stream, feature(Opcode::set_client_feature, 0, 1)), nullptr);
    Stream client(Stream::Role::client);
    EXPECT_NE(hear(client, feature(Opcode::get_server_feature, 0)), nullptr);
    EXPECT_EQ(hear(client, {}), nullptr) << "a keepalive";
}

TEST(Stream, ABufferGoesBeforeAnswersAndAnswersBeforeAKeepalive) {
    Stream stream;
    EXPECT_FALSE(stream.control_due());
    stream.want_keepalive();
    ASSERT_EQ(hear(stream, feature(Opcode::get_server_feature, 3)), nullptr);
    stream.offer({.address = 0x5000, .length = 10, .key = 1});
    EXPECT_EQ(stream.take_control(), memory(0x5000, 10, 1));
    EXPECT_EQ(stream.take_control(), feature(Opcode::get_server_feature, 3));
    EXPECT_EQ(stream.take_control(), Control{});
    EXPECT_FALSE(stream.control_due());
}

}  // namespace
}  // namespace rota::rdma
