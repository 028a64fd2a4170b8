// SPDX-License-Identifier: BSD-3-Clause
#include "transports/rdma/handover.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <mutex>
#include <vector>

#include "transports/sockets.h"

namespace rota::rdma {
namespace {

struct Pending {
    rdma_cm_id* request;
    ino_t pipe;  // a number of its own, unlike the descriptor
    UniqueFd held;
};

struct Counter {
    std::mutex mutex;
    std::vector<Pending> pending;  // a few at most: they are adopted within a turn
};

Counter& counter() {
    static Counter one;
    return one;
}

void refuse(rdma_cm_id* request) {
    ::rdma_reject(request, nullptr, 0);
    ::rdma_destroy_id(request);
}

ino_t pipe_number(int descriptor) {
    struct stat about {};
    return ::fstat(descriptor, &about) == 0 && S_ISFIFO(about.st_mode) ? about.st_ino : 0;
}

bool abandoned(const Pending& pending) {
    pollfd other{.fd = pending.held.get(), .events = POLLIN, .revents = 0};
    return ::poll(&other, 1, 0) == 1 && (other.revents & POLLHUP) != 0;
}

}  // namespace

int hand_over(rdma_cm_id* request) {
    Counter& all = counter();
    const std::lock_guard lock(all.mutex);
    std::erase_if(all.pending, [](const Pending& pending) {
        if (!abandoned(pending)) return false;
        refuse(pending.request);
        return true;
    });
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) {
        refuse(request);
        return -1;
    }
    all.pending.push_back({request, pipe_number(ends[1]), UniqueFd(ends[0])});
    return ends[1];
}

bool is_request(int descriptor) {
    const ino_t pipe = pipe_number(descriptor);
    Counter& all = counter();
    const std::lock_guard lock(all.mutex);
    return std::ranges::any_of(all.pending,
                               [pipe](const Pending& pending) { return pending.pipe == pipe; });
}

rdma_cm_id* take_over(int descriptor) {
    const ino_t pipe = pipe_number(descriptor);
    if (pipe == 0) return nullptr;
    Counter& all = counter();
    const std::lock_guard lock(all.mutex);
    for (auto pending = all.pending.begin(); pending != all.pending.end(); ++pending) {
        if (pending->pipe != pipe) continue;
        rdma_cm_id* request = pending->request;
        all.pending.erase(pending);
        ::close(descriptor);
        return request;
    }
    return nullptr;
}

}  // namespace rota::rdma
