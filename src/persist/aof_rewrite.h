// SPDX-License-Identifier: BSD-3-Clause
// The keyspace as commands that build it: the base of an append-only file without a snapshot.
// Blocks; the owner of the keyspace, or a child that has been forked from it.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "persist/function_store.h"
#include "platform/result.h"
#include "store/db.h"

namespace rota {

// Makes the file and syncs it; the folder is the caller's matter, and so is what a failure leaves.
// `keys_done` counts along. functions: null where there are none.
Result<> write_commands(const std::string& path, Keyspace&, const FunctionStore* functions,
                        std::atomic<uint64_t>& keys_done, bool incremental_sync);

}  // namespace rota
