// SPDX-License-Identifier: BSD-3-Clause
// How the outside world fails: Result<T> holds a T or an Error. Ordinary outcomes are enums, our
// own bugs are ASSERTs; nothing of ours throws.
#pragma once

#include <cstring>
#include <expected>
#include <string>
#include <utility>

namespace rota {

// code is an errno value, or 0 where the failure is not the kernel's. message says what failed and
// where, ready for a log line.
struct Error {
    int code = 0;
    std::string message;
};

template <class T = void>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> fail(std::string message, int code = 0) {
    return std::unexpected(Error{code, std::move(message)});
}

// "<what>: <text of errno>"
inline std::unexpected<Error> fail_errno(const std::string& what, int code) {
    return std::unexpected(Error{code, what + ": " + std::strerror(code)});
}

}  // namespace rota
