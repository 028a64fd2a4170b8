// SPDX-License-Identifier: BSD-3-Clause
// What the fuzz targets share: a check that stops the fuzzer, and bytes placed so that the
// sanitizer sees the first read beyond them.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>

#include "platform/assert.h"
#include "platform/slice.h"

namespace rota::fuzz {

// A copy that ends exactly where its allocation ends.
class ExactCopy {
public:
    explicit ExactCopy(Slice bytes) : data_(new char[bytes.size()]), size_(bytes.size()) {
        if (size_ != 0) std::memcpy(data_.get(), bytes.data(), size_);
    }
    Slice view() const { return {data_.get(), size_}; }

private:
    std::unique_ptr<char[]> data_;
    size_t size_;
};

// Lengths of pieces, the same for the same input: the fuzzer must be able to repeat a finding.
class Cutter {
public:
    enum class Pieces : uint8_t { whole, single_bytes, random };

    Cutter(Pieces pieces, uint64_t seed) : pieces_(pieces), seed_(seed) {}

    size_t next(size_t left) {
        if (pieces_ == Pieces::whole) return left;
        if (pieces_ == Pieces::single_bytes) return 1;
        seed_ = seed_ * 6364136223846793005u + 1442695040888963407u;
        const size_t reach = (seed_ >> 60) < 12 ? 8 : left;  // mostly short pieces
        return 1 + static_cast<size_t>((seed_ >> 20) % (reach < left ? reach : left));
    }

private:
    Pieces pieces_;
    uint64_t seed_;
};

}  // namespace rota::fuzz
