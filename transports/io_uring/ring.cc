// SPDX-License-Identifier: BSD-3-Clause
#include "transports/io_uring/ring.h"

#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <utility>

#include "platform/assert.h"
#include "transports/io_uring/abi.h"

namespace rota::uring {
namespace {

// Best first. A kernel that does not know a flag says EINVAL to all of them.
constexpr uint32_t kBaseFlags =
    IORING_SETUP_CQSIZE | IORING_SETUP_CLAMP | IORING_SETUP_SUBMIT_ALL | IORING_SETUP_TASKRUN_FLAG;
constexpr uint32_t kFlagSets[] = {
    kBaseFlags | IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN,  // Linux 6.1
    kBaseFlags | IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_COOP_TASKRUN,   // Linux 6.0
    kBaseFlags | IORING_SETUP_COOP_TASKRUN,
};

constexpr uint32_t kFeaturesNeeded =
    IORING_FEAT_SINGLE_MMAP | IORING_FEAT_NODROP | IORING_FEAT_EXT_ARG | IORING_FEAT_CQE_SKIP;

// Nothing else may be asked of a restricted ring.
constexpr uint8_t kAllowedOps[] = {IORING_OP_RECV,        IORING_OP_SEND,       IORING_OP_SENDMSG,
                                   IORING_OP_ACCEPT,      IORING_OP_SENDMSG_ZC, IORING_OP_POLL_ADD,
                                   IORING_OP_ASYNC_CANCEL};

}  // namespace

Mapping::~Mapping() {
    if (at_ != nullptr) ::munmap(at_, size_);
}

Result<Mapping> Mapping::map(size_t size, int fd, uint64_t offset) {
    const int kind = fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE : MAP_SHARED;
    void* at = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, kind, fd, static_cast<off_t>(offset));
    if (at == MAP_FAILED) return fail_errno("mmap of io_uring memory", errno);
    Mapping mapping;
    mapping.at_ = at;
    mapping.size_ = size;
    if (::madvise(at, size, MADV_DONTFORK) != 0) return fail_errno("MADV_DONTFORK", errno);
    return mapping;
}

int set_up(const UringOptions& options, io_uring_params& params, SetupCall setup) {
    int fd = -EINVAL;
    for (const uint32_t flags : kFlagSets) {
        params = {};
        params.flags = flags | (options.restrict ? IORING_SETUP_R_DISABLED : 0u);
        params.cq_entries = options.completions;
        fd = setup(options.submissions, &params);
        if (fd != -EINVAL) break;
    }
    return fd;
}

Result<Ring> Ring::create(const UringOptions& options) {
    Ring ring;
    io_uring_params params{};
    const int fd = set_up(options, params);
    if (fd < 0) return fail_errno("io_uring_setup", -fd);
    ring.fd_ = UniqueFd(fd);
    ring.features_ = params.features;
    if ((params.features & kFeaturesNeeded) != kFeaturesNeeded)
        return fail("io_uring of this kernel lacks features", ENOSYS);
    if (const Result<> mapped = ring.map(params); !mapped) return std::unexpected(mapped.error());

    // Saves the kernel a look-up in every call; without it, the plain descriptor does.
    io_uring_rsrc_update update{};
    update.offset = UINT32_MAX;
    update.data = static_cast<uint64_t>(ring.fd_.get());
    ring.enter_fd_ = ring.fd_.get();
    if (::io_uring_register(static_cast<unsigned>(ring.fd_.get()), IORING_REGISTER_RING_FDS,
                            &update, 1) == 1) {
        ring.enter_fd_ = static_cast<int>(update.offset);
        ring.enter_flags_ = IORING_ENTER_REGISTERED_RING;
    }
    if ((ring.features_ & kFeatureNoIowait) != 0) ring.enter_flags_ |= kEnterNoIowait;
    return ring;
}

