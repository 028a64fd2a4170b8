// SPDX-License-Identifier: BSD-3-Clause
#include "platform/wakeup.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

namespace rota {

Result<Wakeup> Wakeup::create() {
    FileDescriptor fd(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
    if (!fd.valid()) return fail_errno("cannot create an eventfd", errno);
    return Wakeup(std::move(fd));
}

void Wakeup::notify() noexcept {
    const int saved_errno = errno;  // a signal handler may be calling
    const uint64_t one = 1;
    // EAGAIN means that the counter is full, so the owner has a wakeup coming anyway.
    [[maybe_unused]] const ssize_t written = ::write(fd_.get(), &one, sizeof one);
    errno = saved_errno;
}

bool Wakeup::drain() noexcept {
    uint64_t count = 0;
    return ::read(fd_.get(), &count, sizeof count) == sizeof count;
}

}  // namespace rota
