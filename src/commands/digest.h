// SPDX-License-Identifier: BSD-3-Clause
// The digest by which tests compare datasets, DEBUG DIGEST: equal to Valkey's for equal data.
// Looks at every key. Threading: executor only.
#pragma once

#include "platform/sha1.h"
#include "store/db.h"

namespace rota {

// Type, value and whether there is an expiry; not the key.
Sha1Digest value_digest(Entry&);
// All keys of all databases, in whatever order they lie.
Sha1Digest dataset_digest(Keyspace&);

std::string to_hex(const Sha1Digest&);

}  // namespace rota
