// SPDX-License-Identifier: BSD-3-Clause
// What the kernel's io_uring interface has and the header of liburing 2.3 lacks, under names of our
// own, so that a newer header may define its own beside them. The values are kernel ABI and never
// change. Source: include/uapi/linux/io_uring.h of the release named in each line.
#pragma once

#include <liburing.h>

#include <cstdint>

namespace rota::uring {

// The header's own where it has one.
#ifdef IORING_CQE_F_BUF_MORE  // Linux 6.12
inline constexpr uint32_t kCqeBufferMore = IORING_CQE_F_BUF_MORE;
#else
inline constexpr uint32_t kCqeBufferMore = 1u << 4;
#endif

#ifdef IORING_FEAT_MIN_TIMEOUT  // Linux 6.12
inline constexpr uint32_t kFeatureMinWait = IORING_FEAT_MIN_TIMEOUT;
#else
inline constexpr uint32_t kFeatureMinWait = 1u << 15;
#endif

#ifdef IORING_FEAT_NO_IOWAIT  // Linux 6.15
inline constexpr uint32_t kFeatureNoIowait = IORING_FEAT_NO_IOWAIT;
#else
inline constexpr uint32_t kFeatureNoIowait = 1u << 17;
#endif

#ifdef IORING_ENTER_NO_IOWAIT  // Linux 6.15
inline constexpr uint32_t kEnterNoIowait = IORING_ENTER_NO_IOWAIT;
#else
inline constexpr uint32_t kEnterNoIowait = 1u << 7;
#endif

// Enumerators, which the preprocessor cannot see.
inline constexpr uint16_t kBufferRingIncremental = 2;  // IOU_PBUF_RING_INC, Linux 6.12
inline constexpr uint32_t kRegisterNapi = 27;          // IORING_REGISTER_NAPI, Linux 6.9

// struct io_uring_getevents_arg since Linux 6.12; `min_wait_us` was padding before.
struct WaitArgument {
    uint64_t signal_mask = 0;
    uint32_t signal_mask_size = 0;
    uint32_t min_wait_us = 0;
    uint64_t timespec_at = 0;
};

// struct io_uring_napi, Linux 6.9.
struct NapiArgument {
    uint32_t busy_poll_us = 0;
    uint8_t prefer_busy_poll = 0;
    uint8_t padding[3] = {};
    uint64_t reserved = 0;
};

}  // namespace rota::uring
