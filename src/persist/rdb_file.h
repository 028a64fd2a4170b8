// SPDX-License-Identifier: BSD-3-Clause
// Whole snapshots: all databases in one RDB file. Blocks; the owner of the keyspace, or a child
// that has been forked from it.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "persist/function_store.h"
#include "persist/rdb_value.h"
#include "platform/result.h"
#include "store/db.h"

namespace rota {

struct SaveSettings {
    bool compress = true, checksum = true, incremental_sync = true;
    std::string version;                       // of the server, as it shows itself
    uint64_t used_memory = 0;                  // bytes
    int32_t key_delay_us = 0;                  // for tests; negative: a wait for so many keys
    bool aof_base = false;                     // it begins an append-only file
    const FunctionStore* functions = nullptr;  // null: there are none
};

// Replaces `path`: either the old file is there or the whole new one, even through a power cut. A
// temporary file lies beside it meanwhile, temp_path(pid). `keys_done` counts along.
Result<> save_rdb(const std::string& path, Keyspace&, const StoreOptions&, const SaveSettings&,
                  std::atomic<uint64_t>& keys_done);
std::string rdb_temp_path(const std::string& path, int pid);
// Makes the file and syncs it; the folder is the caller's matter, and so is what a failure leaves.
Result<> write_rdb(const std::string& path, Keyspace&, const StoreOptions&, const SaveSettings&,
                   std::atomic<uint64_t>& keys_done);

struct LoadSettings {
    bool checksum = true;  // look at it
    bool replace = false;  // keys that are there already; else they are a failure
    bool keep_expired = false;
    bool discard = false;                // everything is looked at, nothing is kept
    FunctionStore* functions = nullptr;  // who takes them; null: a file with functions is refused
};

struct LoadReport {
    uint64_t keys = 0, expired = 0, libraries = 0;
    uint64_t bytes = 0, end = 0;  // in all, and of the snapshot: more may follow it
    std::string written_by;       // version of the server; empty: the file does not say
};

// Adds all keys of a file to the keyspace, but for those that have expired at its clock. A
// failure says at which byte and why; what was read until then stays. code ENOENT: no such file.
Result<LoadReport> load_rdb(const std::string& path, Keyspace&, const StoreOptions&,
                            const LoadSettings&);
// The same from memory.
Result<LoadReport> load_rdb_bytes(Slice bytes, Keyspace&, const StoreOptions&, const LoadSettings&);

}  // namespace rota
