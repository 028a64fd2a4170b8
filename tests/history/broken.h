// SPDX-License-Identifier: BSD-3-Clause
// What break_server.py puts into the server needs this. Included into sources of the broken server
// alone, by the compiler's command line.
#pragma once

#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace rota {

// Whether ROTA_BROKEN asks for this fault.
inline bool broken(const char* fault) {
    static const char* const wanted = std::getenv("ROTA_BROKEN");
    return wanted != nullptr && std::strcmp(wanted, fault) == 0;
}

// How many chances to do harm are passed over for each that is taken.
inline bool strikes() {
    constexpr unsigned kOneIn = 6;
    static thread_local unsigned chances = 0;
    return ++chances % kOneIn == 0;
}

// Long against a read on another thread.
inline void dawdle() { ::usleep(100); }

// What was said to be set, and is not yet.
inline std::vector<std::pair<std::string, std::string>> set_later;

}  // namespace rota
