// SPDX-License-Identifier: BSD-3-Clause
// For tests: the value of one reply, written as it comes over the wire.
#pragma once

#include "platform/assert.h"
#include "proto/reply_parser.h"

namespace rota {

inline ReplyValue reply_of(Slice wire) {
    ReplyParser parser;
    ASSERT(parser.parse(wire) == ParseStatus::complete);
    ASSERT(parser.consumed() == wire.size());
    return parser.take();
}

}  // namespace rota
