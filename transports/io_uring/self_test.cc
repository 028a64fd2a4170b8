// SPDX-License-Identifier: BSD-3-Clause
#include "transports/io_uring/self_test.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "transports/io_uring/abi.h"

namespace rota::uring {
namespace {

constexpr int64_t kPatienceNs = 1'000'000'000;
constexpr uint64_t kReceiveTag = 1, kSendTag = 2, kCancelTag = 3;

struct Answer {
    uint64_t tag;
    int32_t result;
    uint32_t flags;
};

// The next completion; a tag of 0 if none comes.
Answer next(Ring& ring) {
    if (ring.front() == nullptr) ring.enter(1, kPatienceNs, true);
    const io_uring_cqe* entry = ring.front();
    if (entry == nullptr) return {};
    const Answer answer{entry->user_data, entry->res, entry->flags};
    ring.pop();
    return answer;
}

Result<> lacks(const char* what, int result) {
    return fail(std::string("io_uring of this kernel fails the self-test: ") + what + " (result " +
                    std::to_string(result) + ")",
                ENOSYS);
}

// One armed receive brings two messages, each with its bytes where they are said to be.
Result<> test_receive(Ring& ring, BufferRing& buffers, int here, int there) {
    io_uring_sqe& entry = ring.prepare();
    entry.opcode = IORING_OP_RECV;
    entry.fd = here;
    entry.ioprio = IORING_RECV_MULTISHOT | IORING_RECVSEND_POLL_FIRST;
    entry.flags = IOSQE_BUFFER_SELECT;
    entry.buf_group = kBufferGroup;
    entry.user_data = kReceiveTag;
    ring.enter(0, 0, true);
    for (const Slice text : {Slice("first"), Slice("second one")}) {
        if (::send(there, text.data(), text.size(), MSG_NOSIGNAL) != ssize_t(text.size()))
            return fail_errno("send", errno);
        const Answer got = next(ring);
        const bool armed = (got.flags & IORING_CQE_F_MORE) != 0;
        if (got.tag != kReceiveTag || got.result != int32_t(text.size()) || !armed ||
            (got.flags & IORING_CQE_F_BUFFER) == 0)
            return lacks("multishot receive", got.result);
        const uint32_t buffer = got.flags >> IORING_CQE_BUFFER_SHIFT;
        const bool goes_on = buffers.incremental() && (got.flags & kCqeBufferMore) != 0;
        const bool same = buffers.take(buffer, text.size(), goes_on) == text;
        buffers.give_back(BufferId{buffer});
        if (!same) return lacks("buffers", got.result);
    }
    io_uring_sqe& cancel = ring.prepare();
    cancel.opcode = IORING_OP_ASYNC_CANCEL;
    cancel.fd = -1;
    cancel.addr = kReceiveTag;
    cancel.user_data = kCancelTag;
    for (int i = 0; i < 2; ++i) {
        const Answer got = next(ring);
        const int expected = got.tag == kReceiveTag ? -ECANCELED : 0;
        if (got.tag == 0 || got.result != expected) return lacks("cancel", got.result);
    }
    return {};
}

// Quick sends: without a word while they fit, with one when they do not.
Result<> test_quick_send(Ring& ring, int here) {
    const std::string bytes(size_t{64} << 10, 'x');
    for (int i = 0; i < 1000; ++i) {
        io_uring_sqe& entry = ring.prepare();
        entry.opcode = IORING_OP_SEND;
        entry.fd = here;
        entry.addr = reinterpret_cast<uint64_t>(bytes.data());
        entry.len = static_cast<uint32_t>(bytes.size());
        entry.msg_flags = MSG_DONTWAIT | MSG_WAITALL | MSG_NOSIGNAL;
        entry.flags = IOSQE_CQE_SKIP_SUCCESS;
        entry.user_data = kSendTag;
        ring.enter(0, 0, false);
        const io_uring_cqe* told = ring.front();
        if (told == nullptr) continue;
        const int result = told->res;
        ring.pop();
        const bool full = result == -EAGAIN || (result > 0 && result < int(bytes.size()));
        return i > 0 && full ? Result<>() : lacks("quick send", result);
    }
    return lacks("quick send to a full socket", 0);
}

}  // namespace

Result<> self_test(Ring& ring, BufferRing& buffers) {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) != 0)
        return fail_errno("socketpair", errno);
    const UniqueFd here(ends[0]), there(ends[1]);
    if (const Result<> done = test_receive(ring, buffers, here.get(), there.get()); !done)
        return done;
    return test_quick_send(ring, here.get());
}

}  // namespace rota::uring
