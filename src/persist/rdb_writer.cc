// SPDX-License-Identifier: BSD-3-Clause
#include "persist/rdb_writer.h"

#include <bit>
#include <cstring>

#include "persist/borrowed.h"
#include "persist/lzf.h"
#include "platform/assert.h"
#include "platform/text.h"
#include "types/hash.h"
#include "types/list.h"
#include "types/set.h"
#include "types/stream.h"
#include "types/zset.h"

namespace rota {
namespace {

constexpr size_t kIntegerDigits = 11;  // of a string that may be written as a number
constexpr size_t kNotCompressed = 20;  // bytes of a string that is too short for it

rdb::Type type_of_hash(const Entry& entry) {
    if (entry.encoding() == Encoding::listpack) return rdb::Type::hash_listpack;
    const Borrowed<Hash> hash(entry);
    return (*hash).expiring() > 0 ? rdb::Type::hash_2 : rdb::Type::hash;
}

rdb::Type rdb_type(const Entry& entry) {
    switch (entry.type()) {
        case Type::string:
            return rdb::Type::string;
        case Type::list:
            return rdb::Type::list_quicklist_2;
        case Type::set:
            return entry.encoding() == Encoding::intset     ? rdb::Type::set_intset
                   : entry.encoding() == Encoding::listpack ? rdb::Type::set_listpack
                                                            : rdb::Type::set;
        case Type::zset:
            return entry.encoding() == Encoding::listpack ? rdb::Type::zset_listpack
                                                          : rdb::Type::zset_2;
        case Type::hash:
            return type_of_hash(entry);
        case Type::stream:
            return rdb::Type::stream_3;
        default:
            UNREACHABLE();
    }
}

}  // namespace

// -- Numbers and strings --

void RdbWriter::byte(uint8_t value) {
    const char bytes[] = {static_cast<char>(value)};
    sink_.write({bytes, 1});
}

void RdbWriter::fixed64(uint64_t value) {
    char bytes[sizeof value];
    std::memcpy(bytes, &value, sizeof value);
    sink_.write({bytes, sizeof bytes});
}

void RdbWriter::length(uint64_t value) {
    if (value < 1 << 6) return byte(static_cast<uint8_t>(value));
    char bytes[9];
    size_t size = 0;
    const auto put = [&](uint64_t number, int count) {
        for (int i = count; i-- > 0;) bytes[size++] = static_cast<char>(number >> 8 * i);
    };
    if (value < 1 << 14) {
        put(rdb::kLength14 << 14 | value, 2);
    } else if (value <= UINT32_MAX) {
        put(rdb::kLength32, 1);
        put(value, 4);
    } else {
        put(rdb::kLength64, 1);
        put(value, 8);
    }
    sink_.write({bytes, size});
}

void RdbWriter::integer_string(int64_t value) {
    char bytes[kIntegerTextMax];
    const auto encoded = [&](rdb::StringForm form, size_t size) {
        byte(static_cast<uint8_t>(rdb::kLengthEncoded << 6 | static_cast<uint8_t>(form)));
        std::memcpy(bytes, &value, size);
        sink_.write({bytes, size});
    };
    if (value >= INT8_MIN && value <= INT8_MAX) return encoded(rdb::StringForm::int8, 1);
    if (value >= INT16_MIN && value <= INT16_MAX) return encoded(rdb::StringForm::int16, 2);
    if (value >= INT32_MIN && value <= INT32_MAX) return encoded(rdb::StringForm::int32, 4);
    const size_t size = write_integer(bytes, value);
    length(size);
    sink_.write({bytes, size});
}

void RdbWriter::string(Slice bytes) {
    if (bytes.size() <= kIntegerDigits)
        if (const auto number = parse_int64(bytes);
            number && *number >= INT32_MIN && *number <= INT32_MAX)
            return integer_string(*number);
    if (compress_ && bytes.size() > kNotCompressed) {
        if (const auto packed = lzf_compress(bytes)) {
            byte(rdb::kLengthEncoded << 6 | static_cast<uint8_t>(rdb::StringForm::lzf));
            length(packed->size());
            length(bytes.size());
            return sink_.write(*packed);
        }
    }
    length(bytes.size());
    sink_.write(bytes);
}

// -- Values --

void RdbWriter::type_of(const Entry& entry) { byte(static_cast<uint8_t>(rdb_type(entry))); }

void RdbWriter::value_of(const Entry& entry) {
    switch (entry.type()) {
        case Type::string:
            return entry.encoding() == Encoding::integer ? integer_string(entry.integer())
                                                         : string(entry.value());
        case Type::list:
            return write_list(*Borrowed<List>(entry));
        case Type::set:
            return write_set(*Borrowed<Set>(entry));
        case Type::zset:
            return write_zset(*Borrowed<ZSet>(entry));
        case Type::hash:
            return write_hash(*Borrowed<Hash>(entry));
        case Type::stream:
            return write_stream(*Borrowed<Stream>(entry));
        default:
            UNREACHABLE();
    }
}

void RdbWriter::write_list(const List& list) {
    const auto node = [this](rdb::Container container, Slice bytes) {
        length(static_cast<uint64_t>(container));
        string(bytes);
    };
    if (const Listpack* pack = list.as_listpack()) {
        length(1);
        return node(rdb::Container::packed, pack->bytes());
    }
    const Quicklist& chain = *list.as_quicklist();
    length(chain.node_count());
    for (auto at = chain.first_node(); at != nullptr; at = Quicklist::node_behind(at)) {
        const Listpack* pack = Quicklist::pack_of(at);
        if (pack != nullptr)
            node(rdb::Container::packed, pack->bytes());
        else
            node(rdb::Container::plain, Quicklist::large_of(at));
    }
}

void RdbWriter::write_set(const Set& set) {
    if (set.encoding() != Encoding::hashtable) return string(set.packed_bytes());
    length(set.size());
    set.for_each([this](Slice member) { string(member); });
}

void RdbWriter::write_hash(const Hash& hash) {
    if (hash.encoding() == Encoding::listpack) return string(hash.packed_bytes());
    const bool with_expiry = hash.expiring() > 0;
    length(hash.size());
    hash.table()->fields.for_each([&](const Member* member) {
        string(member->name());
        string(Field::value(member));
        if (with_expiry) fixed64(static_cast<uint64_t>(Field::expire_at_ms(member)));
    });
}

// The last first, so that a reader which inserts them keeps to one end.
void RdbWriter::write_zset(const ZSet& zset) {
    if (zset.encoding() == Encoding::listpack) return string(zset.packed_bytes());
    length(zset.size());
    zset.visit_ranks(0, zset.size(), true, [this](Slice member, double score) {
        string(member);
        fixed64(std::bit_cast<uint64_t>(score));
    });
}

void RdbWriter::write_stream(const Stream& stream) {
    const auto id = [this](const StreamId& value) {
        length(value.ms);
        length(value.seq);
    };
    char key[StreamId::kEncodedBytes];
    length(stream.nodes().size());
    stream.nodes().for_each([&](const StreamId& master, const Listpack& node) {
        master.encode(key);
        string({key, sizeof key});
        string(node.bytes());
    });
    const Stream::Counters& counters = stream.counters();
    length(stream.size());
    id(counters.last_id);
    id(counters.first_id);
    id(counters.max_deleted_id);
    length(counters.entries_added);
    length(stream.groups().size());
    for (const auto& [name, group] : stream.groups()) {
        string(name);
        id(group.last_id);
        write_group(group);
    }
}

void RdbWriter::write_group(const ConsumerGroup& group) {
    char id_bytes[StreamId::kEncodedBytes];
    const auto id = [&](const StreamId& value) {
        value.encode(id_bytes);
        raw({id_bytes, sizeof id_bytes});
    };
    length(static_cast<uint64_t>(group.entries_read));
    length(group.deliveries().size());
    group.deliveries().for_each([&](const StreamId& value, const Delivery& delivery) {
        id(value);
        fixed64(static_cast<uint64_t>(delivery.delivered_ms));
        length(delivery.count);
    });
    length(group.consumers().size());
    for (const auto& [name, consumer] : group.consumers()) {
        string(name);
        fixed64(static_cast<uint64_t>(consumer->seen_ms));
        fixed64(static_cast<uint64_t>(consumer->active_ms));
        length(consumer->pending.size());
        consumer->pending.for_each([&](const StreamId& value, NoValue) { id(value); });
    }
}

}  // namespace rota
