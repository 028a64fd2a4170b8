// SPDX-License-Identifier: BSD-3-Clause
// Job: what travels through a ring, in one word: a pointer, and in its low three bits what it is
// for. A job never owns its target; who frees it is part of what each kind means.
// A default job is "no job", all bits zero, which the MPSC ring takes for an empty slot. Every
// other job is non-zero, because its target is not null.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "platform/assert.h"

namespace rota {

inline constexpr unsigned kJobKindBits = 3;

// `kLast` is the enum's greatest value. There is room for eight kinds, from 0 to 7.
template <class Kind, Kind kLast>
class Job {
    static_assert(std::is_enum_v<Kind>);
    static_assert(static_cast<uint64_t>(kLast) < (1u << kJobKindBits), "a kind has three bits");

public:
    constexpr Job() = default;

    template <class T>
    Job(Kind kind, T* target)
        : word_(reinterpret_cast<uintptr_t>(target) | static_cast<uintptr_t>(kind)) {
        static_assert(alignof(T) > kKindMask, "the kind lies in the low bits of the address");
        ASSERT(target != nullptr);
        ASSERT(kind <= kLast);
    }

    Kind kind() const { return static_cast<Kind>(word_ & kKindMask); }

    // The caller knows by the kind what it points to.
    template <class T>
    T* pointer() const {
        return reinterpret_cast<T*>(word_ & ~kKindMask);
    }

    explicit operator bool() const { return word_ != 0; }
    friend bool operator==(Job, Job) = default;

private:
    static constexpr uintptr_t kKindMask = (1u << kJobKindBits) - 1;

    uintptr_t word_ = 0;
};

}  // namespace rota
