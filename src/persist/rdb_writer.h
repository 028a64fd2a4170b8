// SPDX-License-Identifier: BSD-3-Clause
// RdbWriter: numbers, strings and values in the RDB format, appended to a sink. Nothing here fails;
// a sink may. Threading: one owner, of the sink and of what is written.
#pragma once

#include <cstdint>

#include "persist/byte_sink.h"
#include "persist/rdb_format.h"
#include "store/entry.h"

namespace rota {

class Hash;
class List;
class Set;
class Stream;
class ZSet;
class ConsumerGroup;

class RdbWriter {
public:
    // compress: long strings by LZF where that saves something (rdbcompression).
    RdbWriter(ByteSink& sink, bool compress) : sink_(sink), compress_(compress) {}

    void byte(uint8_t value);
    void opcode(rdb::Opcode code) { byte(static_cast<uint8_t>(code)); }
    void length(uint64_t value);
    void string(Slice);
    void integer_string(int64_t);  // a string of its digits
    void fixed64(uint64_t value);  // 8 bytes, the lowest first
    void raw(Slice bytes) { sink_.write(bytes); }

    // Type and value of an entry; not its key, nor its expiry.
    void type_of(const Entry&);
    void value_of(const Entry&);

private:
    void write_list(const List&);
    void write_set(const Set&);
    void write_hash(const Hash&);
    void write_stream(const Stream&);
    void write_zset(const ZSet&);
    void write_group(const ConsumerGroup&);

    ByteSink& sink_;
    bool compress_;
};

}  // namespace rota
