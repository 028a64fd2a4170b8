// SPDX-License-Identifier: BSD-3-Clause
// What there is to say of a snapshot without loading it. Hostile bytes are fine.
#pragma once

#include "persist/rdb_file.h"

namespace rota {

// Looks at every value and keeps none. A failure says at which byte and why.
Result<LoadReport> look_through_rdb(Slice bytes);

}  // namespace rota
