// SPDX-License-Identifier: BSD-3-Clause
// What scripts may choose about `cjson`. Each script begins with the defaults: one user's choice is
// not another's.
#pragma once

namespace rota {

struct CjsonOptions {
    enum class InvalidNumbers : unsigned char { refuse, as_null, as_they_are };

    InvalidNumbers encode_invalid_numbers = InvalidNumbers::refuse;
    bool decode_invalid_numbers = true;
    bool keep_buffer = true;  // kept and shown; there is no buffer to keep
    bool sparse_convert = false;
    int sparse_ratio = 2, sparse_safe = 10;
    int encode_max_depth = 1000, decode_max_depth = 1000;
    int number_precision = 14;  // digits
};

}  // namespace rota
