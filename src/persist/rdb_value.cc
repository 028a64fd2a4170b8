// SPDX-License-Identifier: BSD-3-Clause
#include "persist/rdb_value.h"

#include <bit>
#include <cmath>
#include <cstdlib>
#include <unordered_set>

#include "persist/ziplist.h"
#include "types/list.h"

namespace rota {
namespace {

template <class Value>
LoadedValue loaded(Type type, Value value) {
    const Encoding encoding = value.encoding();
    return {type, encoding, value.release()};
}

// No text comes twice, looking at one element in `step`.
bool all_differ(const Listpack& pack, size_t step) {
    std::unordered_set<std::string> seen;
    char scratch[kIntegerTextMax];
    size_t index = 0;
    for (auto at = pack.first(); at != Listpack::kNone; at = pack.next(at), ++index)
        if (index % step == 0 && !seen.emplace(pack.get(at).text(scratch)).second) return false;
    return true;
}

// ---- Lists ----

std::optional<LoadedValue> finished(List list) {
    if (list.size() == 0) return std::nullopt;
    return loaded(Type::list, std::move(list));
}

void append(List& list, Slice element, int node_limit) {
    list.expect(element.size(), 1, node_limit);
    list.push(List::End::tail, element);
}

std::optional<LoadedValue> read_list(RdbReader& reader, int node_limit) {
    List list = List::make();
    for (uint64_t left = reader.length(); left > 0 && !reader.failed(); --left)
        append(list, reader.string(), node_limit);
    if (reader.failed()) return std::nullopt;
    return finished(std::move(list));
}

std::optional<LoadedValue> finished(std::unique_ptr<Quicklist> chain, int node_limit) {
    if (chain->size() == 0) return std::nullopt;
    return finished(List::of(std::move(chain), node_limit));
}

// One node of a quicklist; false: not sound.
bool read_node(RdbReader& reader, rdb::Type type, Quicklist& chain) {
    const auto container = type == rdb::Type::list_quicklist_2
                               ? static_cast<rdb::Container>(reader.length())
                               : rdb::Container::packed;
    const Slice bytes = reader.string();
    if (reader.failed()) return false;
    if (container == rdb::Container::plain) {
        chain.append_large(bytes);
        return true;
    }
    if (container != rdb::Container::packed) return false;
    auto pack =
        type == rdb::Type::list_quicklist_2 ? Listpack::parse(bytes) : listpack_of_ziplist(bytes);
    if (!pack) return false;
    chain.append(std::move(*pack));
    return true;
}

std::optional<LoadedValue> read_quicklist(RdbReader& reader, rdb::Type type, int node_limit) {
    auto chain = std::make_unique<Quicklist>(node_limit);
    for (uint64_t left = reader.length(); left > 0; --left)
        if (!read_node(reader, type, *chain)) return std::nullopt;
    if (reader.failed()) return std::nullopt;
    return finished(std::move(chain), node_limit);
}

std::optional<LoadedValue> read_list_ziplist(RdbReader& reader, int node_limit) {
    auto pack = listpack_of_ziplist(reader.string());
    if (reader.failed() || !pack) return std::nullopt;
    auto chain = std::make_unique<Quicklist>(node_limit);
    chain->append(std::move(*pack));
    return finished(std::move(chain), node_limit);
}

// ---- Sets ----

std::optional<LoadedValue> finished(Set set, const SetLimits& limits) {
    if (set.size() == 0) return std::nullopt;
    set.expect(set.size(), limits);
    return loaded(Type::set, std::move(set));
}

std::optional<LoadedValue> read_set(RdbReader& reader, const SetLimits& limits) {
    const uint64_t count = reader.length();
    if (reader.failed() || count == 0) return std::nullopt;
    Set set = count > limits.intset_entries ? Set::make_table(limits.seed) : Set::make_intset();
    for (uint64_t left = count; left > 0; --left) {
        const Slice member = reader.string();
        if (reader.failed() || !set.add(member, limits)) return std::nullopt;
    }
    return loaded(Type::set, std::move(set));
}

std::optional<LoadedValue> read_intset(RdbReader& reader, const SetLimits& limits) {
    auto ints = Intset::parse(reader.string());
    if (reader.failed() || !ints) return std::nullopt;
    return finished(Set(Encoding::intset, ints->release()), limits);
}

std::optional<LoadedValue> read_set_listpack(RdbReader& reader, const SetLimits& limits) {
    auto pack = Listpack::parse(reader.string());
    if (reader.failed() || !pack || !all_differ(*pack, 1)) return std::nullopt;
    return finished(Set(Encoding::listpack, pack->release()), limits);
}

// ---- Hashes ----

std::optional<LoadedValue> finished(Hash hash, const HashLimits& limits) {
    if (hash.size() == 0) return std::nullopt;
    hash.fit(limits);
    return loaded(Type::hash, std::move(hash));
}

std::optional<LoadedValue> read_hash(RdbReader& reader, bool with_expiry,
                                     const HashLimits& limits) {
    const uint64_t count = reader.length();
    Hash hash = Hash::make();
    if (count > limits.listpack_entries) hash.to_table(limits.seed);
    for (uint64_t left = count; left > 0 && !reader.failed(); --left) {
        const std::string field(reader.string());
        const std::string value(reader.string());
        const auto at_ms = with_expiry ? static_cast<int64_t>(reader.fixed64()) : Hash::kNever;
        if (at_ms < Hash::kNever || reader.failed()) return std::nullopt;
        if (!hash.set(field, value, at_ms, 0, limits)) return std::nullopt;
    }
    if (reader.failed()) return std::nullopt;
    if (with_expiry) hash.to_table(limits.seed);
    return finished(std::move(hash), limits);
}

std::optional<LoadedValue> packed_hash(std::optional<Listpack> pack, const HashLimits& limits) {
    if (!pack || pack->count() % 2 != 0 || !all_differ(*pack, 2)) return std::nullopt;
    return finished(Hash(Encoding::listpack, pack->release()), limits);
}

// ---- Sorted sets ----

std::optional<double> score_of(Slice text) {
    const std::string copy(text);
    char* end = nullptr;
    const double score = std::strtod(copy.c_str(), &end);
    if (copy.empty() || end != copy.c_str() + copy.size() || std::isnan(score)) return std::nullopt;
    return score;
}

// A score as text behind its length, or one of three that have no digits.
std::optional<double> read_text_score(RdbReader& reader) {
    constexpr uint8_t kNan = 253, kInfinity = 254, kMinusInfinity = 255;
    const uint8_t size = reader.byte();
    if (size == kNan) return std::nullopt;
    if (size == kInfinity) return HUGE_VAL;
    if (size == kMinusInfinity) return -HUGE_VAL;
    return score_of(reader.raw(size));
}

std::optional<double> read_score(RdbReader& reader, rdb::Type type) {
    if (type == rdb::Type::zset) return read_text_score(reader);
    const auto score = std::bit_cast<double>(reader.fixed64());
    return std::isnan(score) ? std::nullopt : std::optional(score);
}

std::optional<LoadedValue> read_zset(RdbReader& reader, rdb::Type type, const ZSetLimits& limits) {
    const uint64_t count = reader.length();
    if (reader.failed() || count == 0) return std::nullopt;
    ZSet zset = ZSet::make(count, 0, limits);
    for (uint64_t left = count; left > 0; --left) {
        const std::string member(reader.string());
        const auto score = read_score(reader, type);
        if (reader.failed() || !score || zset.score(member)) return std::nullopt;
        zset.add(member, *score, limits);
    }
    return loaded(Type::zset, std::move(zset));
}

// Whatever order the members come in, they are kept in theirs.
std::optional<LoadedValue> packed_zset(std::optional<Listpack> pack, const ZSetLimits& limits) {
    if (!pack || pack->empty() || pack->count() % 2 != 0 || !all_differ(*pack, 2))
        return std::nullopt;
    ZSet zset = ZSet::make(pack->count() / 2, 0, limits);
    char member[kIntegerTextMax], number[kIntegerTextMax];
    for (auto at = pack->first(); at != Listpack::kNone; at = pack->next(at)) {
        const Slice name = pack->get(at).text(member);
        at = pack->next(at);
        const auto score = score_of(pack->get(at).text(number));
        if (!score) return std::nullopt;
        zset.add(name, *score, limits);
    }
    return loaded(Type::zset, std::move(zset));
}

}  // namespace

std::optional<LoadedValue> read_value(RdbReader& reader, uint8_t type, const LoadLimits& limits) {
    const auto kind = static_cast<rdb::Type>(type);
    switch (kind) {
        case rdb::Type::string: {
            const Slice text = reader.string();
            if (reader.failed()) return std::nullopt;
            return LoadedValue(text);
        }
        case rdb::Type::list:
            return read_list(reader, limits.list_node);
        case rdb::Type::list_ziplist:
            return read_list_ziplist(reader, limits.list_node);
        case rdb::Type::list_quicklist:
        case rdb::Type::list_quicklist_2:
            return read_quicklist(reader, kind, limits.list_node);
        case rdb::Type::set:
            return read_set(reader, limits.set);
        case rdb::Type::set_intset:
            return read_intset(reader, limits.set);
        case rdb::Type::set_listpack:
            return read_set_listpack(reader, limits.set);
        case rdb::Type::hash:
        case rdb::Type::hash_2:
            return read_hash(reader, kind == rdb::Type::hash_2, limits.hash);
        case rdb::Type::hash_listpack:
            return packed_hash(Listpack::parse(reader.string()), limits.hash);
        case rdb::Type::hash_ziplist:
            return packed_hash(listpack_of_ziplist(reader.string()), limits.hash);
        case rdb::Type::hash_zipmap:
            return packed_hash(listpack_of_zipmap(reader.string()), limits.hash);
        case rdb::Type::zset:
        case rdb::Type::zset_2:
            return read_zset(reader, kind, limits.zset);
        case rdb::Type::zset_listpack:
            return packed_zset(Listpack::parse(reader.string()), limits.zset);
        case rdb::Type::zset_ziplist:
            return packed_zset(listpack_of_ziplist(reader.string()), limits.zset);
        case rdb::Type::stream:
        case rdb::Type::stream_2:
        case rdb::Type::stream_3: {
            auto stream = read_rdb_stream(reader, kind);
            if (!stream) return std::nullopt;
            return loaded(Type::stream, std::move(*stream));
        }
        default:
            return std::nullopt;
    }
}

}  // namespace rota
