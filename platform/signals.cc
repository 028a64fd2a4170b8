// SPDX-License-Identifier: BSD-3-Clause
#include "platform/signals.h"

#include <signal.h>
#include <unistd.h>

#include <cerrno>

#include "platform/assert.h"

namespace rota {

namespace {

// Handlers take no argument of ours, so this state has to be global.
std::atomic<std::atomic<int>*> flag{nullptr};
std::atomic<Wakeup*> waker{nullptr};

void on_shutdown_signal(int signal_number) {
    const int saved_errno = errno;
    std::atomic<int>* const target = flag.load(std::memory_order_acquire);  // with install
    if (target != nullptr) {
        const int before = target->exchange(signal_number, std::memory_order_relaxed);
        if (before == SIGINT && signal_number == SIGINT) ::_exit(1);
    }
    if (Wakeup* const wakeup = waker.load(std::memory_order_acquire)) wakeup->notify();
    errno = saved_errno;
}

void set_handler(int signal_number, void (*handler)(int)) {
    struct sigaction action = {};
    action.sa_handler = handler;
    ::sigemptyset(&action.sa_mask);
    const int failed = ::sigaction(signal_number, &action, nullptr);
    ASSERT(failed == 0);
}

}  // namespace

void install_shutdown_signals(std::atomic<int>& last_signal, Wakeup* wakeup) {
    flag.store(&last_signal, std::memory_order_release);
    waker.store(wakeup, std::memory_order_release);
    set_handler(SIGTERM, on_shutdown_signal);
    set_handler(SIGINT, on_shutdown_signal);
}

void ignore_hangup_and_pipe() {
    set_handler(SIGHUP, SIG_IGN);
    set_handler(SIGPIPE, SIG_IGN);
}

void restore_default_signals() {
    for (const int number :
         {SIGTERM, SIGINT, SIGHUP, SIGPIPE, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGALRM}) {
        set_handler(number, SIG_DFL);
    }
}

}  // namespace rota
