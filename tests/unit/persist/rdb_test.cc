// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include <limits>
#include <random>

#include "persist/crc64.h"
#include "persist/dump_payload.h"
#include "persist/lzf.h"
#include "persist/rdb_writer.h"
#include "platform/text.h"
#include "types/list.h"

namespace rota {
namespace {

TEST(Crc64, IsThePublishedOne) {
    EXPECT_EQ(crc64("123456789"), 0xe9c6d914c4b8d9cau);
    const std::string text(1000, 'x');
    for (size_t cut = 0; cut < 40; ++cut)
        EXPECT_EQ(crc64(text.substr(cut), crc64(text.substr(0, cut))), crc64(text));
}

TEST(Lzf, GivesBackWhatItTook) {
    const std::string text = std::string(500, 'a') + "bcdefghij" + std::string(90, 'a');
    const auto packed = lzf_compress(text);
    ASSERT_TRUE(packed);
    EXPECT_LT(packed->size(), text.size() / 4);
    EXPECT_EQ(lzf_expand(*packed, text.size()), text);
    EXPECT_EQ(lzf_expand(*packed, text.size() - 1), std::nullopt);
    EXPECT_EQ(lzf_expand(*packed, text.size() + 1), std::nullopt);
    EXPECT_EQ(lzf_expand("abc", 1 << 30), std::nullopt);
    EXPECT_EQ(lzf_compress("abcdefghijklmnopqrstuvwxyz"), std::nullopt);
}

TEST(Rdb, LengthsOfEverySizeComeBack) {
    StringSink sink;
    RdbWriter writer(sink, true);
    std::vector<uint64_t> lengths = {
        0, 63, 64, 16383, 16384, UINT32_MAX, uint64_t{UINT32_MAX} + 1, UINT64_MAX};
    for (const uint64_t length : lengths) writer.length(length);
    EXPECT_EQ(sink.bytes().size(), 1u + 1 + 2 + 2 + 5 + 5 + 9 + 9);
    RdbReader reader(sink.bytes());
    for (const uint64_t length : lengths) EXPECT_EQ(reader.length(), length);
    EXPECT_TRUE(reader.at_end());
    EXPECT_FALSE(reader.failed());
    reader.byte();
    EXPECT_TRUE(reader.failed());
}

TEST(Rdb, StringsComeBackWhateverTheirForm) {
    for (const bool compress : {false, true}) {
        StringSink sink;
        RdbWriter writer(sink, compress);
        const std::vector<std::string> texts = {"",
                                                "0",
                                                "-128",
                                                "128",
                                                "-32769",
                                                "2147483647",
                                                "2147483648",
                                                "-2147483649",
                                                "007",
                                                "x",
                                                std::string(70, 'r'),
                                                std::string(70000, 's'),
                                                "9223372036854775807"};
        for (const std::string& text : texts) writer.string(text);
        writer.integer_string(std::numeric_limits<int64_t>::min());
        RdbReader reader(sink.bytes());
        for (const std::string& text : texts) EXPECT_EQ(reader.string(), text);
        EXPECT_EQ(reader.string(), "-9223372036854775808");
        EXPECT_TRUE(reader.at_end());
        EXPECT_EQ(sink.bytes().size() < 1000, compress);
    }
}

// ---- Values ----

class Payloads : public testing::Test {
protected:
    // Owns the entry that it makes of a value.
    struct Owned {
        Entry* entry;
        ~Owned() { Entry::destroy(entry); }
    };
    template <class Value>
    static std::string dump(Type type, Value value) {
        const Encoding encoding = value.encoding();
        const Owned owned{Entry::make_object("key", type, encoding, value.release(), -1)};
        return dump_payload(*owned.entry, true);
    }
    std::optional<LoadedValue> load(Slice payload) {
        const auto bytes = checked_payload(payload);
        if (!bytes) return std::nullopt;
        RdbReader reader(*bytes);
        return payload_value(reader, limits_);
    }
    std::string again(Slice payload) {
        auto value = load(payload);
        EXPECT_TRUE(value);
        if (!value) return {};
        const Owned owned{make_entry("other", std::move(*value), -1)};
        return dump_payload(*owned.entry, true);
    }

