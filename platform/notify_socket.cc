// SPDX-License-Identifier: BSD-3-Clause
// The protocol is one datagram to a Unix socket; this is for builds without libsystemd.
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "platform/file.h"
#include "platform/notify.h"

namespace rota {

Result<bool> notify_systemd(const std::string& state) {
    const char* path = std::getenv("NOTIFY_SOCKET");
    if (path == nullptr) return false;
    struct sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    const size_t length = std::strlen(path);
    // A leading '@' stands for the zero byte of an abstract name.
    if ((path[0] != '/' && path[0] != '@') || length >= sizeof address.sun_path) {
        return fail_errno("cannot use NOTIFY_SOCKET", EINVAL);
    }
    std::memcpy(address.sun_path, path, length);
    if (path[0] == '@') address.sun_path[0] = '\0';
    const FileDescriptor fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (!fd.valid()) return fail_errno("cannot notify systemd", errno);
    const auto size = static_cast<socklen_t>(offsetof(struct sockaddr_un, sun_path) + length);
    const ssize_t sent = ::sendto(fd.get(), state.data(), state.size(), MSG_NOSIGNAL,
                                  reinterpret_cast<const struct sockaddr*>(&address), size);
    if (sent < 0) return fail_errno("cannot notify systemd", errno);
    return true;
}

}  // namespace rota
