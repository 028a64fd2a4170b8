// SPDX-License-Identifier: BSD-3-Clause
// The numbers of the RDB format, versions 1 to 11 and 80. Source: what Valkey 9.1 reads and writes.
#pragma once

#include <cstdint>

namespace rota::rdb {

inline constexpr uint16_t kVersion = 80;            // what is written
inline constexpr uint16_t kLastCommonVersion = 11;  // up to here Redis and Valkey are the same
inline constexpr uint16_t kFirstForeignVersion = 12, kLastForeignVersion = 79;

// Whether files and payloads of this version can be read.
constexpr bool is_known_version(uint64_t version) {
    return (version >= 1 && version <= kLastCommonVersion) || version == kVersion;
}

enum class Type : uint8_t {
    string = 0,
    list = 1,
    set = 2,
    zset = 3,  // scores as text
    hash = 4,
    zset_2 = 5,  // scores as 8 bytes
    module_2 = 7,
    hash_zipmap = 9,
    list_ziplist = 10,
    set_intset = 11,
    zset_ziplist = 12,
    hash_ziplist = 13,
    list_quicklist = 14,  // of ziplists
    stream = 15,
    hash_listpack = 16,
    zset_listpack = 17,
    list_quicklist_2 = 18,
    stream_2 = 19,  // with what is known of removed entries
    set_listpack = 20,
    stream_3 = 21,  // with the time of consumers' last success
    hash_2 = 22,    // with expiries of fields
};

enum class Opcode : uint8_t {
    slot_import = 243,
    slot_info = 244,
    function_2 = 245,
    module_aux = 247,
    idle = 248,
    freq = 249,
    aux = 250,
    resize_db = 251,
    expire_ms = 252,
    expire_seconds = 253,
    select_db = 254,
    end = 255,
};

// The first two bits of a length say how it goes on; 3: what follows is no plain string.
inline constexpr uint8_t kLength6 = 0, kLength14 = 1, kLengthEncoded = 3;
inline constexpr uint8_t kLength32 = 0x80, kLength64 = 0x81;
enum class StringForm : uint8_t { int8 = 0, int16 = 1, int32 = 2, lzf = 3 };

enum class Container : uint8_t { plain = 1, packed = 2 };  // of a node of a quicklist

}  // namespace rota::rdb
