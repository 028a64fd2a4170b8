// SPDX-License-Identifier: BSD-3-Clause
#include "transports/epoll/transmit.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>

namespace rota {
namespace {

constexpr size_t kVectorsMax = 256;  // chunks per system call; the kernel's own limit is 1024

// One call's worth of chunks.
struct Gather {
    iovec vectors[kVectorsMax];
    size_t count;
    size_t bytes;
};

void gather(Gather& to, std::span<const Slice> chunks, size_t skip) {
    to.count = to.bytes = 0;
    for (const Slice& chunk : chunks) {
        const size_t length = std::min(chunk.size() - skip, kTransmitQuota - to.bytes);
        if (length != 0) {
            to.vectors[to.count++] = {const_cast<char*>(chunk.data() + skip), length};
            to.bytes += length;
        }
        skip = 0;
        if (to.count == kVectorsMax || to.bytes == kTransmitQuota) return;
    }
}

ssize_t send_gathered(int fd, Gather& what) {
    msghdr message{};
    message.msg_iov = what.vectors;
    message.msg_iovlen = what.count;
    return ::sendmsg(fd, &message, MSG_NOSIGNAL);
}

// Drops the chunks that `bytes` covers; what remains of the first one left is behind `skip`.
void advance(std::span<const Slice>& chunks, size_t& skip, size_t bytes) {
    while (!chunks.empty() && bytes >= chunks.front().size() - skip) {
        bytes -= chunks.front().size() - skip;
        skip = 0;
        chunks = chunks.subspan(1);
    }
    skip += bytes;
}

TransmitStatus classify(int code) {
    return code == EAGAIN || code == EWOULDBLOCK ? TransmitStatus::blocked : TransmitStatus::broken;
}

Transmitted transmit_many(int fd, std::span<const Slice> chunks, size_t skip) {
    Transmitted result;
    Gather batch;
    while (true) {
        gather(batch, chunks, skip);
        if (batch.bytes == 0) return result;
        if (result.bytes >= kTransmitQuota) {
            result.status = TransmitStatus::quota;
            return result;
        }
        const ssize_t taken = send_gathered(fd, batch);
        ++result.calls;
        if (taken < 0) {
            if (errno == EINTR) continue;
            result.status = classify(errno);
            result.error = errno;
            return result;
        }
        result.bytes += static_cast<size_t>(taken);
        if (static_cast<size_t>(taken) < batch.bytes) {
            result.status = TransmitStatus::blocked;
            return result;
        }
        advance(chunks, skip, batch.bytes);
    }
}

}  // namespace

Transmitted transmit(int fd, std::span<const Slice> chunks, size_t skip) {
    // Nearly every reply is one short chunk: it needs no vectors.
    if (chunks.size() != 1 || chunks[0].size() - skip > kTransmitQuota || chunks[0].empty())
        return transmit_many(fd, chunks, skip);
    const Slice chunk = chunks[0].substr(skip);
    Transmitted result;
    ssize_t taken;
    do {
        taken = ::send(fd, chunk.data(), chunk.size(), MSG_NOSIGNAL);
        ++result.calls;
    } while (taken < 0 && errno == EINTR);
    if (taken < 0) {
        result.status = classify(errno);
        result.error = errno;
        return result;
    }
    result.bytes = static_cast<size_t>(taken);
    if (result.bytes < chunk.size()) result.status = TransmitStatus::blocked;
    return result;
}

}  // namespace rota
