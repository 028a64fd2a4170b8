// SPDX-License-Identifier: BSD-3-Clause
// What DUMP returns and RESTORE takes: type and value in the RDB format, the version in two bytes
// and a CRC-64 of all before it in eight, each the lowest byte first. Pure functions.
#pragma once

#include <optional>
#include <string>

#include "persist/byte_sink.h"
#include "persist/rdb_value.h"
#include "store/entry.h"
#include "store/options.h"

namespace rota {

std::string dump_payload(const Entry&, bool compress);

// Appends version and checksum to what makes a payload.
void seal_payload(StringSink&);

// What of a payload is type and value; nullopt: version or checksum are wrong.
std::optional<Slice> checked_payload(Slice payload);
// The value in it. nullopt: not sound. `reader` has the bytes of checked_payload(), and keeps what
// the value's text points to.
std::optional<LoadedValue> payload_value(RdbReader& reader, const LoadLimits&);

LoadLimits load_limits(const StoreOptions&, const SipKey& seed);
// The entry of a loaded value. expire_at_ms < 0: none.
Entry* make_entry(Slice key, LoadedValue, int64_t expire_at_ms);

}  // namespace rota
