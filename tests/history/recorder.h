// SPDX-License-Identifier: BSD-3-Clause
// Records a history: opens connections to a server from several threads, sends what their workloads
// ask for (some in pipelines, some cut in the middle of a request), and notes when each operation
// was sent and when its reply had come.
// Blocks until all is done. Fails when the server cannot be reached, hangs up unasked, answers
// something that is no reply, or is silent for kSilenceMax.
#pragma once

#include "platform/result.h"
#include "tests/history/history.h"
#include "tests/history/workload.h"
#include "tools/net/client_connection.h"

namespace rota::history {

inline constexpr int kSilenceMaxMs = 20'000;

Result<History> record(const ConnectTarget&, const Plan&, uint32_t threads);

// Whether the server knows MULTI.
Result<bool> has_transactions(const ConnectTarget&);

// Deletes the keys of a history.
Result<> forget(const ConnectTarget&, const History&);

}  // namespace rota::history