Result<> Ring::map(const io_uring_params& params) {
    const size_t submission_bytes = params.sq_off.array + params.sq_entries * sizeof(uint32_t);
    const size_t completion_bytes = params.cq_off.cqes + params.cq_entries * sizeof(io_uring_cqe);
    Result<Mapping> queues =
        Mapping::map(std::max(submission_bytes, completion_bytes), fd_.get(), IORING_OFF_SQ_RING);
    if (!queues) return std::unexpected(queues.error());
    Result<Mapping> entries =
        Mapping::map(params.sq_entries * sizeof(io_uring_sqe), fd_.get(), IORING_OFF_SQES);
    if (!entries) return std::unexpected(entries.error());
    queues_ = std::move(*queues);
    entries_mapping_ = std::move(*entries);

    const auto word = [&](uint32_t offset) {
        return reinterpret_cast<uint32_t*>(queues_.at(offset));
    };
    entries_ = reinterpret_cast<io_uring_sqe*>(entries_mapping_.at());
    submission_khead_ = word(params.sq_off.head);
    submission_ktail_ = word(params.sq_off.tail);
    submission_kflags_ = word(params.sq_off.flags);
    submission_entries_ = params.sq_entries;
    submission_mask_ = *word(params.sq_off.ring_mask);
    completions_ = reinterpret_cast<io_uring_cqe*>(queues_.at(params.cq_off.cqes));
    completion_khead_ = word(params.cq_off.head);
    completion_ktail_ = word(params.cq_off.tail);
    completion_mask_ = *word(params.cq_off.ring_mask);
    // Entries are used in the order of their slots: the array that allows another is set once.
    for (uint32_t i = 0; i < params.sq_entries; ++i) word(params.sq_off.array)[i] = i;
    return {};
}

Result<> Ring::register_op(uint32_t op, void* argument, uint32_t count, const char* what) {
    const int done = ::io_uring_register(static_cast<unsigned>(fd_.get()), op, argument, count);
    return done < 0 ? Result<>(fail_errno(what, -done)) : Result<>();
}

Result<> Ring::enable(bool restricted) {
    if (!restricted) return {};
    io_uring_restriction rules[std::size(kAllowedOps) + 1] = {};
    size_t count = 0;
    for (const uint8_t op : kAllowedOps) {
        rules[count].opcode = IORING_RESTRICTION_SQE_OP;
        rules[count++].sqe_op = op;
    }
    rules[count].opcode = IORING_RESTRICTION_SQE_FLAGS_ALLOWED;
    rules[count++].sqe_flags = IOSQE_BUFFER_SELECT | IOSQE_CQE_SKIP_SUCCESS;
    const Result<> done = register_op(IORING_REGISTER_RESTRICTIONS, rules,
                                      static_cast<uint32_t>(count), "IORING_REGISTER_RESTRICTIONS");
    if (!done) return done;
    return register_op(IORING_REGISTER_ENABLE_RINGS, nullptr, 0, "IORING_REGISTER_ENABLE_RINGS");
}

io_uring_sqe& Ring::prepare_late() {
    if (late_.empty()) enter(0, 0, false);
    if (late_.empty() && queued() < submission_entries_) {
        io_uring_sqe& entry = entries_[tail_++ & submission_mask_];
        entry = io_uring_sqe{};
        return entry;
    }
    return late_.emplace_back();
}

void Ring::flush_late() {
    while (!late_.empty() && queued() < submission_entries_) {
        entries_[tail_++ & submission_mask_] = late_.front();
        late_.pop_front();
    }
}

void Ring::enter(uint32_t wait_count, int64_t wait_ns, bool gather, uint32_t min_wait_us) {
    do {
        flush_late();
        // Pairs with the kernel's acquire of the tail: the entries are filled.
        std::atomic_ref(*submission_ktail_).store(tail_, std::memory_order_release);
        // While entries are left over there will be something to do before a wait.
        const bool wait = wait_count != 0 && late_.empty();
        WaitArgument argument{.min_wait_us = min_wait_us};
        timespec limit{.tv_sec = wait_ns / 1'000'000'000, .tv_nsec = wait_ns % 1'000'000'000};
        if (wait && wait_ns >= 0) argument.timespec_at = reinterpret_cast<uint64_t>(&limit);
        uint32_t flags = enter_flags_;
        if (wait || gather) flags |= IORING_ENTER_GETEVENTS;
        if (wait) flags |= IORING_ENTER_EXT_ARG;
        const uint32_t before = submission_head();
        ++enters_;
        ::io_uring_enter2(static_cast<unsigned>(enter_fd_), queued(), wait ? wait_count : 0, flags,
                          reinterpret_cast<sigset_t*>(wait ? &argument : nullptr),
                          wait ? sizeof argument : 0);
        if (submission_head() == before) return;  // no memory just now: the next call tries again
    } while (!late_.empty());
}

}  // namespace rota::uring
