// SPDX-License-Identifier: BSD-3-Clause
#include "metrics/error_stats.h"

#include "metrics/info.h"

namespace rota {

Slice error_code_of(Slice text) {
    static constexpr size_t kLookAt = 32;
    const size_t end = text.substr(0, kLookAt).find(' ');
    return end == Slice::npos || end == 0 ? Slice("ERR") : text.substr(0, end);
}

void ErrorStats::count(Slice code, ErrorOrigin origin) {
    auto at = counts_.find(code);
    if (at == counts_.end() && origin == ErrorOrigin::custom && counts_.size() >= kErrorKindsMax) {
        code = kErrorOverflow;
        at = counts_.find(code);
    }
    if (at == counts_.end()) at = counts_.emplace(std::string(code), 0).first;
    ++at->second;
}

uint64_t ErrorStats::count_of(Slice code) const {
    const auto at = counts_.find(code);
    return at == counts_.end() ? 0 : at->second;
}

void ErrorStats::write(InfoWriter& out) const {
    for (const auto& [code, count] : counts_) {
        out.format("errorstat_" + code, "count=%llu", static_cast<unsigned long long>(count));
    }
}

}  // namespace rota
