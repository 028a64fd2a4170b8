// SPDX-License-Identifier: BSD-3-Clause
#include "persist/lzf.h"

#include <liblzf/lzf.h>

#include <climits>

namespace rota {
namespace {

constexpr size_t kSaved = 4;      // bytes, or it is not worth it
constexpr uint64_t kGrowth = 88;  // three bytes can stand for 264

}  // namespace

std::optional<std::string> lzf_compress(Slice bytes) {
    if (bytes.size() <= kSaved || bytes.size() > UINT_MAX) return std::nullopt;
    std::string out(bytes.size() - kSaved, '\0');
    const unsigned size = ::lzf_compress(bytes.data(), static_cast<unsigned>(bytes.size()),
                                         out.data(), static_cast<unsigned>(out.size()));
    if (size == 0) return std::nullopt;
    out.resize(size);
    return out;
}

std::optional<std::string> lzf_expand(Slice bytes, uint64_t size) {
    if (bytes.empty() || bytes.size() > UINT_MAX || size > UINT_MAX || size == 0 ||
        size > bytes.size() * kGrowth)
        return std::nullopt;
    std::string out(size, '\0');
    const unsigned got = ::lzf_decompress(bytes.data(), static_cast<unsigned>(bytes.size()),
                                          out.data(), static_cast<unsigned>(size));
    return got == size ? std::optional(std::move(out)) : std::nullopt;
}

}  // namespace rota