    LoadLimits limits_;
};

Stream some_stream() {
    Stream stream = Stream::make();
    const std::vector<Slice> pairs = {"f", "1", "g", "v"}, others = {"h", "2"};
    for (uint64_t i = 1; i < 300; ++i)
        stream.add({i, i % 3}, i % 5 ? pairs : others, {.node_entries = 20});
    stream.remove({7, 1});
    stream.counters().max_deleted_id = {7, 1};
    ConsumerGroup& group = *stream.add_group("g", ConsumerGroup({}, 0));
    Consumer& a = *group.add_consumer("a", 5);
    group.add_consumer("b", 6)->active_ms = 9;
    for (uint64_t i = 1; i < 40; i += 2) group.assign({i, i % 3}, a) = {&a, 77, i};
    return stream;
}

TEST_F(Payloads, AValueIsTheSameAfterItsJourney) {
    List list = List::make();
    for (int i = 0; i < 3000; ++i) {
        const std::string element = "element " + std::to_string(i);
        list.expect(element.size(), 1, -2);
        list.push(List::End::tail, element);
    }
    Hash hash = Hash::make();
    hash.set("a", "1", Hash::kNever, 0, {});
    Hash expiring = Hash::make();
    expiring.set("a", std::string(100, 'v'), 12345, 0, {});
    Set ints = Set::make("1", 1, {}), words = Set::make("x", 1, {}), table = Set::make_table({});
    for (Set* set : {&ints, &table}) set->add("5", {});
    words.add("x", {});
    const std::string payloads[] = {
        dump(Type::list, std::move(list)), dump(Type::hash, std::move(hash)),
        dump(Type::set, std::move(ints)),  dump(Type::set, std::move(words)),
        dump(Type::stream, some_stream()), dump(Type::hash, std::move(expiring))};
    for (const std::string& payload : payloads) EXPECT_EQ(again(payload), payload);
    const auto set = load(dump(Type::set, std::move(table)));
    ASSERT_TRUE(set);
    EXPECT_EQ(set->encoding(), Encoding::intset);  // as if commands had built it
}

TEST_F(Payloads, ACutOrChangedPayloadIsNoValue) {
    const std::string payload = dump(Type::stream, some_stream());
    const Slice bytes = *checked_payload(payload);
    for (size_t size = 0; size < bytes.size(); ++size) {
        RdbReader reader(bytes.substr(0, size));
        EXPECT_FALSE(payload_value(reader, limits_)) << size;
    }
    std::mt19937 random(1);
    for (int i = 0; i < 300; ++i) {
        std::string changed = payload;
        changed[random() % changed.size()] ^= static_cast<char>(1 << random() % 8);
        EXPECT_FALSE(checked_payload(changed));
        // Behind the checksum, what is still accepted must be whole: the sanitizers watch.
        RdbReader reader(Slice(changed).substr(0, bytes.size()));
        if (auto value = payload_value(reader, limits_)) {
            const Owned owned{make_entry("key", std::move(*value), -1)};
            dump_payload(*owned.entry, false);
        }
    }
}

TEST_F(Payloads, LimitsChooseTheForm) {
    Hash hash = Hash::make();
    for (int i = 0; i < 10; ++i) hash.set(std::to_string(i), "v", Hash::kNever, 0, {});
    const std::string payload = dump(Type::hash, std::move(hash));
    EXPECT_EQ(load(payload)->encoding(), Encoding::listpack);
    limits_.hash.listpack_entries = 9;
    EXPECT_EQ(load(payload)->encoding(), Encoding::hashtable);
}

TEST_F(Payloads, NothingIsBelievedThatTheBytesCannotHold) {
    for (const std::string& bytes :
         {std::string("\x04\x81\xff\xff\xff\xff\xff\xff\xff\xff"),
          std::string("\x02\x81\x00\xff\xff\xff\xff\xff\xff\xff", 10),
          std::string("\x00\xc3\x03\x80\xff\xff\xff\xff\x61\x62\x63"), std::string("\x12\x01\x03x"),
          std::string("\x04\x02\x01\x61\x01\x62\x01\x61\x01\x63"),  // a field twice
          std::string("\x02\x00", 2), std::string("\x63\x01x")}) {
        RdbReader reader(bytes);
        EXPECT_FALSE(payload_value(reader, limits_)) << escape_repr(bytes);
    }
}

}  // namespace
}  // namespace rota
