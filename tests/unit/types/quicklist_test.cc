// SPDX-License-Identifier: BSD-3-Clause
#include "types/quicklist.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "types/list.h"

namespace rota {
namespace {

using Texts = std::vector<std::string>;

Texts forward(const List& list) {
    Texts texts;
    char scratch[kIntegerTextMax];
    for (auto at = list.first(); at; at = list.next(at))
        texts.emplace_back(list.get(at).text(scratch));
    return texts;
}

Texts backward(const List& list) {
    Texts texts;
    char scratch[kIntegerTextMax];
    for (auto at = list.last(); at; at = list.previous(at))
        texts.emplace_back(list.get(at).text(scratch));
    return texts;
}

TEST(NodeLimit, IsOfBytesWhereNegativeAndOfElementsElse) {
    EXPECT_FALSE(NodeLimit(-2).exceeded_by(8192, 10000));
    EXPECT_TRUE(NodeLimit(-2).exceeded_by(8193, 1));
    EXPECT_TRUE(NodeLimit(-1).exceeded_by(4097, 1));
    EXPECT_FALSE(NodeLimit(INT32_MIN).exceeded_by(65536, 1));
    EXPECT_FALSE(NodeLimit(128).exceeded_by(8192, 128));
    EXPECT_TRUE(NodeLimit(128).exceeded_by(100, 129));
    EXPECT_TRUE(NodeLimit(INT32_MAX).exceeded_by(8193, 1));
    EXPECT_TRUE(NodeLimit(0).exceeded_by(100, 2));
}

TEST(List, BecomesAChainAndAListpackAgainAtHalfTheLimit) {
    List list = List::make();
    for (int i = 0; i < 10; ++i) {
        list.expect(1, 1, 8);
        list.push(List::End::tail, "x");
        EXPECT_EQ(list.encoding(), i < 8 ? Encoding::listpack : Encoding::quicklist);
    }
    EXPECT_EQ(list.as_quicklist()->node_count(), 2u);
    for (size_t size = 10; size > 4; --size) {
        list.erase(list.last());
        list.has_shrunk(8);
        EXPECT_EQ(list.encoding(), size - 1 > 4 ? Encoding::quicklist : Encoding::listpack);
    }
}

TEST(List, GivesALargeElementANodeOfItsOwn) {
    List list = List::make();
    const std::string large(9000, 'L');
    list.expect(large.size() + 2, 3, -2);
    for (const Slice text : {Slice("a"), Slice(large), Slice("b")})
        list.push(List::End::tail, text);
    EXPECT_EQ(list.as_quicklist()->node_count(), 3u);
    EXPECT_EQ(forward(list), (Texts{"a", large, "b"}));
    list.replace(list.seek(1), "small");
    EXPECT_EQ(forward(list), (Texts{"a", "small", "b"}));
}

TEST(List, CopiesDeeply) {
    List list = List::make();
    list.expect(0, 100, 4);
    for (int i = 0; i < 20; ++i) list.push(List::End::tail, std::to_string(i));
    const List copy = list.copy();
    const Texts before = forward(list);
    list.erase_range(0, 20);
    EXPECT_EQ(forward(copy), before);
}

void change(std::mt19937& random, List& list, Texts& model, int limit) {
    const size_t index = model.empty() ? 0 : random() % model.size();
    const auto place = model.begin() + static_cast<std::ptrdiff_t>(index);
    const std::string text = random() % 20 == 0 ? std::string(5000 + random() % 5000, 'x')
                                                : std::to_string(random() % 1000);
    const size_t action = random() % 8;
    if (action < 5) list.expect(text.size(), 1, limit);
    if (action < 2 || model.empty()) {
        const bool tail = action == 0;
        list.push(tail ? List::End::tail : List::End::head, text);
        model.insert(tail ? model.end() : model.begin(), text);
    } else if (action < 4) {
        const bool after = action == 2;
        list.insert(list.seek(static_cast<int64_t>(index)),
                    after ? List::Side::after : List::Side::before, text);
        model.insert(after ? place + 1 : place, text);
    } else if (action == 4) {
        list.replace(list.seek(static_cast<int64_t>(index)), text);
        *place = text;
    } else if (action < 7) {
        list.erase(list.seek(static_cast<int64_t>(index) - static_cast<int64_t>(model.size())));
        model.erase(place);
    } else {
        const size_t count = std::min<size_t>(random() % 8, model.size() - index);
        list.erase_range(index, count);
        model.erase(place, place + static_cast<std::ptrdiff_t>(count));
    }
    list.has_shrunk(limit);
}

TEST(List, AgreesWithAVectorUnderRandomUse) {
    std::mt19937 random(5);
    for (const int limit : {-1, -2, 1, 3, 8, 0}) {
        List list = List::make();
        Texts model;
        for (int step = 0; step < 400; ++step) {
            change(random, list, model, limit);
            ASSERT_EQ(forward(list), model);
            ASSERT_EQ(backward(list), Texts(model.rbegin(), model.rend()));
            ASSERT_EQ(list.size(), model.size());
        }
    }
}

TEST(List, ErasesWhileWalkingInBothDirections) {
    for (const auto side : {List::Side::after, List::Side::before}) {
        List list = List::make();
        list.expect(0, 30, 4);
        for (int i = 0; i < 30; ++i) list.push(List::End::tail, i % 3 == 0 ? "x" : "y");
        const bool forwards = side == List::Side::after;
        auto at = forwards ? list.first() : list.last();
        while (at) {
            if (list.equals(at, "x"))
                at = list.erase(at, side);
            else
                at = forwards ? list.next(at) : list.previous(at);
        }
        EXPECT_EQ(forward(list), Texts(20, "y"));
    }
}

}  // namespace
}  // namespace rota
