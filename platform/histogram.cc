// SPDX-License-Identifier: BSD-3-Clause
#include "platform/histogram.h"

#include <algorithm>
#include <cmath>

namespace rota {

// Half of the sub-buckets of a power of two must resolve 10^digits steps.
static int bits_for(int digits) {
    ASSERT(digits >= 1);
    ASSERT(digits <= 3);
    return digits == 1 ? 4 : digits == 2 ? 7 : 10;
}

Histogram::Histogram(uint64_t value_max, int digits)
    : half_bits_(bits_for(digits)), value_max_(value_max), bucket_count_(0) {
    ASSERT(value_max >= 1);
    ASSERT(value_max <= UINT64_MAX / 2);
    bucket_count_ = index_of(value_max) + 1;
    value_max_ = high_of(bucket_count_ - 1);
}

void Histogram::allocate() { counts_ = std::make_unique<Counter[]>(bucket_count_); }

uint64_t Histogram::low_of(size_t index) const {
    const size_t half = size_t{1} << half_bits_;
    if (index < 2 * half) return index;
    const size_t shift = index / half - 1;
    return (index - shift * half) << shift;
}

double Histogram::mean() const {
    return count_ == 0 ? 0 : static_cast<double>(sum_) / static_cast<double>(count_);
}

uint64_t Histogram::value_at_percentile(double percentile) const {
    if (count_ == 0) return 0;
    const double share = std::clamp(percentile, 0.0, 100.0) / 100.0;
    const auto rank = static_cast<uint64_t>(std::ceil(share * static_cast<double>(count_)));
    const uint64_t wanted = std::clamp<uint64_t>(rank, 1, count_);
    uint64_t seen = 0;
    for (size_t index = 0; index < bucket_count_; ++index) {
        seen += counts_[index];
        if (seen >= wanted) return high_of(index);
    }
    UNREACHABLE();
}

uint64_t Histogram::count_at_or_below(uint64_t value) const {
    if (counts_ == nullptr || value < 1) return 0;
    const size_t last = index_of(std::min(value, value_max_));
    uint64_t seen = 0;
    for (size_t index = 0; index <= last; ++index) seen += counts_[index];
    return seen;
}

void Histogram::merge(const Histogram& other) {
    ASSERT(half_bits_ == other.half_bits_);
    ASSERT(bucket_count_ == other.bucket_count_);
    if (other.count_ == 0) return;
    prepare();
    // The other one may be growing: the count is that of the buckets as they were read.
    for (size_t index = 0; index < bucket_count_; ++index) {
        const uint64_t more = other.counts_[index];
        counts_[index] += more;
        count_ += more;
    }
    sum_ += other.sum_;
    min_ = std::min<uint64_t>(min_, other.min_);
    max_ = std::max<uint64_t>(max_, other.max_);
}

void Histogram::clear() {
    if (counts_ == nullptr) return;
    for (size_t index = 0; index < bucket_count_; ++index) counts_[index] = 0;
    count_ = sum_ = max_ = 0;
    min_ = UINT64_MAX;
}

void Histogram::reset() {
    counts_.reset();
    count_ = sum_ = max_ = 0;
    min_ = UINT64_MAX;
}

}  // namespace rota
