// SPDX-License-Identifier: BSD-3-Clause
#include "types/stream.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "types/object.h"
#include "types/radix_shape.h"

namespace rota {
namespace {

TEST(StreamId, ReadsWhatValkeyReads) {
    const auto parse = [](Slice text) { return StreamId::parse(text, 7); };
    EXPECT_EQ(parse("5"), (StreamId{5, 7}));
    EXPECT_EQ(parse("5-18446744073709551615"), (StreamId{5, UINT64_MAX}));
    EXPECT_EQ(parse("05- 1"), (StreamId{5, 1}));
    EXPECT_EQ(parse("5--05"), (StreamId{5, UINT64_MAX - 4}));
    for (const Slice text :
         {"", "-", "+", "5-", "-5", "5--5", "5-*", "a", "18446744073709551616", "1-1-1", "5 "})
        EXPECT_EQ(parse(text), std::nullopt) << text;
    EXPECT_TRUE(parse_partial_id("5-*")->any_seq);
    EXPECT_EQ(StreamId::max().text(), "18446744073709551615-18446744073709551615");
}

TEST(StreamId, HasNeighboursButAtTheEnds) {
    EXPECT_EQ((StreamId{1, UINT64_MAX}).next(), (StreamId{2, 0}));
    EXPECT_EQ((StreamId{2, 0}).previous(), (StreamId{1, UINT64_MAX}));
    EXPECT_EQ(StreamId::max().next(), std::nullopt);
    EXPECT_EQ(StreamId::min().previous(), std::nullopt);
}

TEST(IdMap, AgreesWithAMapInAnyOrder) {
    IdMap<uint64_t> map;
    std::map<StreamId, uint64_t> model;
    std::mt19937_64 random(1);
    for (uint64_t step = 0; step < 20000; ++step) {
        const bool growing = step < 8000;
        const StreamId id = random() % 3 == 0 && growing
                                ? StreamId{step + 100000, 0}  // behind all others
                                : StreamId{random() % 120000, random() % 2};
        if (random() % 4 != 0 && growing) {
            EXPECT_EQ(map.insert(id, step).second, model.emplace(id, step).second);
        } else {
            auto at = map.lower_bound(id);
            const auto found = model.lower_bound(id);
            ASSERT_EQ(at == map.end(), found == model.end());
            if (at == map.end()) continue;
            at = map.erase(at);
            const auto behind = model.erase(found);
            ASSERT_EQ(at == map.end(), behind == model.end());
            if (at != map.end()) {
                ASSERT_EQ(map[at].id, behind->first);
            }
        }
        const auto at = map.floor(id);
        const auto above = model.upper_bound(id);
        ASSERT_EQ(at == map.end(), above == model.begin());
        if (at != map.end()) {
            ASSERT_EQ(map[at].id, std::prev(above)->first);
        }
        ASSERT_EQ(map.size(), model.size());
    }
    auto expected = model.begin();
    for (auto at = map.begin(); at != map.end(); at = map.next(at), ++expected) {
        ASSERT_EQ(map[at].id, expected->first);
        ASSERT_EQ(map[at].value, expected->second);
    }
    EXPECT_EQ(expected, model.end());
}

// The same tree, built the long way: a node for every choice, every end, and every run between.
size_t tree_nodes(const std::set<std::string>& keys, size_t depth) {
    if (depth == StreamId::kEncodedBytes) return 1;
    std::map<char, std::set<std::string>> children;
    for (const auto& key : keys) children[key[depth]].insert(key);
    size_t nodes = 0;
    if (children.size() == 1) {
        size_t end = depth;
        while (end < StreamId::kEncodedBytes && std::ranges::all_of(keys, [&](auto& key) {
                   return key[end] == (*keys.begin())[end];
               }))
            ++end;
        return 1 + tree_nodes(keys, end);
    }
    for (const auto& [unused, below] : children) nodes += tree_nodes(below, depth + 1);
    return nodes + 1;
}

TEST(RadixShape, CountsWhatATreeWouldHave) {
    std::mt19937_64 random(2);
    for (int round = 0; round < 60; ++round) {
        std::set<StreamId> ids;
        const uint64_t spread = uint64_t{1} << random() % 40;
        for (uint64_t i = random() % 30; i > 0; --i) ids.insert({random() % spread, random() % 3});
        std::set<std::string> keys;
        RadixShape shape;
        for (const StreamId& id : ids) {
            char key[StreamId::kEncodedBytes];
            id.encode(key);
            keys.emplace(key, sizeof key);
            shape.add(id);
            EXPECT_EQ(StreamId::decode(key), id);
        }
        EXPECT_EQ(shape.nodes(), ids.empty() ? 1 : tree_nodes(keys, 0));
    }
}

// ---- Streams against a plain model ----

using Pairs = std::vector<std::string>;
using Model = std::map<StreamId, Pairs>;

Pairs fields_of(const Stream::Entry& entry) {
    Pairs pairs;
    char scratch[kIntegerTextMax];
    entry.for_each_field([&](const Listpack::Value& field, const Listpack::Value& value) {
        pairs.emplace_back(field.text(scratch));
        pairs.emplace_back(value.text(scratch));
    });
    return pairs;
}

void expect_equal(const Stream& stream, const Model& model, const StreamId& from,
                  const StreamId& to) {
    auto expected = model.lower_bound(from);
    const auto end = model.upper_bound(to);
    stream.visit_forward(from, to, [&](const Stream::Entry& entry) {
        EXPECT_EQ(entry.id, expected->first);
        EXPECT_EQ(fields_of(entry), expected->second);
        ++expected;
        return true;
    });
    EXPECT_EQ(expected, end);
    auto backwards = end;
    stream.visit_backward(from, to, [&](const Stream::Entry& entry) {
        EXPECT_EQ(entry.id, std::prev(backwards)->first);
        EXPECT_EQ(fields_of(entry), std::prev(backwards)->second);
        --backwards;
        return true;
    });
    EXPECT_EQ(backwards, model.lower_bound(from));
}

void expect_sound(const Stream& stream) {
    stream.nodes().for_each([](const StreamId& id, const Listpack& node) {
        EXPECT_TRUE(Listpack::is_valid(node.bytes()));
        EXPECT_TRUE(stream_node::check(node, id));
    });
}

class StreamModel : public testing::TestWithParam<StreamLimits> {
protected:
    Pairs random_pairs() {
        static const std::vector<std::string> kNames = {"a", "b", "7", "", std::string(70, 'n')};
        Pairs pairs;
        for (size_t i = 1 + random_() % 3; i > 0; --i) {
            pairs.push_back(random_() % 4 != 0 ? kNames[i] : kNames[random_() % kNames.size()]);
            pairs.push_back(random_() % 2 ? std::to_string(static_cast<int64_t>(random_()))
                                          : std::string(random_() % 150, 'v'));
        }
        return pairs;
    }
    void add() {
        const StreamId last = stream_.counters().last_id;
        const StreamId id =
            random_() % 2 ? *last.next() : StreamId{last.ms + random_() % 5000 + 1, random_() % 9};
        const Pairs pairs = random_pairs();
        const std::vector<Slice> slices(pairs.begin(), pairs.end());
        ASSERT_TRUE(stream_.add(id, slices, GetParam()));
        model_.emplace(id, pairs);
    }
    StreamId some_id() {
        if (model_.empty()) return {random_() % 100, 0};
        auto at = model_.begin();
        std::advance(at, random_() % model_.size());
        return random_() % 3 ? at->first : StreamId{at->first.ms, random_() % 9};
    }
    void trim() {
        StreamTrim what{.whole_nodes = random_() % 2 == 0};
        what.by = random_() % 2 ? StreamTrim::By::id : StreamTrim::By::length;
        what.id_min = some_id();
        what.length_max = model_.size() - std::min<size_t>(model_.size(), random_() % 60);
        const size_t before = stream_.size();
        const uint64_t gone = stream_.trim(what);
        EXPECT_EQ(gone, before - stream_.size());
        const auto goes = [&] {
            return what.by == StreamTrim::By::id ? model_.begin()->first < what.id_min
                                                 : model_.size() > what.length_max;
        };
        if (what.whole_nodes) {
            for (uint64_t i = 0; i < gone; ++i) {
                ASSERT_TRUE(goes());
                model_.erase(model_.begin());
            }
        } else {
            while (!model_.empty() && goes()) model_.erase(model_.begin());
        }
        ASSERT_EQ(stream_.size(), model_.size());
        if (gone > 0) {
            EXPECT_EQ(stream_.counters().first_id,
                      model_.empty() ? StreamId() : model_.begin()->first);
        }
    }

