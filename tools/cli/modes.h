// SPDX-License-Identifier: BSD-3-Clause
// The modes of rota-cli that are neither the prompt nor one command. Each takes a connection that
// is logged in and returns the exit code; those without an end of their own run until Ctrl-C.
// Threading: the main thread.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>
#include <vector>

#include "tools/cli/options.h"
#include "tools/net/client_connection.h"

namespace rota {

int run_stat(ClientConnection& connection, const CliOptions& options);
int run_latency(ClientConnection& connection, const CliOptions& options);
int run_latency_dist(ClientConnection& connection, const CliOptions& options);
int run_intrinsic_latency(const CliOptions& options);
int run_pipe(ClientConnection& connection, const CliOptions& options);
int run_scan(ClientConnection& connection, const CliOptions& options);
int run_key_survey(ClientConnection& connection, const CliOptions& options);  // big and mem keys
int run_hot_keys(ClientConnection& connection, const CliOptions& options);
int run_lru_test(ClientConnection& connection, const CliOptions& options);

// What several of them need.
int64_t monotonic_us();
void pause_us(int64_t duration_us);
int report_failure(const Error& error);  // to stderr; returns 1

// One reply that must not be an error.
Result<ReplyValue> ask(ClientConnection& connection, std::initializer_list<Slice> args);

// Walks the keyspace: calls `visit` with every batch of keys that SCAN returns.
Result<> scan_keys(ClientConnection& connection, const CliOptions& options,
                   const std::function<Result<>(const std::vector<std::string>& keys)>& visit);

}  // namespace rota
