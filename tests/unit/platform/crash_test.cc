// SPDX-License-Identifier: BSD-3-Clause
#include "platform/crash.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <thread>

#include "platform/assert.h"
#include "platform/cpu.h"
#include "platform/file.h"
#include "platform/log.h"
#include "temp_folder.h"

namespace rota {
namespace {

struct Outcome {
    int signal_number = 0;
    std::string report;
    double seconds = 0;
};

// Runs `crash` in a child that logs to a file, and reads what it left.
Outcome run_and_crash(const CrashOptions& options, const std::function<void()>& crash) {
    const TempFolder folder;
    const auto start = std::chrono::steady_clock::now();
    const pid_t child = ::fork();
    if (child == 0) {
        const struct rlimit no_core = {0, 0};
        ::setrlimit(RLIMIT_CORE, &no_core);
        LogOptions log_options;
        log_options.file = folder.path("log");
        if (!log_configure(log_options)) ::_exit(1);
        install_crash_handler(options);
        crash();
        ::_exit(0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    Outcome outcome;
    outcome.seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    outcome.signal_number = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    outcome.report = read_file(folder.path("log")).value_or("");
    return outcome;
}

bool has(const Outcome& outcome, const std::string& text) {
    return outcome.report.find(text) != std::string::npos;
}

#ifdef __SANITIZE_THREAD__
constexpr int kSanitizerThreads = 1;  // its own, which answers nobody
#else
constexpr int kSanitizerThreads = 0;
#endif

std::string answers(int answered, int asked) {
    return std::to_string(answered) + " of " + std::to_string(asked + kSanitizerThreads) +
           " other threads answered";
}

// Pages that nobody may touch, so that the address in the report is known.
volatile char* forbidden_page() {
    return static_cast<char*>(::mmap(nullptr, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
}

[[gnu::noinline]] void touch_forbidden() {
    *forbidden_page() = 1;
    asm volatile("");  // keeps this frame: no tail call
}

TEST(Crash, ReportsTheFaultAndItsStack) {
    const Outcome outcome =
        run_and_crash({.server_name = "Rota", .version = "1.2.3"}, touch_forbidden);
    EXPECT_EQ(outcome.signal_number, SIGSEGV);
    EXPECT_TRUE(has(outcome, "=== ROTA BUG REPORT START: Cut & paste starting from here ==="));
    EXPECT_TRUE(has(outcome, "ROTA 1.2.3 crashed by signal: 11, si_code: 2"));
    EXPECT_TRUE(has(outcome, "Accessing address: 0x"));
    EXPECT_TRUE(has(outcome, "------ REGISTERS ------"));
    EXPECT_TRUE(has(outcome, "------ STACK TRACE ------"));
    EXPECT_TRUE(has(outcome, "#0 0x"));
    EXPECT_TRUE(has(outcome, "#3 0x"));  // it did not stop at the signal frame
    EXPECT_TRUE(has(outcome, "test_platform(+0x"));
    EXPECT_TRUE(has(outcome, answers(0, 0)));
    EXPECT_TRUE(has(outcome, "=== ROTA BUG REPORT END")) << outcome.report;
}

TEST(Crash, ReportsEveryThread) {
    const Outcome outcome = run_and_crash({}, [] {
        std::atomic<int> ready{0};
        for (const char* name : {"io_1", "io_2"}) {
            std::thread([name, &ready] {
                set_thread_name(name);
                ++ready;
                for (;;) ::pause();
            }).detach();
        }
        while (ready < 2) std::this_thread::yield();
        std::abort();
    });
    EXPECT_EQ(outcome.signal_number, SIGABRT);
    EXPECT_TRUE(has(outcome, answers(2, 2)));
    EXPECT_TRUE(has(outcome, " io_1\n#0 0x"));
    EXPECT_TRUE(has(outcome, " io_2\n#0 0x"));
}

std::atomic<int> asked_of_other{0}, answered_by_other{0};

// What IO threads do: they answer whoever asks.
void answer_for_ever() {
    for (;;) answered_by_other = asked_of_other.load();
}

bool other_thread_answers() {
    using std::chrono::steady_clock;
    const int question = ++asked_of_other;
    const auto deadline = steady_clock::now() + std::chrono::milliseconds(100);
    while (steady_clock::now() < deadline)
        if (answered_by_other == question) return true;
    return false;
}

TEST(Crash, StopsAllOtherThreadsBeforeItSaysAnything) {
    CrashOptions options;
    options.add_sections = [](CrashWriter& out) {
        out.text(other_thread_answers() ? "another thread goes on" : "all have stopped");
    };
    const Outcome outcome = run_and_crash(options, [] {
        std::thread(answer_for_ever).detach();
        while (!other_thread_answers()) continue;
        std::abort();
    });
    EXPECT_EQ(outcome.signal_number, SIGABRT);
    EXPECT_TRUE(has(outcome, "all have stopped")) << outcome.report;
}

TEST(Crash, DoesNotWaitLongForAThreadThatCannotAnswer) {
    const Outcome outcome = run_and_crash({}, [] {
        std::atomic<bool> ready{false};
        std::thread([&] {
            sigset_t all;
            ::sigfillset(&all);
            ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
            ready = true;
            for (;;) ::pause();
        }).detach();
        while (!ready) std::this_thread::yield();
        std::abort();
    });
    EXPECT_TRUE(has(outcome, answers(0, 1)));
    EXPECT_TRUE(has(outcome, "=== ROTA BUG REPORT END"));
    EXPECT_LT(outcome.seconds, 4.0);
}

TEST(Crash, ReportsAnAssertion) {
    const Outcome outcome = run_and_crash({}, [] { ASSERT(::getpid() == 0); });
    EXPECT_EQ(outcome.signal_number, SIGABRT);
    EXPECT_TRUE(has(outcome, "=== ASSERTION FAILED ==="));
    EXPECT_TRUE(has(outcome, "'::getpid() == 0' is not true"));
    EXPECT_TRUE(has(outcome, "crashed by signal: 6"));
}

TEST(Crash, AddsWhatTheServerHasToSay) {
    CrashOptions options;
    options.add_sections = [](CrashWriter& out) {
        out.text("------ INFO ------\nnumber:").decimal(-42).text(" ").hex(255).text("\n");
    };
    const Outcome outcome = run_and_crash(options, [] { ::raise(SIGFPE); });
    EXPECT_EQ(outcome.signal_number, SIGFPE);
    EXPECT_TRUE(has(outcome, "------ INFO ------\nnumber:-42 0xff\n"));
}

TEST(Crash, EndsWhenTheReportItselfFaults) {
    if (kSanitizerThreads > 0)
        GTEST_SKIP() << "ThreadSanitizer blocks all signals while a handler runs: the second fault "
                        "ends the process at once";
    CrashOptions options;
    options.add_sections = [](CrashWriter& out) {
        out.text("unfinished section");
        touch_forbidden();
    };
    const Outcome outcome = run_and_crash(options, touch_forbidden);
    EXPECT_EQ(outcome.signal_number, SIGSEGV);
    EXPECT_TRUE(has(outcome, "unfinished section\nThe report itself crashed"));
    EXPECT_LT(outcome.seconds, 4.0);
}

TEST(Crash, EndsWhenTheProgramCounterIsGarbage) {
    const Outcome outcome = run_and_crash({}, [] {
        auto* nowhere = reinterpret_cast<void (*)()>(reinterpret_cast<uintptr_t>(forbidden_page()));
        nowhere();
    });
    EXPECT_EQ(outcome.signal_number, SIGSEGV);
    EXPECT_TRUE(has(outcome, "Crashed running the instruction at: 0x"));
    EXPECT_LT(outcome.seconds, 4.0);
}

[[gnu::noinline]] size_t overflow_the_stack(size_t depth) {
    volatile char frame[4096];
    frame[depth % sizeof frame] = 1;
    if (depth == SIZE_MAX) return 0;  // never
    return overflow_the_stack(depth + 1) + static_cast<size_t>(frame[0]);
}

TEST(Crash, ReportsAStackOverflow) {
    const Outcome outcome = run_and_crash({}, [] {
        const struct rlimit small = {1 << 20, 1 << 20};
        ::setrlimit(RLIMIT_STACK, &small);
        overflow_the_stack(0);
    });
    EXPECT_EQ(outcome.signal_number, SIGSEGV);
    EXPECT_TRUE(has(outcome, "#5 0x"));
    EXPECT_TRUE(has(outcome, "=== ROTA BUG REPORT END"));
}

TEST(Crash, LeavesTheDefaultsWhenRemoved) {
    const Outcome outcome = run_and_crash({}, [] {
        remove_crash_handler();
        touch_forbidden();
    });
    EXPECT_EQ(outcome.signal_number, SIGSEGV);
    EXPECT_EQ(outcome.report, "");
}

}  // namespace
}  // namespace rota
