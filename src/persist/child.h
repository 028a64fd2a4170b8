// SPDX-License-Identifier: BSD-3-Clause
// Child: a process forked to write a file while the server goes on; it sees the keyspace as it was
// at that moment. One at a time.
//
// Threading: executor only; the child has that thread alone. It closes every descriptor but stdout
// and stderr before it begins, and touches nothing but the keyspace.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>

#include "platform/result.h"

namespace rota {

class Child {
public:
    // What the child tells while it lives, in memory that both see.
    struct Progress {
        std::atomic<uint64_t> keys_done{0};
        std::atomic<uint64_t> cow_bytes{0};  // copied on write
    };

    Child();
    Child(const Child&) = delete;
    ~Child();  // a child that runs is killed

    // Runs `work` in a child, whose exit code is 0 if that succeeds. None may be running.
    Result<> start(const std::function<Result<>()>& work);
    bool running() const { return pid_ > 0; }
    pid_t pid() const { return pid_; }
    // Its wait status, once it has ended; it is then no more.
    std::optional<int> ended();
    int kill();  // its wait status

    Progress& progress() { return *progress_; }
    const Progress& progress() const { return *progress_; }

private:
    [[noreturn]] void run(const std::function<Result<>()>& work);

    Progress* progress_;
    pid_t pid_ = -1;
};

}  // namespace rota
