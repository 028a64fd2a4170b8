// SPDX-License-Identifier: BSD-3-Clause
#include "tools/check/rdb_summary.h"

namespace rota {

Result<LoadReport> look_through_rdb(Slice bytes) {
    const StoreOptions options;
    Effects effects;
    Keyspace nothing(1, options, effects);
    return load_rdb_bytes(bytes, nothing, options, {.checksum = true, .discard = true});
}

}  // namespace rota
