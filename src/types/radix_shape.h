// SPDX-License-Identifier: BSD-3-Clause
// RadixShape: how many nodes a radix tree of ids has in which a run of bytes without a choice is
// one node. Valkey keeps streams in such a tree, and XINFO STREAM tells its size. Pure values; any
// thread.
#pragma once

#include <cstddef>

#include "types/stream_id.h"

namespace rota {

class RadixShape {
public:
    void add(const StreamId&);  // greater than all before
    size_t nodes() const;

private:
    static constexpr int kDepth = StreamId::kEncodedBytes;
    static constexpr int kRoot = -1;

    // A node for the bytes between the byte chosen at `above` and the choice at `below`, if any.
    static size_t run(int above, int below) { return below - above > 1 ? 1 : 0; }

    int branches_[kDepth];  // choices on the way to the latest id, by how many bytes lie above them
    int open_ = 0;
    size_t nodes_ = 0;  // all but what is above the latest id and below its last choice
    bool any_ = false;
    StreamId latest_;
};

}  // namespace rota
