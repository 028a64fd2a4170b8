// SPDX-License-Identifier: BSD-3-Clause
// Replies from a hostile server. However the wire is cut, the parser must build the same trees and
// give the same error; the skipper, which reads less, must find every end that the parser finds.
#include <string>
#include <vector>

#include "proto/reply_parser.h"
#include "proto/reply_skipper.h"
#include "tests/fuzz/check.h"

namespace rota::fuzz {
namespace {

bool same(const ReplyValue& left, const ReplyValue& right);

bool same(const std::vector<ReplyValue>& left, const std::vector<ReplyValue>& right) {
    if (left.size() != right.size()) return false;
    for (size_t i = 0; i != left.size(); ++i) {
        if (!same(left[i], right[i])) return false;
    }
    return true;
}

// The number of a double is left out: its text says the same and has no NaN.
bool same(const ReplyValue& left, const ReplyValue& right) {
    return left.type == right.type && left.boolean == right.boolean &&
           Slice(left.format, 3) == Slice(right.format, 3) && left.integer == right.integer &&
           left.text == right.text && same(left.elements, right.elements) &&
           same(left.attributes, right.attributes);
}

struct Outcome {
    std::vector<ReplyValue> replies;
    std::vector<size_t> ends;
    std::string error;
};

Outcome parse_in_pieces(Slice wire, Cutter cutter) {
    Outcome outcome;
    ReplyParser parser;
    size_t begin = 0, arrived = 0;
    while (arrived < wire.size() && outcome.error.empty()) {
        arrived += cutter.next(wire.size() - arrived);
        while (true) {
            const ExactCopy bytes(wire.substr(begin, arrived - begin));
            const ParseStatus status = parser.parse(bytes.view());
            if (status == ParseStatus::need_more) break;
            if (status == ParseStatus::invalid) {
                outcome.error = parser.error();
                ASSERT(!outcome.error.empty());
                break;
            }
            ASSERT(parser.consumed() > 0);
            ASSERT(parser.consumed() <= bytes.view().size());
            begin += parser.consumed();
            outcome.ends.push_back(begin);
            outcome.replies.push_back(parser.take());
        }
    }
    return outcome;
}

void check_same(const Outcome& left, const Outcome& right) {
    ASSERT(left.error == right.error);
    ASSERT(left.ends == right.ends);
    ASSERT(same(left.replies, right.replies));
}

void check_skipper(Slice wire, const Outcome& parsed) {
    size_t begin = 0;
    for (size_t i = 0; i != parsed.ends.size(); ++i) {
        const ExactCopy bytes(wire.substr(begin, parsed.ends[i] - begin));
        const ReplyCount count = count_replies(bytes.view());
        const bool is_push = parsed.replies[i].type == ReplyType::push;
        ASSERT(!count.invalid);
        ASSERT(count.consumed == bytes.view().size());
        ASSERT(count.replies == (is_push ? 0u : 1u));
        ASSERT(count.pushes == (is_push ? 1u : 0u));
        ASSERT(count.errors == (parsed.replies[i].is_error() ? 1u : 0u));
        begin = parsed.ends[i];
    }
}

void check_skipper_in_pieces(Slice wire, Cutter cutter) {
    const ReplyCount whole = count_replies(wire);
    ReplySkipper skipper;
    ReplyCount sum;
    for (size_t at = 0; at < wire.size() && !sum.invalid;) {
        const size_t size = cutter.next(wire.size() - at);
        const ExactCopy bytes(wire.substr(at, size));
        const ReplyCount count = skipper.skip(bytes.view());
        if (count.consumed != 0) sum.consumed = at + count.consumed;
        sum.replies += count.replies;
        sum.errors += count.errors;
        sum.pushes += count.pushes;
        sum.invalid = count.invalid;
        at += size;
    }
    ASSERT(sum.consumed == whole.consumed);
    ASSERT(sum.replies == whole.replies);
    ASSERT(sum.errors == whole.errors);
    ASSERT(sum.pushes == whole.pushes);
    ASSERT(sum.invalid == whole.invalid);
}

}  // namespace
}  // namespace rota::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace rota::fuzz;
    const rota::Slice wire(reinterpret_cast<const char*>(data), size);
    const Outcome whole = parse_in_pieces(wire, {Cutter::Pieces::whole, 0});
    check_same(parse_in_pieces(wire, {Cutter::Pieces::random, size}), whole);
    if (size <= 1024) {  // quadratic in the size
        check_same(parse_in_pieces(wire, {Cutter::Pieces::single_bytes, 0}), whole);
    }
    check_skipper(wire, whole);
    check_skipper_in_pieces(wire, {Cutter::Pieces::random, size});
    check_skipper_in_pieces(wire, {Cutter::Pieces::single_bytes, 0});
    return 0;
}
