// SPDX-License-Identifier: BSD-3-Clause
#include "server/io_stats.h"

#include "platform/placement.h"

namespace rota {

void write_io_thread_times(InfoWriter& out, const IoThreadStats& stats) {
    for (size_t i = 0; i < stats.busy_us.size(); ++i)
        out.seconds_us("used_active_time_io_thread_" + std::to_string(i + 1), stats.busy_us[i]);
}

void write_threads(InfoWriter& out, const IoThreadStats& stats) {
    out.count("active_io_threads_num", stats.active + 1);  // as `io-threads` counts
    out.count("instantaneous_io_pending_jobs", stats.pending_jobs);
    out.count("io_threaded_commands_processed", stats.commands);
    out.percent2("instantaneous_main_thread_cpu_user", 100 * stats.executor.user);
    out.percent2("instantaneous_main_thread_cpu_sys", 100 * stats.executor.system);
    out.percent2("instantaneous_main_thread_cpu_wait", 100 * stats.executor.waiting);
    for (size_t i = 0; i < stats.places.size(); ++i)
        out.text(thread_role(i) + "_place", stats.places[i]);
}

}  // namespace rota
