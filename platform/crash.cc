// SPDX-License-Identifier: BSD-3-Clause
// The reporter is the thread that crashed. First of all it stops every other thread by a real-time
// signal: the thread notes its frames in a table and goes no further, so that nothing that the
// crash may have spoilt is answered from. The reporter waits for them a bounded time, then writes
// its own stack and the table. A second thread that crashes meanwhile waits for the end.
#include "platform/crash.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "platform/assert.h"
#include "platform/log.h"
#include "platform/registers.h"
#include "platform/stack_walk.h"
#include "platform/text.h"

namespace rota {

namespace {

constexpr int kCrashSignals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
constexpr size_t kNameMax = 64;

constexpr size_t kThreadNameMax = 16;  // what PR_GET_NAME writes

struct ThreadStack {
    pid_t thread = 0;
    char name[kThreadNameMax] = {};
    size_t frame_count = 0;
    uintptr_t frames[kCrashFramesMax];
    std::atomic<bool> done{false};
};

// Signal handlers take no argument of ours, so all of this has to be global.
char server_name[kNameMax];
char server_version[kNameMax];
void (*add_sections)(CrashWriter&) = nullptr;
ThreadStack thread_stacks[kCrashThreadsMax];
std::atomic<size_t> stacks_claimed{0};
std::atomic<pid_t> reporter{0};
std::atomic<int> reported_signal{0};
std::atomic<CrashWriter*> current_report{nullptr};
std::atomic<int> faults_inside{0};

int stop_signal() { return SIGRTMAX - 3; }

pid_t this_thread() { return static_cast<pid_t>(::syscall(SYS_gettid)); }

[[noreturn]] void die_by(int signal_number) {
    struct sigaction action = {};
    action.sa_handler = SIG_DFL;
    ::sigaction(signal_number, &action, nullptr);
    sigset_t set;
    ::sigemptyset(&set);
    ::sigaddset(&set, signal_number);
    ::pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
    ::syscall(SYS_tgkill, ::getpid(), this_thread(), signal_number);
    ::_exit(128 + signal_number);
}

void write_end(CrashWriter& out) {
    out.text("\n=== ")
        .text(server_name)
        .text(" BUG REPORT END. Please report all of the above. ===\n");
    out.flush();
}

// Runs when the report hangs, for example on a lock that another thread holds.
void on_time_up(int) {
    if (CrashWriter* out = current_report.load(std::memory_order_relaxed)) {
        out->text("\nThe report took too long and ends here.\n");
        write_end(*out);
    }
    die_by(reported_signal.load(std::memory_order_relaxed));
}

// The reporter will end us all.
[[noreturn]] void stay_here() {
    for (;;) ::pause();
}

void on_stop(int, siginfo_t*, void* context) {
    if (reporter.load(std::memory_order_relaxed) == 0) return;  // somebody else's signal
    const size_t slot = stacks_claimed.fetch_add(1, std::memory_order_relaxed);
    if (slot < kCrashThreadsMax) {
        ThreadStack& stack = thread_stacks[slot];
        stack.thread = this_thread();
        ::prctl(PR_GET_NAME, stack.name);
        stack.frame_count = walk_stack(context, stack.frames, kCrashFramesMax);
        stack.done.store(true, std::memory_order_release);  // pairs with write_other_stacks
    }
    stay_here();
}

void sleep_ms(int64_t ms) {
    const struct timespec pause = {0, ms * 1'000'000};
    ::nanosleep(&pause, nullptr);
}

// Sends the signal to every thread but this one; returns how many got it. No opendir: it allocates.
size_t stop_other_threads() {
    const int folder = ::open("/proc/self/task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) return 0;
    struct Record {  // what the kernel writes, see getdents64(2)
        uint64_t inode;
        int64_t next;
        uint16_t size;
        uint8_t type;
        char name[1];
    };
    alignas(Record) char records[4096];
    size_t sent = 0;
    for (;;) {
        const long bytes = ::syscall(SYS_getdents64, folder, records, sizeof records);
        if (bytes <= 0) break;
        for (long at = 0; at < bytes;) {
            const auto* record = reinterpret_cast<const Record*>(records + at);
            at += record->size;
            int thread = 0;
            const char* name = record->name;
            std::from_chars(name, name + std::strlen(name), thread);
            if (thread == 0 || thread == this_thread()) continue;
            if (::syscall(SYS_tgkill, ::getpid(), thread, stop_signal()) == 0) ++sent;
        }
    }
    ::close(folder);
    return sent;
}

size_t count_done() {
    return static_cast<size_t>(std::count_if(
        std::begin(thread_stacks), std::end(thread_stacks),
        [](ThreadStack& stack) { return stack.done.load(std::memory_order_acquire); }));
}

void wait_for_stops(size_t sent) {
    const size_t wanted = std::min(sent, kCrashThreadsMax);
    for (int64_t waited = 0; waited < kCrashThreadsWait_ms && count_done() < wanted; ++waited)
        sleep_ms(1);
}

void write_thread_title(CrashWriter& out, pid_t thread, const char* name) {
    out.text("\n").decimal(thread).text(" ").text(name);
}

void write_frames(CrashWriter& out, const uintptr_t* frames, size_t count) {
    for (size_t at = 0; at < count; ++at) {
        out.text("#").decimal(static_cast<int64_t>(at)).text(" ").hex(frames[at]).text(" ");
        describe_frame(out, frames[at]);
        out.text("\n");
        out.flush();
    }
}

void write_other_stacks(CrashWriter& out, size_t sent) {
    size_t answered = 0;
    for (ThreadStack& stack : thread_stacks) {
        if (!stack.done.load(std::memory_order_acquire)) continue;  // with on_stop
        ++answered;
        write_thread_title(out, stack.thread, stack.name);
        out.text("\n");
        write_frames(out, stack.frames, stack.frame_count);
    }
    out.text("\n").decimal(static_cast<int64_t>(answered)).text(" of ");
    out.decimal(static_cast<int64_t>(sent)).text(" other threads answered\n");
}

void write_own_stack(CrashWriter& out, void* context) {
    uintptr_t frames[kCrashFramesMax];
    const size_t count = walk_stack(context, frames, kCrashFramesMax);
    char name[kThreadNameMax] = {};
    ::prctl(PR_GET_NAME, name);
    write_thread_title(out, this_thread(), name);
    out.text(" *\n");  // the star marks the one that crashed
    write_frames(out, frames, count);
}

void write_report(CrashWriter& out, int signal_number, const siginfo_t& info, void* context,
                  size_t other_threads) {
    out.text("\n\n=== ").text(server_name);
    out.text(" BUG REPORT START: Cut & paste starting from here ===\n");
    out.text(server_name).text(" ").text(server_version).text(" crashed by signal: ");
    out.decimal(signal_number).text(", si_code: ").decimal(info.si_code).text("\n");
    if (signal_number != SIGABRT && info.si_code > 0) {
        out.text("Accessing address: ").hex(reinterpret_cast<uintptr_t>(info.si_addr)).text("\n");
    }
    if (info.si_code <= 0 && info.si_pid != ::getpid()) {
        out.text("Killed by PID: ").decimal(info.si_pid).text(", UID: ").decimal(info.si_uid);
        out.text("\n");
    }
    out.text("Crashed running the instruction at: ").hex(program_counter(context)).text("\n");
    out.flush();
    out.text("\n------ REGISTERS ------\n");
    write_registers(out, context);
    out.flush();
    out.text("\n------ STACK TRACE ------\n");
    out.flush();
    write_own_stack(out, context);
    write_other_stacks(out, other_threads);
    out.text("\n------ END OF STACK TRACE ------\n");
    out.flush();
    if (add_sections != nullptr) add_sections(out);
    write_end(out);
}

// The reporter itself faulted: what is written stays, the rest is given up.
[[noreturn]] void end_broken_report() {
    if (faults_inside.fetch_add(1, std::memory_order_relaxed) == 0) {
        if (CrashWriter* out = current_report.load(std::memory_order_relaxed)) {
            out->text("\nThe report itself crashed and ends here.\n");
            write_end(*out);
        }
    }
    die_by(reported_signal.load(std::memory_order_relaxed));
}

void on_crash(int signal_number, siginfo_t* info, void* context) {
    pid_t nobody = 0;
    if (!reporter.compare_exchange_strong(nobody, this_thread(), std::memory_order_relaxed)) {
        if (nobody == this_thread()) end_broken_report();
        stay_here();
    }
    const size_t other_threads = stop_other_threads();
    reported_signal.store(signal_number, std::memory_order_relaxed);
    struct sigaction action = {};
    action.sa_handler = on_time_up;
    ::sigaction(SIGALRM, &action, nullptr);
    sigset_t set;
    ::sigemptyset(&set);
    ::sigaddset(&set, SIGALRM);
    ::pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
    ::alarm(kCrashSecondsMax);
    const int fd = open_log_fd();
    CrashWriter out(fd < 0 ? STDERR_FILENO : fd);
    current_report.store(&out, std::memory_order_relaxed);
    wait_for_stops(other_threads);
    write_report(out, signal_number, *info, context, other_threads);
    die_by(signal_number);
}

void copy_name(char (&out)[kNameMax], const std::string& from) {
    const size_t length = std::min(from.size(), kNameMax - 1);
    std::copy_n(from.data(), length, out);
    out[length] = '\0';
}

}  // namespace

void install_crash_handler(const CrashOptions& options) {
    copy_name(server_name, to_upper(options.server_name));
    copy_name(server_version, options.version);
    add_sections = options.add_sections;
    prepare_stack_walk();
    static const CrashStack own_stack;
    struct sigaction action = {};
    ::sigemptyset(&action.sa_mask);
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
    action.sa_sigaction = on_crash;
    for (const int number : kCrashSignals) ::sigaction(number, &action, nullptr);
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
    action.sa_sigaction = on_stop;
    ::sigaction(stop_signal(), &action, nullptr);
}

void remove_crash_handler() {
    struct sigaction action = {};
    action.sa_handler = SIG_DFL;
    for (const int number : kCrashSignals) ::sigaction(number, &action, nullptr);
}

// Room for the walker and the report's buffers, with an unmapped page below.
static constexpr size_t kHandlerStackBytes = size_t{256} << 10;
static constexpr size_t kGuardBytes = 4096;

CrashStack::CrashStack() {
    void* memory = ::mmap(nullptr, kHandlerStackBytes + kGuardBytes, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (memory == MAP_FAILED) return;  // the handler then runs on the thread's own stack
    memory_ = memory;
    ::mprotect(memory_, kGuardBytes, PROT_NONE);
    stack_t stack = {};
    stack.ss_sp = static_cast<char*>(memory_) + kGuardBytes;
    stack.ss_size = kHandlerStackBytes;
    ::sigaltstack(&stack, nullptr);
}

CrashStack::~CrashStack() {
    if (memory_ == nullptr) return;
    stack_t off = {};
    off.ss_flags = SS_DISABLE;
    ::sigaltstack(&off, nullptr);
    ::munmap(memory_, kHandlerStackBytes + kGuardBytes);
}

}  // namespace rota
