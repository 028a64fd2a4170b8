// SPDX-License-Identifier: BSD-3-Clause
// RequestTemplate: the bytes of one pipeline, built once, and where in it numbers have to be put
// before each send. Nothing is formatted or allocated per request.
//
// A *unit* is a command or a sequence of commands; a pipeline is -P units of equal length, so that
// a shorter pipeline is a prefix of the bytes. Threading: constant after build(), shared by all
// threads; patch() writes only to the caller's copy.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "platform/result.h"
#include "platform/slice.h"
#include "tools/benchmark/random.h"

namespace rota {

inline constexpr size_t kPlaceholderDigits = 12;

struct UnitCommand {
    std::vector<std::string> args;
    uint64_t repeat = 1;
};

// Splits a command line at ";". Fails for an empty command and for a repeat of nothing.
Result<std::vector<UnitCommand>> parse_sequence(std::span<const std::string> words);

// Where numbers come from. sequence set: counted, else drawn from random.
struct NumberSource {
    uint64_t limit = 1;
    RandomNumbers* random = nullptr;
    SequenceCounters* sequence = nullptr;

    uint64_t take(size_t name) const {
        if (sequence != nullptr) return limit == 0 ? 0 : sequence->take(name) % limit;
        return random->below(limit);
    }
};

class RequestTemplate {
public:
    // replace: put numbers into __rand_*__. data: what __data__ stands for.
    static RequestTemplate build(std::span<const UnitCommand> unit, size_t pipeline, bool replace,
                                 Slice data);
    // The same bytes again and again, without placeholders ("PING\r\n"): one command a unit.
    static RequestTemplate build_raw(Slice unit, size_t pipeline);

    Slice bytes() const { return bytes_; }
    size_t pipeline() const { return pipeline_; }
    size_t unit_bytes() const { return unit_bytes_; }
    size_t unit_commands() const { return unit_commands_; }
    bool has_placeholders() const { return has_placeholders_; }

    // Puts numbers into the first `units` units of `copy`, which is a copy of bytes().
    void patch(char* copy, size_t units, const NumberSource& numbers) const;

private:
    void find_placeholders();

    std::string bytes_;
    size_t pipeline_ = 0;
    size_t unit_bytes_ = 0;
    size_t unit_commands_ = 0;
    bool has_placeholders_ = false;
    std::array<std::vector<size_t>, kPlaceholderNames> offsets_;  // within one unit, by name
};

// Twelve digits, leading zeros; of a larger number the last twelve.
void write_padded(char* out, uint64_t number);

// -d bytes of printable text, the same for the same seed.
std::string make_data(size_t size, uint64_t seed);

}  // namespace rota
