// SPDX-License-Identifier: BSD-3-Clause
#include "server/io_stats.h"

#include <gtest/gtest.h>

namespace rota {
namespace {

TEST(IoThreadStats, TellsWhatTheThreadsDoAndWhereTheyAre) {
    IoThreadStats stats;
    stats.active = 2;
    stats.pending_jobs = 17;
    stats.commands = 1000;
    stats.executor = {.user = 0.5, .system = 0.25, .waiting = 0.01};
    stats.places = {"cpus=0 core=0 llc=0 node=0 memory=0", "cpus=any memory=default"};
    std::string text;
    InfoWriter out(text);
    write_threads(out, stats);
    EXPECT_EQ(text,
              "active_io_threads_num:3\r\n"
              "instantaneous_io_pending_jobs:17\r\n"
              "io_threaded_commands_processed:1000\r\n"
              "instantaneous_main_thread_cpu_user:50.00%\r\n"
              "instantaneous_main_thread_cpu_sys:25.00%\r\n"
              "instantaneous_main_thread_cpu_wait:1.00%\r\n"
              "executor_place:cpus=0 core=0 llc=0 node=0 memory=0\r\n"
              "io_thread_1_place:cpus=any memory=default\r\n");
}

TEST(IoThreadStats, CountsTheTimeOfEachThreadFromOne) {
    IoThreadStats stats;
    std::string text;
    InfoWriter out(text);
    write_io_thread_times(out, stats);
    EXPECT_EQ(text, "");
    stats.busy_us = {1'500'000, 7};
    write_io_thread_times(out, stats);
    EXPECT_EQ(text,
              "used_active_time_io_thread_1:1.500000\r\n"
              "used_active_time_io_thread_2:0.000007\r\n");
}

}  // namespace
}  // namespace rota
