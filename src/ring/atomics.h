// SPDX-License-Identifier: BSD-3-Clause
// What the rings are made of. A ring takes this as a template argument, so that the model checker
// (tests/model) runs the very same code over atomics and memory of its own.
#pragma once

#include <atomic>

namespace rota {

struct StdAtomics {
    template <class T>
    using Atomic = std::atomic<T>;

    // Plain memory that one thread hands to another through an Atomic. The model checker's kind
    // reports two threads that touch it without such an order.
    template <class T>
    using Shared = T;
};

}  // namespace rota
