// SPDX-License-Identifier: BSD-3-Clause
// Wakeup: a descriptor that becomes readable when somebody calls notify().
// Threading: notify() from any thread or signal handler; drain() by the one owner who polls fd().
// Many notifications before a drain count as one wakeup; none is lost.
#pragma once

#include "platform/file.h"
#include "platform/result.h"

namespace rota {

class Wakeup {
public:
    static Result<Wakeup> create();

    void notify() noexcept;
    // True if there was anything to drain.
    bool drain() noexcept;
    int fd() const { return fd_.get(); }

private:
    explicit Wakeup(FileDescriptor fd) : fd_(std::move(fd)) {}

    FileDescriptor fd_;
};

}  // namespace rota
