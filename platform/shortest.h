// SPDX-License-Identifier: BSD-3-Clause
// The decimal digits of a double by Grisu2 (Loitsch, "Printing floating-point numbers quickly and
// accurately with integers", 2010): they read back as the same number, and are as few as can be but
// for one number in a thousand. Valkey prints by it, so users see these very digits.
// Pure function; any thread.
#pragma once

#include "platform/slice.h"

namespace rota {

struct Decimal {
    Slice digits() const { return {text, count}; }
    char text[17];     // the first is not 0
    size_t count = 0;  // 1 to 17
    int power = 0;     // digits * 10^power is the number
};

Decimal shortest_decimal(double value);  // finite, above zero

}  // namespace rota
