// SPDX-License-Identifier: BSD-3-Clause
// Streams from the RDB format.
#include "persist/rdb_value.h"

namespace rota {
namespace {

StreamId read_id(RdbReader& reader) {
    const uint64_t ms = reader.length();
    return {ms, reader.length()};
}

StreamId read_raw_id(RdbReader& reader) {
    const Slice bytes = reader.raw(StreamId::kEncodedBytes);
    return reader.failed() ? StreamId() : StreamId::decode(bytes.data());
}

// Each node must lie behind the entries of the one before it.
bool read_nodes(RdbReader& reader, Stream& stream) {
    std::optional<StreamId> latest;
    for (uint64_t left = reader.length(); left > 0; --left) {
        const Slice key = reader.string();
        if (reader.failed() || key.size() != StreamId::kEncodedBytes) return false;
        const StreamId master = StreamId::decode(key.data());
        auto node = Listpack::parse(reader.string());
        if (reader.failed() || !node || !stream_node::check(*node, master)) return false;
        if (latest && master <= *latest) return false;
        latest = stream_node::last_id(*node, master);
        stream.append_node(master, std::move(*node));
    }
    return !reader.failed();
}

bool read_counters(RdbReader& reader, rdb::Type type, Stream& stream) {
    Stream::Counters& counters = stream.counters();
    const uint64_t length = reader.length();
    counters.last_id = read_id(reader);
    stream.refresh_first_id();
    const StreamId first = counters.first_id;
    if (type == rdb::Type::stream) {
        counters.entries_added = length;
    } else {
        counters.first_id = read_id(reader);
        counters.max_deleted_id = read_id(reader);
        counters.entries_added = reader.length();
    }
    const auto greatest = stream.greatest();
    return !reader.failed() && length == stream.size() && counters.first_id == first &&
           (!greatest || *greatest <= counters.last_id);
}

// What was delivered comes before those who got it; nobody is there yet to own it.
bool read_deliveries(RdbReader& reader, ConsumerGroup& group, Consumer& nobody) {
    for (uint64_t left = reader.length(); left > 0; --left) {
        const StreamId id = read_raw_id(reader);
        if (reader.failed() || group.find_delivery(id) != nullptr) return false;
        Delivery& delivery = group.assign(id, nobody);
        delivery.delivered_ms = static_cast<int64_t>(reader.fixed64());
        delivery.count = reader.length();
    }
    return !reader.failed();
}

bool read_consumer(RdbReader& reader, rdb::Type type, ConsumerGroup& group,
                   const Consumer& nobody) {
    const Slice name = reader.string();
    if (reader.failed()) return false;
    Consumer* consumer = group.add_consumer(name, 0);
    if (consumer == nullptr) return false;
    consumer->seen_ms = static_cast<int64_t>(reader.fixed64());
    consumer->active_ms =
        type == rdb::Type::stream_3 ? static_cast<int64_t>(reader.fixed64()) : consumer->seen_ms;
    for (uint64_t left = reader.length(); left > 0; --left) {
        const StreamId id = read_raw_id(reader);
        if (reader.failed()) return false;
        const Delivery* delivery = group.find_delivery(id);
        if (delivery == nullptr || delivery->consumer != &nobody) return false;
        group.assign(id, *consumer);
    }
    return !reader.failed();
}

bool read_group(RdbReader& reader, rdb::Type type, Stream& stream) {
    const std::string name(reader.string());
    const StreamId last = read_id(reader);
    int64_t entries_read = ConsumerGroup::kUnknown;
    if (type != rdb::Type::stream) {
        entries_read = static_cast<int64_t>(reader.length());
    } else if (const auto read = stream.entries_up_to(last)) {
        entries_read = static_cast<int64_t>(*read);
    }
    if (reader.failed() || entries_read < ConsumerGroup::kUnknown) return false;
    ConsumerGroup* group = stream.add_group(name, ConsumerGroup(last, entries_read));
    if (group == nullptr) return false;
    Consumer nobody;
    bool sound = read_deliveries(reader, *group, nobody);
    for (uint64_t left = sound ? reader.length() : 0; left > 0 && sound; --left)
        sound = read_consumer(reader, type, *group, nobody);
    if (sound && nobody.pending.empty()) return !reader.failed();
    stream.remove_group(name);  // its deliveries may name nobody
    return false;
}

}  // namespace

std::optional<Stream> read_rdb_stream(RdbReader& reader, rdb::Type type) {
    Stream stream = Stream::make();
    if (!read_nodes(reader, stream) || !read_counters(reader, type, stream)) return std::nullopt;
    for (uint64_t left = reader.length(); left > 0; --left)
        if (!read_group(reader, type, stream)) return std::nullopt;
    if (reader.failed()) return std::nullopt;
    return stream;
}

}  // namespace rota
