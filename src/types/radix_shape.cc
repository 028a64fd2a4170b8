// SPDX-License-Identifier: BSD-3-Clause
#include "types/radix_shape.h"

#include <bit>

namespace rota {
namespace {

int common_bytes(const StreamId& a, const StreamId& b) {
    if (a.ms != b.ms) return std::countl_zero(a.ms ^ b.ms) / 8;
    return 8 + std::countl_zero(a.seq ^ b.seq) / 8;
}

}  // namespace

void RadixShape::add(const StreamId& id) {
    ++nodes_;  // its end
    if (any_) {
        const int shared = common_bytes(latest_, id);
        int below = kDepth;
        while (open_ > 0 && branches_[open_ - 1] > shared) {
            nodes_ += run(branches_[open_ - 1], below);
            below = branches_[--open_];
        }
        nodes_ += run(shared, below);
        if (open_ == 0 || branches_[open_ - 1] != shared) {
            branches_[open_++] = shared;
            ++nodes_;
        }
    }
    any_ = true;
    latest_ = id;
}

size_t RadixShape::nodes() const {
    if (!any_) return 1;
    size_t nodes = nodes_;
    int below = kDepth;
    for (int i = open_; i > 0; --i) {
        nodes += run(branches_[i - 1], below);
        below = branches_[i - 1];
    }
    return nodes + run(kRoot, below);
}

}  // namespace rota
