// SPDX-License-Identifier: BSD-3-Clause
// ReadCtx: what a read may touch that an IO thread answers itself. It sees single published string
// entries, each as it was at some moment of the call; the caller makes sure that no write of
// several keys went on meanwhile, and then sends the reply or asks the executor.
// Threading: the IO thread's. Lives as long as the read runs.
#pragma once

#include <cstdint>
#include <span>

#include "proto/reply.h"
#include "store/shared_reader.h"

namespace rota {

struct ReadCtx {
    SharedReader& reader;
    const Keyspace& keyspace;
    std::span<const Slice> args;
    uint64_t first_key_hash;  // of the first key
    int db;
    bool no_touch;
    int64_t now_ms;
    size_t value_max;  // longer values are left to the executor
    Reply& reply;

    Key key(size_t index) const {
        return index == 1 ? Key{args[1], first_key_hash} : keyspace.key(args[index]);
    }
    // Neither counted nor touched.
    SharedRead peek(Key which) const { return keyspace.db(db).read_shared(which, now_ms); }
    SharedRead read(Key which) { return reader.read(db, which, now_ms, no_touch); }
};

}  // namespace rota
