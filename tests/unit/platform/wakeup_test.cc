// SPDX-License-Identifier: BSD-3-Clause
#include "platform/wakeup.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>

#include <thread>

#include "platform/signals.h"

namespace rota {
namespace {

bool readable(const Wakeup& wakeup, int wait_ms) {
    struct pollfd entry = {wakeup.fd(), POLLIN, 0};
    return ::poll(&entry, 1, wait_ms) == 1;
}

TEST(Wakeup, CountsManyNotificationsAsOne) {
    Wakeup wakeup = Wakeup::create().value();
    EXPECT_FALSE(readable(wakeup, 0));
    EXPECT_FALSE(wakeup.drain());
    wakeup.notify();
    wakeup.notify();
    EXPECT_TRUE(readable(wakeup, 0));
    EXPECT_TRUE(wakeup.drain());
    EXPECT_FALSE(wakeup.drain());
    EXPECT_FALSE(readable(wakeup, 0));
}

TEST(Wakeup, ReachesAThreadThatWaits) {
    Wakeup wakeup = Wakeup::create().value();
    std::thread waker([&] { wakeup.notify(); });
    EXPECT_TRUE(readable(wakeup, 10'000));
    waker.join();
}

TEST(Signals, NoteTheShutdownSignalAndWakeTheOwner) {
    Wakeup wakeup = Wakeup::create().value();
    std::atomic<int> last_signal{0};
    install_shutdown_signals(last_signal, &wakeup);
    ::raise(SIGTERM);
    EXPECT_EQ(last_signal.load(), SIGTERM);
    EXPECT_TRUE(wakeup.drain());
    restore_default_signals();
}

TEST(Signals, EndAtOnceForTheSecondInterrupt) {
    EXPECT_EXIT(
        {
            std::atomic<int> last_signal{0};
            install_shutdown_signals(last_signal, nullptr);
            ::raise(SIGINT);
            ::raise(SIGINT);
        },
        testing::ExitedWithCode(1), "");
}

TEST(Signals, SurviveHangupAndBrokenPipe) {
    ignore_hangup_and_pipe();
    ::raise(SIGHUP);
    ::raise(SIGPIPE);
    restore_default_signals();
    EXPECT_EXIT(::raise(SIGHUP), testing::KilledBySignal(SIGHUP), "");
}

}  // namespace
}  // namespace rota
