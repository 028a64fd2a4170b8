// SPDX-License-Identifier: BSD-3-Clause
// Model: what a correct server answers. The state of the keys is a vector of numbers, one for each
// key, each standing for a string that the model has met: states are small, quick to copy and to
// compare, whatever the length of the strings.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "tests/history/history.h"

namespace rota::history {

class Model {
public:
    // By key: 0 when there is none, otherwise the number of its string.
    using State = std::vector<uint32_t>;

    // Does the operation to the state and returns the reply, in RESP2.
    std::string run(State&, const Operation&);

    uint32_t number(std::string text);
    const std::string& text(uint32_t number) const { return *texts_[number - 1]; }

private:
    std::string run(State&, const Call&);
    std::string increment(uint32_t& value);
    size_t length(uint32_t number) const { return number ? text(number).size() : 0; }

    std::unordered_map<std::string, uint32_t> numbers_;
    std::vector<const std::string*> texts_;  // the keys of numbers_, which never move
};

}  // namespace rota::history
