// SPDX-License-Identifier: BSD-3-Clause
#include "transports/accepting.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <cerrno>

namespace rota {

bool is_about_one_peer(int code) {
    switch (code) {
        case EINTR:
        case ECONNABORTED:
        case EPROTO:
        case ENETDOWN:
        case ENOPROTOOPT:
        case EHOSTDOWN:
        case ENONET:
        case EHOSTUNREACH:
        case EOPNOTSUPP:
        case ENETUNREACH:
        case EPERM:
        case ETIMEDOUT:
        case ECONNRESET:
            return true;
        default:
            return false;
    }
}

bool DescriptorReserve::shed_one(int listener) {
    if (!fd_) return false;
    fd_.reset();
    UniqueFd refused(::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC));
    const bool done = static_cast<bool>(refused);
    refused.reset();
    refill();
    return done;
}

void DescriptorReserve::refill() {
    if (!fd_) fd_ = UniqueFd(::open("/dev/null", O_RDONLY | O_CLOEXEC));
}

}  // namespace rota
