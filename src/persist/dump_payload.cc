// SPDX-License-Identifier: BSD-3-Clause
#include "persist/dump_payload.h"

#include <cstring>

#include "persist/crc64.h"
#include "persist/rdb_writer.h"
#include "platform/text.h"
#include "store/db.h"

namespace rota {
namespace {

constexpr size_t kVersionBytes = 2, kSumBytes = 8;

}  // namespace

std::string dump_payload(const Entry& entry, bool compress) {
    StringSink sink;
    RdbWriter writer(sink, compress);
    writer.type_of(entry);
    writer.value_of(entry);
    seal_payload(sink);
    return std::move(sink.bytes());
}

void seal_payload(StringSink& sink) {
    RdbWriter writer(sink, false);
    writer.byte(rdb::kVersion & 0xff);
    writer.byte(rdb::kVersion >> 8);
    writer.fixed64(crc64(sink.bytes()));
}

std::optional<Slice> checked_payload(Slice payload) {
    if (payload.size() < kVersionBytes + kSumBytes) return std::nullopt;
    RdbReader footer(payload.substr(payload.size() - kVersionBytes - kSumBytes));
    const unsigned low = footer.byte();
    const unsigned version = low | static_cast<unsigned>(footer.byte()) << 8;
    if (!rdb::is_known_version(version)) return std::nullopt;
    if (footer.fixed64() != crc64(payload.substr(0, payload.size() - kSumBytes)))
        return std::nullopt;
    return payload.substr(0, payload.size() - kVersionBytes - kSumBytes);
}

std::optional<LoadedValue> payload_value(RdbReader& reader, const LoadLimits& limits) {
    const uint8_t type = reader.byte();
    if (reader.failed()) return std::nullopt;
    auto value = read_value(reader, type, limits);
    if (!value || !reader.at_end()) return std::nullopt;
    return value;
}

LoadLimits load_limits(const StoreOptions& options, const SipKey& seed) {
    return {.hash = {.listpack_entries = options.hash_max_listpack_entries,
                     .listpack_value = options.hash_max_listpack_value,
                     .seed = seed},
            .set = {.intset_entries = options.set_max_intset_entries,
                    .listpack_entries = options.set_max_listpack_entries,
                    .listpack_value = options.set_max_listpack_value,
                    .seed = seed},
            .zset = {.listpack_entries = options.zset_max_listpack_entries,
                     .listpack_value = options.zset_max_listpack_value,
                     .seed = seed},
            .list_node = options.list_max_listpack_size};
}

Entry* make_entry(Slice key, LoadedValue value, int64_t expire_at_ms) {
    if (value.type() != Type::string) {
        const Type type = value.type();
        const Encoding encoding = value.encoding();
        return Entry::make_object(key, type, encoding, value.release(), expire_at_ms);
    }
    const Slice text = value.text();
    const Encoding encoding = string_encoding(key.size(), text, expire_at_ms >= 0);
    if (encoding == Encoding::integer)
        return Entry::make_integer(key, *parse_int64(text), expire_at_ms);
    return Entry::make_string(key, text, encoding, expire_at_ms);
}

}  // namespace rota
