// SPDX-License-Identifier: BSD-3-Clause
#include "platform/parker.h"

#include <gtest/gtest.h>

#include <thread>

namespace rota {
namespace {

TEST(Parker, DoesNotSleepOnceSomebodyHasCalled) {
    Parker parker;
    parker.wake();
    parker.wake();
    parker.park();
}

TEST(Parker, NoCallIsLost) {
    constexpr int kRounds = 20000;
    Parker parker;
    std::atomic<int> said{0};
    std::thread sleeper([&] {
        for (int seen = 0; seen < kRounds;) {
            if (const int now = said.load(std::memory_order_relaxed); now != seen)
                seen = now;
            else
                parker.park();
        }
    });
    for (int i = 1; i <= kRounds; ++i) {
        said.store(i, std::memory_order_relaxed);
        parker.wake();
    }
    sleeper.join();
}

}  // namespace
}  // namespace rota
