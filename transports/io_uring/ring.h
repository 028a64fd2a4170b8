// SPDX-License-Identifier: BSD-3-Clause
// Ring: one io_uring. Submissions are prepared into memory that the kernel shares and leave with
// the next enter(); completions are read from memory that the kernel shares. See io_uring(7).
// Threading: one owner, the thread that creates it (IORING_SETUP_SINGLE_ISSUER).
// Full: prepare() never fails. A full submission queue is submitted; what even then has no room
// waits in order in a list of our own. Completions that find their queue full wait in the kernel.
#pragma once

#include <liburing.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>

#include "platform/result.h"
#include "transports/options.h"
#include "transports/sockets.h"

namespace rota::uring {

// A mapping of ours, unmapped at the end and not inherited by a fork(): a child never touches it.
class Mapping {
public:
    Mapping() = default;
    Mapping(Mapping&& other) noexcept
        : at_(std::exchange(other.at_, nullptr)), size_(std::exchange(other.size_, 0)) {}
    Mapping& operator=(Mapping&& other) noexcept {
        std::swap(at_, other.at_);
        std::swap(size_, other.size_);
        return *this;
    }
    ~Mapping();
    // fd -1: fresh memory.
    static Result<Mapping> map(size_t size, int fd, uint64_t offset);

    char* at(size_t offset = 0) const { return static_cast<char*>(at_) + offset; }
    size_t size() const { return size_; }

private:
    void* at_ = nullptr;
    size_t size_ = 0;
};

// Makes a ring with the best flags that `setup` does not refuse by EINVAL, and says in `params`
// what the kernel answered; returns its descriptor or a negative errno value. `setup` is the system
// call but in tests.
using SetupCall = int (*)(unsigned entries, io_uring_params*);
int set_up(const UringOptions& options, io_uring_params& params,
           SetupCall setup = ::io_uring_setup);

class Ring {
public:
    // A ring that is still disabled if the options ask for restrictions: enable() is the last step.
    static Result<Ring> create(const UringOptions& options);
    Ring(Ring&&) = default;
    Ring& operator=(Ring&&) = default;

    Result<> register_op(uint32_t op, void* argument, uint32_t count, const char* what);
    Result<> enable(bool restricted);
    uint32_t features() const { return features_; }
    int fd() const { return fd_.get(); }

    // A cleared entry to be filled before the next call of anything here.
    io_uring_sqe& prepare() {
        ++prepared_;
        if (queued() == submission_entries_ || !late_.empty()) [[unlikely]]
            return prepare_late();
        io_uring_sqe& entry = entries_[tail_++ & submission_mask_];
        entry = io_uring_sqe{};
        return entry;
    }
    // How many entries were ever prepared, and how many of them the kernel has taken.
    uint64_t prepared() const { return prepared_; }
    uint64_t consumed() const { return prepared_ - late_.size() - queued(); }

    // One system call: submits everything, then waits for `wait_count` completions (0: not at all)
    // or for wait_ns (-1: no limit). `gather` also has the kernel run what it deferred to us.
    // min_wait_us: for so long it waits for all of wait_count, then for any. Ends early on a
    // signal.
    void enter(uint32_t wait_count, int64_t wait_ns, bool gather, uint32_t min_wait_us = 0);

    size_t completions() const { return completion_tail() - completion_head_; }
    // The kernel holds more for us than the completion queue shows.
    bool has_deferred() const {
        return (flags().load(std::memory_order_relaxed) &
                (IORING_SQ_TASKRUN | IORING_SQ_CQ_OVERFLOW)) != 0;
    }
    bool overflowed() const {
        return (flags().load(std::memory_order_relaxed) & IORING_SQ_CQ_OVERFLOW) != 0;
    }
    // The oldest completion, null if there is none; pop() forgets it.
    const io_uring_cqe* front() const {
        if (completion_head_ == completion_tail()) return nullptr;
        return &completions_[completion_head_ & completion_mask_];
    }
    void pop() {
        ++completion_head_;
        // Pairs with the kernel's acquire of the head: the entry has been read.
        std::atomic_ref(*completion_khead_).store(completion_head_, std::memory_order_release);
    }
    // Positions in the stream of completions: front() is at head, the next to come at tail.
    uint32_t completion_head() const { return completion_head_; }
    uint32_t completion_tail() const {
        // Pairs with the kernel's release of the tail: the entries are written.
        return std::atomic_ref(*completion_ktail_).load(std::memory_order_acquire);
    }

    // One that front() has not reached yet.
    io_uring_cqe& completion_at(uint32_t position) {
        return completions_[position & completion_mask_];
    }

    uint64_t enters() const { return enters_; }

private:
    Ring() = default;
    Result<> map(const io_uring_params& params);
    io_uring_sqe& prepare_late();
    void flush_late();
    std::atomic_ref<uint32_t> flags() const { return std::atomic_ref(*submission_kflags_); }
    // Pairs with the kernel's release of the head: the entries are free again.
    uint32_t submission_head() const {
        return std::atomic_ref(*submission_khead_).load(std::memory_order_acquire);
    }
    uint32_t queued() const { return tail_ - submission_head(); }

    UniqueFd fd_;
    int enter_fd_ = -1;  // the registered index of fd_ where the kernel has them
    uint32_t enter_flags_ = 0;
    uint32_t features_ = 0;
    Mapping queues_;
    Mapping entries_mapping_;

    io_uring_sqe* entries_ = nullptr;
    uint32_t *submission_khead_ = nullptr, *submission_ktail_ = nullptr;
    uint32_t* submission_kflags_ = nullptr;
    uint32_t submission_entries_ = 0, submission_mask_ = 0;
    uint32_t tail_ = 0;
    uint64_t prepared_ = 0;
    std::deque<io_uring_sqe> late_;

    io_uring_cqe* completions_ = nullptr;
    uint32_t *completion_khead_ = nullptr, *completion_ktail_ = nullptr;
    uint32_t completion_mask_ = 0;
    uint32_t completion_head_ = 0;
    uint64_t enters_ = 0;
};

}  // namespace rota::uring
