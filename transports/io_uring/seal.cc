// SPDX-License-Identifier: BSD-3-Clause
#include "transports/io_uring/seal.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <iterator>

namespace rota::uring {

namespace {

std::atomic<bool> forbidden{false};

}  // namespace

bool new_rings_forbidden() { return forbidden.load(std::memory_order_relaxed); }

// io_uring_setup has one number on every architecture, so the filter need not ask which this is.
Result<> forbid_new_rings() {
    sock_filter program[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_uring_setup, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    sock_fprog filter{.len = std::size(program), .filter = program};
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return fail_errno("PR_SET_NO_NEW_PRIVS", errno);
    // TSYNC: a positive result is a thread that could not follow.
    const long result =
        ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &filter);
    if (result < 0) return fail_errno("seccomp", errno);
    if (result > 0) return fail("seccomp: a thread has a filter of its own", EBUSY);
    forbidden.store(true, std::memory_order_relaxed);
    return {};
}

}  // namespace rota::uring
