// SPDX-License-Identifier: BSD-3-Clause
// The crash report: on SIGSEGV, SIGBUS, SIGFPE, SIGILL and SIGABRT (also from ASSERT) the log gets
// the signal, the registers, the stack of every thread and whatever the server adds; then the
// process ends by that same signal, so that a core is written where that is configured. All other
// threads are stopped before a line is written, and do nothing more: what they answered might be
// wrong, and they might change what the report shows. Locks that they hold stay locked. It always
// ends: a fault inside the report cuts the report short, and after kCrashSecondsMax the process
// ends in the middle of it.
#pragma once

#include <cstdint>
#include <string>

#include "platform/slice.h"

namespace rota {

inline constexpr unsigned kCrashSecondsMax = 4;
inline constexpr int64_t kCrashThreadsWait_ms = 1000;  // for all other threads to stop
inline constexpr size_t kCrashThreadsMax = 256;  // further threads stop too, but are not shown
inline constexpr size_t kCrashFramesMax = 64;    // deeper stacks are cut

// Appends to the report. Allocates nothing, locks nothing.
class CrashWriter {
public:
    explicit CrashWriter(int fd) : fd_(fd) {}
    ~CrashWriter() { flush(); }
    CrashWriter(const CrashWriter&) = delete;
    CrashWriter& operator=(const CrashWriter&) = delete;

    CrashWriter& text(Slice bytes);
    CrashWriter& decimal(int64_t value);
    CrashWriter& hex(uint64_t value);  // with 0x
    void flush();

private:
    int fd_;
    size_t used_ = 0;
    char buffer_[1024];
};

struct CrashOptions {
    std::string server_name = "Rota";  // in the report's first line, in capitals
    std::string version;
    // What the server adds, such as INFO and the current client. It runs in the signal handler
    // after the stacks are safely written, so it may take risks: if it faults, that part is lost.
    void (*add_sections)(CrashWriter& out) = nullptr;
};

// May be called again to change the options.
void install_crash_handler(const CrashOptions& options);
// The default actions again.
void remove_crash_handler();

// Gives the calling thread a stack for the handler, so that a stack overflow is reported as well.
// install_crash_handler does it for its own thread; other threads keep one of these for their life.
class CrashStack {
public:
    CrashStack();
    ~CrashStack();
    CrashStack(const CrashStack&) = delete;
    CrashStack& operator=(const CrashStack&) = delete;

private:
    void* memory_ = nullptr;
};

}  // namespace rota
