// SPDX-License-Identifier: BSD-3-Clause
// Histogram: counts of values from 1 to a maximum, with a bounded relative error (two significant
// digits: under 1 %) whatever their size. Buckets double in width every power of two, as in HDR.
// record() is a few instructions. Memory is taken at the first record.
// Threading: one owner; once it has its memory (prepare()), any thread may merge() from it.
// Values below 1 count as 1, values above the maximum count as the maximum.
#pragma once

#include <bit>
#include <cstdint>
#include <memory>

#include "platform/assert.h"
#include "platform/counter.h"

namespace rota {

class Histogram {
public:
    // digits: 1, 2 or 3. The maximum is rounded up to the end of its bucket.
    explicit Histogram(uint64_t value_max = 1'000'000'000, int digits = 2);

    void record(uint64_t value, uint64_t times = 1) {
        if (counts_ == nullptr) [[unlikely]]
            allocate();
        if (value < 1) value = 1;
        if (value > value_max_) value = value_max_;
        counts_[index_of(value)] += times;
        count_ += times;
        sum_ += value * times;
        if (value < min_) min_ = value;
        if (value > max_) max_ = value;
    }

    uint64_t count() const { return count_; }
    uint64_t min() const { return count_ == 0 ? 0 : min_.get(); }
    uint64_t max() const { return max_; }
    uint64_t sum() const { return sum_; }
    double mean() const;

    // The upper end of the bucket in which `percentile` (0..100) of all values are reached; 0 if
    // empty.
    uint64_t value_at_percentile(double percentile) const;
    // How many values lie in buckets that begin at or below `value`.
    uint64_t count_at_or_below(uint64_t value) const;

    // Both must have been made with the same arguments.
    void merge(const Histogram& other);
    // Takes the memory now, and keeps it.
    void prepare() {
        if (counts_ == nullptr) allocate();
    }
    void clear();  // forgets the values, keeps the memory
    // Forgets the values and gives the memory back.
    void reset();

    // visit(low, high, count) for each bucket that holds anything, in order; low..high inclusive.
    template <class Visit>
    void for_each_bucket(Visit visit) const {
        if (counts_ == nullptr) return;
        for (size_t index = 0; index < bucket_count_; ++index) {
            if (counts_[index] != 0) visit(low_of(index), high_of(index), counts_[index].get());
        }
    }

    size_t memory_bytes() const { return counts_ == nullptr ? 0 : bucket_count_ * sizeof(Counter); }

private:
    // half_bits_ bits behind the leading one are kept; smaller values have a bucket each.
    size_t index_of(uint64_t value) const {
        const int width = std::bit_width(value | ((uint64_t{2} << half_bits_) - 1));
        const int shift = width - half_bits_ - 1;
        return (static_cast<size_t>(shift) << half_bits_) + (value >> shift);
    }
    uint64_t low_of(size_t index) const;
    uint64_t high_of(size_t index) const { return low_of(index + 1) - 1; }
    void allocate();

    int half_bits_;
    uint64_t value_max_;
    size_t bucket_count_;
    Counter count_;
    Counter sum_;
    Counter min_{UINT64_MAX};
    Counter max_;
    std::unique_ptr<Counter[]> counts_;
};

}  // namespace rota
