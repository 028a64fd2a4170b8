// SPDX-License-Identifier: BSD-3-Clause
// Says whether a history is linearizable: whether there is an order of its operations in which one
// thread, doing one after the other, would have given exactly the replies that were seen, and which
// contradicts neither the clock (what had returned comes before what was sent later) nor any
// connection (a pipeline happens in its order).
//
// The search is the one of Wing and Gong, "Testing and verifying concurrent objects" (1993), with
// the memory of Lowe, "Testing for linearizability" (2017): a set of operations done, together with
// the state it led to, is tried once. Since a connection's operations are done in their order, that
// set is one count for each connection. Three more things keep it short:
//   - Linearizability is a local property: keys that nothing joins are judged apart. An operation
//     on several keys joins them, and so does a pipeline, whose order the clock does not tell.
//   - What only reads, and has the right reply, is done at once: whatever order there is with it
//     later, there is one with it now.
//   - No order is followed that loses a value which a reply has yet to show: see sightings.h.
//
// Any thread, one check each. Memory grows with the steps taken, which are bounded.
#pragma once

#include <cstdint>
#include <string>

#include "tests/history/history.h"

namespace rota::history {

enum class Verdict : uint8_t { linearizable, refused, undecided };

struct Judgement {
    Verdict verdict = Verdict::linearizable;
    uint64_t steps = 0;   // operations tried
    std::string because;  // how far any order came, and what could not follow
};

// Some seconds of search; then the verdict is undecided.
inline constexpr uint64_t kStepsMax = 3'000'000;

Judgement check(const History&, uint64_t steps_max = kStepsMax);

}  // namespace rota::history
