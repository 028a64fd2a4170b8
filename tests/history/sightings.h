// SPDX-License-Identifier: BSD-3-Clause
// Sightings: which values the replies of a history still have to see. A value that only one
// operation can have made does not come back once it is replaced; so an order that replaces it
// before everybody who saw it has done so need not be followed any further. This is what makes
// histories with many overlapping writes quick to judge.
// Threading: one owner.
#pragma once

#include <cstdint>
#include <map>
#include <unordered_map>
#include <vector>

#include "tests/history/history.h"
#include "tests/history/model.h"

namespace rota::history {

class Sightings {
public:
    // Of the operations that a search will put into an order; they outlive this object.
    Sightings(const std::vector<const Operation*>&, Model&);

    void seen(const Operation& operation) { count(operation, -1); }
    void unseen(const Operation& operation) { count(operation, +1); }

    // Whether the step loses a value for good that somebody has yet to see.
    bool loses(const Model::State& before, const Model::State& after) const;

private:
    struct Sighting {
        uint32_t key, value;
        bool operator<(const Sighting& other) const {
            return key != other.key ? key < other.key : value < other.value;
        }
    };

    void count(const Operation&, int change);

    std::unordered_map<const Operation*, std::vector<Sighting>> of_operation_;
    std::map<Sighting, int> left_;  // only of values that cannot come back
};

}  // namespace rota::history
