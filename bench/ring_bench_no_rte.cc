// SPDX-License-Identifier: BSD-3-Clause
// DPDK is not installed here: the rings are measured alone.
#include "bench/ring_bench.h"

namespace rota::bench {

Rival dpdk_rings() { return {}; }

}  // namespace rota::bench
