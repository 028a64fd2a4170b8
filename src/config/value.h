// SPDX-License-Identifier: BSD-3-Clause
// One directive's value: from words, to words. The reasons for a refusal are the ones that clients
// of CONFIG SET and readers of a failed start know.
// Threading: that of the options which a row is applied to.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "config/row.h"

namespace rota {

struct SetOutcome {
    std::string refusal;   // "": the value was taken
    bool changed = false;  // and differs from what was there
};

// A refused value changes nothing. `another`: see Codec.
SetOutcome set_value(const ConfigRow&, void* options, std::span<const Slice> words,
                     bool another = false);

// As CONFIG GET prints it.
std::string print_value(const ConfigRow&, const void* options);

// As a configuration file says it after the name: quoted where need be, memory in units; one string
// a line. Empty: the directive should not be there at all.
std::vector<std::string> file_values(const ConfigRow&, const void* options);

// "1gb", "3mb", "5kb" where that is exact, else plain bytes.
std::string format_memory(uint64_t bytes);

// What a value was, to bring it back exactly.
struct SavedValue {
    int64_t number = 0;
    std::string text;
};
SavedValue save_value(const ConfigRow&, void* options);
// False: the old value is no longer acceptable (a working directory that has gone).
bool restore_value(const ConfigRow&, void* options, const SavedValue&);

// The words of a value given as one argument: "" has none, a row without multi_arg takes it whole.
std::vector<Slice> split_value(const ConfigRow&, Slice value);

}  // namespace rota