    Stream stream_ = Stream::make();
    Model model_;
    std::mt19937_64 random_{3};
};

TEST_P(StreamModel, AgreesWithAMap) {
    for (int step = 0; step < 1500; ++step) {
        if (random_() % 3 != 0) {
            add();
        } else if (random_() % 8 == 0) {
            trim();
        } else {
            const StreamId id = some_id();
            EXPECT_EQ(stream_.contains(id), model_.contains(id));
            EXPECT_EQ(stream_.remove(id), model_.erase(id) == 1);
        }
        if (step % 40 == 0) {
            StreamId from = some_id(), to = some_id();
            if (from > to) std::swap(from, to);
            expect_equal(stream_, model_, from, to);
        }
    }
    expect_equal(stream_, model_, StreamId::min(), StreamId::max());
    expect_sound(stream_);
    expect_equal(stream_.copy(), model_, StreamId::min(), StreamId::max());
    EXPECT_EQ(stream_.greatest(), model_.rbegin()->first);
}

INSTANTIATE_TEST_SUITE_P(Nodes, StreamModel,
                         testing::Values(StreamLimits{}, StreamLimits{.node_entries = 1},
                                         StreamLimits{.node_bytes = 0, .node_entries = 0},
                                         StreamLimits{.node_bytes = 300, .node_entries = 7}));

TEST(Stream, NodesThatAreNotWholeAreNotAccepted) {
    const std::vector<Slice> pairs = {"f", "1", "g", "2"}, others = {"x", "y"};
    const StreamId master{100, 0};
    Listpack node = stream_node::make(pairs);
    stream_node::append(node, master, {101, 0}, others);
    stream_node::mark_deleted(node, *stream_node::first(node, master), master);
    ASSERT_TRUE(stream_node::check(node, master));
    // Any element that is taken away, doubled or replaced by another number is noticed.
    for (int64_t i = 0; i < static_cast<int64_t>(node.count()); ++i) {
        Listpack broken = node.copy();
        broken.erase(broken.seek(i));
        EXPECT_FALSE(stream_node::check(broken, master)) << i;
        broken = node.copy();
        broken.insert_integer(broken.seek(i), 77);
        EXPECT_FALSE(stream_node::check(broken, master)) << i;
    }
    for (const int64_t i : {0, 1, 2, 5, 6, 11, 12, 15}) {
        Listpack broken = node.copy();
        broken.replace_integer(broken.seek(i), 1 << 20);
        EXPECT_FALSE(stream_node::check(broken, master)) << i;
    }
    EXPECT_FALSE(stream_node::check(Listpack(), master));
}

TEST(ConsumerGroup, ADeliveryBelongsToOneConsumer) {
    ConsumerGroup group({}, 0);
    Consumer& a = *group.add_consumer("a", 5);
    Consumer& b = *group.add_consumer("b", 5);
    EXPECT_EQ(group.add_consumer("a", 6), nullptr);
    group.assign({1, 0}, a).count = 1;
    group.assign({2, 0}, a);
    EXPECT_EQ(group.assign({1, 0}, b).count, 1u);
    EXPECT_EQ(a.pending.size(), 1u);
    EXPECT_TRUE(b.pending.contains({1, 0}));
    const ConsumerGroup twin = group.copy();
    EXPECT_EQ(group.remove_consumer("a"), 1u);
    EXPECT_TRUE(group.acknowledge(StreamId{1, 0}));
    EXPECT_FALSE(group.acknowledge(StreamId{1, 0}));
    EXPECT_TRUE(group.deliveries().empty());
    EXPECT_EQ(twin.deliveries().size(), 2u);
}

TEST(Stream, IsAnObjectLikeOthers) {
    Stream stream = Stream::make();
    const std::vector<Slice> pairs = {"f", "v"};
    stream.add({1, 1}, pairs, {});
    stream.add_group("g", ConsumerGroup({}, 0));
    void* object = stream.release();
    void* twin = copy_object(Type::stream, Encoding::stream, object);
    EXPECT_EQ(object_size(Type::stream, Encoding::stream, twin), 1u);
    EXPECT_GT(object_bytes(Type::stream, Encoding::stream, twin, 5), 100u);
    destroy_object(Type::stream, Encoding::stream, object);
    destroy_object(Type::stream, Encoding::stream, twin);
}

}  // namespace
}  // namespace rota
