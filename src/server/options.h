// SPDX-License-Identifier: BSD-3-Clause
// ServerOptions: the directives of the server as a process: what it listens on, where it runs, what
// it allows. Field = directive, '_' for '-'. Directives of a subsystem lie with the subsystem.
// Threading: written by main() and then by the executor (CONFIG SET).
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "config/table.h"
#include "platform/log.h"
#include "platform/placement.h"

namespace rota {

enum class Supervised : uint8_t { none, upstart, systemd, automatic };
enum class OomScoreAdj : uint8_t { no, relative, absolute };
enum class Permission : uint8_t { no, yes, local };  // local: from this machine only
enum class PropagationError : uint8_t { ignore, panic, panic_on_replicas };
enum class IoDispatch : uint8_t { automatic, shared, owner };

// Bits of shutdown-on-sigint and shutdown-on-sigterm; none: the default behaviour.
enum class ShutdownFlag : uint32_t {
    save = 1,
    nosave = 2,
    now = 4,
    force = 8,
    safe = 16,
    failover = 32
};
constexpr bool has(uint32_t flags, ShutdownFlag flag) {
    return (flags & static_cast<uint32_t>(flag)) != 0;
}

// The working directory lies with the kernel: setting `dir` is chdir(), reading it is getcwd().
struct WorkingDirectory {};

struct ServerOptions {
    LogOptions log;

    // Network.
    std::vector<std::string> bind = {"*", "-::*"};  // leading '-': fine if it is missing here
    int32_t port = 6379;                            // 0: no TCP
    std::string unixsocket, unixsocketgroup;
    uint32_t unixsocketperm = 0;  // 0: as umask says
    int32_t tcp_backlog = 511;
    int32_t tcp_keepalive = 300;  // seconds; 0: off
    uint32_t max_new_connections_per_cycle = 10;
    uint32_t socket_mark_id = 0;
    bool mptcp = false;
    std::vector<std::string> rdma_bind;  // none: any address
    int32_t rdma_port = 0;               // 0: no RDMA
    int32_t rdma_rx_size = 1 << 20;      // bytes
    int32_t rdma_completion_vector = -1;
    std::string bind_source_addr;
    std::string transport = "auto";
    int32_t io_gather_max_us = 50;  // 0: a wait ends with the first request
    bool io_uring_restrict = false;
    uint32_t io_uring_zerocopy_min = 0;  // bytes of one send; 0: never
    uint32_t io_uring_napi_us = 0;       // 0: no busy polling
    uint32_t io_uring_min_wait_us = 0;   // 0: no minimum

    // Security.
    bool protected_mode = true;
    std::string requirepass;  // empty: none
    Permission enable_debug_command = Permission::no;
    Permission enable_protected_configs = Permission::no;
    Permission enable_module_command = Permission::no;
    bool enable_debug_assert = false;

    // Process.
    WorkingDirectory dir;
    bool daemonize = false;
    std::string pidfile;
    Supervised supervised = Supervised::none;
    bool set_proc_title = true;
    std::string proc_title_template = "{title} {listen-addr} {server-mode}";
    bool always_show_logo = false;
    bool crash_log_enabled = true;
    bool crash_memcheck_enabled = true;
    bool use_exit_on_panic = false;
    bool disable_thp = true;
    OomScoreAdj oom_score_adj = OomScoreAdj::no;
    std::array<int, 3> oom_score_adj_values = {0, 200, 800};  // primary, replica, child
    uint32_t shutdown_on_sigint = 0, shutdown_on_sigterm = 0;
    int32_t shutdown_timeout = 10;  // seconds
    int32_t watchdog_period = 0;    // milliseconds; 0: off
    std::string ignore_warnings, locale_collate, debug_context;

    // Service.
    int32_t databases = 16;
    int32_t hz = 10;
    std::string availability_zone;
    bool extended_redis_compatibility = false;
    PropagationError propagation_error_behavior = PropagationError::ignore;

    // Threads.
    int32_t io_threads = 1;
    bool io_threads_always_active = false;
    bool io_threads_do_command_reads = true;
    IoDispatch io_dispatch = IoDispatch::automatic;
    NumaPolicy numa_policy = NumaPolicy::local;
    int32_t prefetch_batch_max_size = 16;
    int32_t min_io_threads_avoid_copy_reply = 7;
    int32_t min_string_size_avoid_copy_reply = 16 * 1024;
    int32_t min_string_size_avoid_copy_reply_threaded = 64 * 1024;
    std::string server_cpulist, bio_cpulist, io_threads_cpulist;
};

// Binds every row of this file, the log's among them.
void add_server_options(ConfigTable& table, ServerOptions& options);

}  // namespace rota
