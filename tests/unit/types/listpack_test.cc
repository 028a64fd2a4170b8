// SPDX-License-Identifier: BSD-3-Clause
#include "types/listpack.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <random>
#include <string>
#include <vector>

namespace rota {
namespace {

using Texts = std::vector<std::string>;

std::string text_at(const Listpack& pack, Listpack::Pos at) {
    char scratch[kIntegerTextMax];
    return std::string(pack.get(at).text(scratch));
}

Texts forward(const Listpack& pack) {
    Texts texts;
    for (auto at = pack.first(); at != Listpack::kNone; at = pack.next(at))
        texts.push_back(text_at(pack, at));
    return texts;
}

Texts backward(const Listpack& pack) {
    Texts texts;
    for (auto at = pack.last(); at != Listpack::kNone; at = pack.previous(at))
        texts.push_back(text_at(pack, at));
    return texts;
}

void expect_holds(const Listpack& pack, const Texts& wanted) {
    ASSERT_EQ(forward(pack), wanted);
    ASSERT_EQ(backward(pack), Texts(wanted.rbegin(), wanted.rend()));
    ASSERT_EQ(pack.count(), wanted.size());
    ASSERT_TRUE(Listpack::is_valid(pack.bytes()));
}

Listpack made_of(const Texts& texts) {
    Listpack pack;
    for (const std::string& text : texts) pack.append(text);
    return pack;
}

std::string bytes(std::initializer_list<int> values) {
    std::string text;
    for (const int value : values) text += static_cast<char>(value);
    return text;
}

TEST(Listpack, EmptyIsSevenBytes) {
    const Listpack pack;
    EXPECT_EQ(pack.bytes(), bytes({7, 0, 0, 0, 0, 0, 0xff}));
    EXPECT_TRUE(pack.empty());
    EXPECT_EQ(pack.first(), Listpack::kNone);
    EXPECT_EQ(pack.last(), Listpack::kNone);
    EXPECT_EQ(pack.seek(0), Listpack::kNone);
    EXPECT_EQ(pack.seek(-1), Listpack::kNone);
}

TEST(Listpack, WritesThePublishedFormat) {
    EXPECT_EQ(made_of({"abc", "5", "-1", "1000000"}).bytes(),
              bytes({22,   0,    0,    0,    4, 0,  // header
                     0x83, 'a',  'b',  'c',  4,     // a short string
                     5,    1,                       // 7 bits
                     0xdf, 0xff, 2,                 // 13 bits
                     0xf2, 0x40, 0x42, 0x0f, 4, 0xff}));
}

TEST(Listpack, KeepsIntegersOfAllWidthsAsIntegers) {
    const auto min = std::numeric_limits<int64_t>::min(), max = std::numeric_limits<int64_t>::max();
    for (int64_t edge : {int64_t{0}, int64_t{127}, int64_t{128}, int64_t{4095}, int64_t{4096},
                         int64_t{32767}, int64_t{32768}, int64_t{8388607}, int64_t{8388608},
                         int64_t{2147483647}, int64_t{2147483648}, max - 1, max}) {
        for (const int64_t number : {edge, -edge, edge == 0 ? min : -edge - 1}) {
            Listpack pack;
            pack.append(std::to_string(number));
            const auto value = pack.get(pack.first());
            EXPECT_TRUE(value.is_integer);
            EXPECT_EQ(value.integer, number);
            EXPECT_TRUE(pack.equals(pack.first(), std::to_string(number)));
            EXPECT_EQ(pack.byte_count(), Listpack::kEmptyBytes + Listpack::element_bytes(number));
            expect_holds(pack, {std::to_string(number)});
        }
    }
}

TEST(Listpack, KeepsWhatOnlyLooksLikeANumberAsText) {
    const Texts texts = {"", "-", "007", "-0", "+1", " 1", "1.0", "9223372036854775808"};
    const Listpack pack = made_of(texts);
    for (auto at = pack.first(); at != Listpack::kNone; at = pack.next(at))
        EXPECT_FALSE(pack.get(at).is_integer);
    expect_holds(pack, texts);
}

TEST(Listpack, HoldsStringsOfEveryWidth) {
    Texts texts;
    for (const size_t size : {0u, 1u, 62u, 63u, 64u, 125u, 126u, 127u, 4095u, 4096u, 16377u, 16378u,
                              16379u, 16380u, 70000u, 2097143u, 2097146u, 2097150u})
        texts.emplace_back(size, static_cast<char>('a' + size % 26));
    expect_holds(made_of(texts), texts);
}

TEST(Listpack, FindsFromAPlaceWithSkips) {
    const Listpack pack = made_of({"f1", "1", "f2", "f1", "1", "f2"});
    EXPECT_EQ(pack.find(pack.first(), "f2", 1), pack.seek(2));
    EXPECT_EQ(pack.find(pack.first(), "1", 1), pack.seek(4));
    EXPECT_EQ(pack.find(pack.first(), "1"), pack.seek(1));
    EXPECT_EQ(pack.find(pack.first(), "01"), Listpack::kNone);
    EXPECT_EQ(pack.find(pack.seek(3), "f1"), pack.seek(3));
}

TEST(Listpack, SeeksFromBothEnds) {
    Texts texts;
    for (int i = 0; i < 101; ++i) texts.push_back("e" + std::to_string(i));
    const Listpack pack = made_of(texts);
    for (int i = 0; i < 101; ++i) {
        EXPECT_EQ(text_at(pack, pack.seek(i)), texts[static_cast<size_t>(i)]);
        EXPECT_EQ(pack.seek(i), pack.seek(i - 101));
    }
    EXPECT_EQ(pack.seek(101), Listpack::kNone);
    EXPECT_EQ(pack.seek(-102), Listpack::kNone);
    EXPECT_EQ(pack.seek(std::numeric_limits<int64_t>::min()), Listpack::kNone);
}

TEST(Listpack, CountsBeyondWhatItsHeaderHolds) {
    Listpack pack;
    for (int i = 0; i < 65600; ++i) pack.append_integer(1);
    EXPECT_EQ(pack.count(), 65600u);
    pack.erase(pack.first(), 100);
    EXPECT_EQ(pack.count(), 65500u);
    pack.append("x");
    EXPECT_EQ(pack.count(), 65501u);
    EXPECT_TRUE(Listpack::is_valid(pack.bytes()));
    Listpack rest = pack.split(pack.seek(10));
    EXPECT_EQ(pack.count(), 10u);
    EXPECT_EQ(rest.count(), 65491u);
    rest.append_all(rest.copy());
    EXPECT_EQ(rest.count(), 2 * 65491u);
}

TEST(Listpack, MergesAndSplits) {
    Listpack pack = made_of({"c", "4"});
    pack.prepend_all(made_of({"a", "2"}));
    pack.append_all(made_of({"e"}));
    expect_holds(pack, {"a", "2", "c", "4", "e"});
    const Listpack tail = pack.split(pack.seek(-2));
    expect_holds(pack, {"a", "2", "c"});
    expect_holds(tail, {"4", "e"});
    expect_holds(pack.split(Listpack::kNone), {});
    expect_holds(pack.split(pack.first()), {"a", "2", "c"});
    expect_holds(pack, {});
}

TEST(Listpack, FitsUpToItsLimitAndNoFurther) {
    const Listpack pack;
    EXPECT_TRUE(pack.fits(Listpack::kBytesMax - Listpack::kEmptyBytes));
    EXPECT_FALSE(pack.fits(Listpack::kBytesMax - Listpack::kEmptyBytes + 1));
    EXPECT_FALSE(pack.fits(SIZE_MAX));
}

std::string random_text(std::mt19937& random) {
    switch (random() % 4) {
        case 0:
            return std::to_string(static_cast<int64_t>(uint64_t{random()} << (random() % 32)) -
                                  static_cast<int64_t>(random() % 5000));
        case 1:
            return std::string(random() % 300, 'x');
        default:
            return "t" + std::to_string(random() % 20);
    }
}

// One random change, to the listpack and to its model.
void change(std::mt19937& random, Listpack& pack, Texts& model) {
    const size_t index = model.empty() ? 0 : random() % model.size();
    const auto place = model.begin() + static_cast<std::ptrdiff_t>(index);
    const auto at = pack.seek(static_cast<int64_t>(index));
    const std::string text = random_text(random);
    switch (random() % 6) {
        case 0:
        case 1:
            pack.insert(at, text);
            model.insert(place, text);
            break;
        case 2:
            pack.append(text);
            model.push_back(text);
            break;
        case 3:
            if (model.empty()) break;
            pack.replace(at, text);
            *place = text;
            break;
        case 4: {
            const size_t count = std::min<size_t>(random() % 4, model.size() - index);
            pack.erase_range(static_cast<int64_t>(index), count);
            model.erase(place, place + static_cast<std::ptrdiff_t>(count));
            break;
        }
        default: {
            Listpack tail = pack.split(at);
            pack.prepend_all(tail);
            std::rotate(model.begin(), place, model.end());
        }
    }
}

TEST(Listpack, AgreesWithAVectorUnderRandomUse) {
    std::mt19937 random(7);
    for (int round = 0; round < 20; ++round) {
        Listpack pack;
        Texts model;
        for (int step = 0; step < 150; ++step) {
            change(random, pack, model);
            expect_holds(pack, model);
        }
        for (const std::string& text : model) {
            const auto at = pack.find(pack.first(), text);
            ASSERT_NE(at, Listpack::kNone);
            EXPECT_EQ(text_at(pack, at), text);
        }
    }
}

TEST(ListpackParse, TakesItsOwnBytesBack) {
    const Texts texts = {"a", "1", "-70000", std::string(5000, 'z'), ""};
    const auto pack = Listpack::parse(made_of(texts).bytes());
    ASSERT_TRUE(pack.has_value());
    expect_holds(*pack, texts);
}

TEST(ListpackParse, RefusesEveryTruncationAndCountThatIsWrong) {
    const Listpack pack = made_of({"abc", "70", "70000", std::string(100, 'x')});
    std::string good(pack.bytes());
    for (size_t size = 0; size < good.size(); ++size)
        EXPECT_FALSE(Listpack::is_valid(good.substr(0, size))) << size;
    good[4] = 5;
    EXPECT_FALSE(Listpack::is_valid(good));
    good[4] = good[5] = static_cast<char>(0xff);  // unknown: to be counted
    EXPECT_TRUE(Listpack::is_valid(good));
}

TEST(ListpackParse, NeverReadsOutsideOfHostileBytes) {
    std::mt19937 random(3);
    const std::string good(made_of({"abc", "70", "70000", std::string(70, 'x'), "4000"}).bytes());
    for (int round = 0; round < 20000; ++round) {
        std::string bad = good;
        for (size_t changes = 1 + random() % 3; changes > 0; --changes)
            bad[6 + random() % (bad.size() - 6)] = static_cast<char>(random());
        const std::vector<char> exact(bad.begin(), bad.end());
        const auto pack = Listpack::parse({exact.data(), exact.size()});
        if (!pack) continue;
        EXPECT_EQ(forward(*pack).size(), pack->count());
    }
}

}  // namespace
}  // namespace rota
