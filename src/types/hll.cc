// SPDX-License-Identifier: BSD-3-Clause
#include "types/hll.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "platform/assert.h"
#include "platform/text.h"

namespace rota::hll {
namespace {

constexpr Slice kMagic = "HYLL";
constexpr size_t kFormAt = 4, kCountAt = 8;
constexpr uint64_t kOutOfDate = uint64_t{1} << 63;
constexpr unsigned kIndexBits = 14;
constexpr unsigned kHistogramMax = 64;  // a register of 6 bits

// ---- Registers ----

unsigned register_at(const char* data, size_t index) {
    const size_t bit = index * 6;
    const auto low = static_cast<unsigned char>(data[bit / 8]);
    // The last register ends with its byte: nothing lies behind it.
    const unsigned high = bit % 8 > 2 ? static_cast<unsigned char>(data[bit / 8 + 1]) : 0;
    return ((low | high << 8) >> bit % 8) & 63;
}

void set_register(char* data, size_t index, unsigned value) {
    const size_t bit = index * 6;
    const unsigned mask = 63u << bit % 8, bits = value << bit % 8;
    const auto put = [data](size_t at, unsigned clear, unsigned set) {
        const unsigned old = static_cast<unsigned char>(data[at]);
        data[at] = static_cast<char>((old & ~clear) | set);
    };
    put(bit / 8, mask & 0xff, bits & 0xff);
    if (mask > 0xff) put(bit / 8 + 1, mask >> 8, bits >> 8);
}

// ---- Runs of the sparse form ----

struct Run {
    uint8_t value;  // of each of its registers
    uint16_t length;
    uint8_t bytes;  // that encode it
};

constexpr size_t kZerosMax = 64, kValueMax = 32, kValueRunMax = 4;

// nullopt: cut off.
std::optional<Run> run_at(Slice bytes, size_t at) {
    const unsigned first = static_cast<unsigned char>(bytes[at]);
    if (first & 0x80) {
        return Run{static_cast<uint8_t>((first >> 2 & 31) + 1),
                   static_cast<uint16_t>((first & 3) + 1), 1};
    }
    if (!(first & 0x40)) return Run{0, static_cast<uint16_t>(first + 1), 1};
    if (at + 1 >= bytes.size()) return std::nullopt;
    const unsigned second = static_cast<unsigned char>(bytes[at + 1]);
    return Run{0, static_cast<uint16_t>(((first & 63) << 8 | second) + 1), 2};
}

void append_run(std::string& out, unsigned value, size_t length) {
    if (length == 0) return;
    if (value > 0) {
        out += static_cast<char>(0x80 | (value - 1) << 2 | (length - 1));
    } else if (length <= kZerosMax) {
        out += static_cast<char>(length - 1);
    } else {
        out += static_cast<char>(0x40 | (length - 1) >> 8);
        out += static_cast<char>(length - 1);
    }
}

// Calls visit(first register, run) for all of them; false: corrupt.
template <class Visit>
bool for_each_run(Slice sparse, Visit visit) {
    size_t index = 0;
    for (size_t at = kHeaderBytes; at < sparse.size();) {
        const auto run = run_at(sparse, at);
        if (!run || index + run->length > kRegisters) return false;
        visit(index, *run);
        index += run->length;
        at += run->bytes;
    }
    return index == kRegisters;
}

// Joins what the change at `at` has made equal, as far as one run can say it.
void join_values(std::string& bytes, size_t at) {
    constexpr int kLooks = 5;  // the run before, the three that one can become, the run behind
    for (int look = 0; look < kLooks && at < bytes.size(); ++look) {
        const auto run = run_at(bytes, at);
        if (!run) return;
        const auto next =
            run->value > 0 && at + 1 < bytes.size() ? run_at(bytes, at + 1) : std::nullopt;
        if (next && next->value == run->value &&
            static_cast<size_t>(run->length + next->length) <= kValueRunMax) {
            std::string joined;
            append_run(joined, run->value, static_cast<size_t>(run->length + next->length));
            bytes.replace(at, 2, joined);
        } else {
            at += run->bytes;
        }
    }
}

Outcome grow_dense(std::string& bytes, Mark mark) {
    auto dense = to_dense(bytes);
    if (!dense) return Outcome::corrupt;
    bytes = std::move(*dense);
    return add_dense(bytes.data(), mark) ? Outcome::changed : Outcome::unchanged;
}

// ---- The estimate ----

using Histogram = std::array<uint32_t, kHistogramMax>;  // registers of each value

double sigma(double x) {
    if (x == 1.0) return std::numeric_limits<double>::infinity();
    double power = 1, sum = x, before;
    do {
        x *= x;
        before = sum;
        sum += x * power;
        power += power;
    } while (before != sum);
    return sum;
}

double tau(double x) {
    if (x == 0.0 || x == 1.0) return 0.0;
    double power = 1, sum = 1 - x, before;
    do {
        x = std::sqrt(x);
        before = sum;
        power *= 0.5;
        sum -= std::pow(1 - x, 2) * power;
    } while (before != sum);
    return sum / 3;
}

uint64_t estimate(const Histogram& histogram) {
    constexpr double kAlpha = 0.721347520444481703680;  // 1 / (2 ln 2)
    constexpr double m = kRegisters;
    double sum = m * tau((m - histogram[kRankMax]) / m);
    for (size_t rank = kRankMax - 1; rank >= 1; --rank) sum = (sum + histogram[rank]) * 0.5;
    sum += m * sigma(histogram[0] / m);
    return static_cast<uint64_t>(std::llround(kAlpha * m * m / sum));
}

// MurmurHash64A by Austin Appleby, in the public domain; the seed is Valkey's.
uint64_t hash(Slice bytes) {
    constexpr uint64_t kMultiplier = 0xc6a4a7935bd1e995;
    uint64_t sum = 0xadc83b19 ^ (bytes.size() * kMultiplier);
    const char* at = bytes.data();
    size_t left = bytes.size();
    for (; left >= sizeof(uint64_t); at += sizeof(uint64_t), left -= sizeof(uint64_t)) {
        uint64_t word;
        std::memcpy(&word, at, sizeof word);
        word *= kMultiplier;
        word = (word ^ word >> 47) * kMultiplier;
        sum = (sum ^ word) * kMultiplier;
    }
    if (left > 0) {
        uint64_t word = 0;
        std::memcpy(&word, at, left);
        sum = (sum ^ word) * kMultiplier;
    }
    sum = (sum ^ sum >> 47) * kMultiplier;
    return sum ^ sum >> 47;
}
static_assert(std::endian::native == std::endian::little,
              "hash() and the header are little-endian");

uint64_t header_count(Slice bytes) {
    uint64_t count;
    std::memcpy(&count, bytes.data() + kCountAt, sizeof count);
    return count;
}

}  // namespace

std::optional<Form> form_of(Slice bytes) {
    if (bytes.size() < kHeaderBytes || !bytes.starts_with(kMagic)) return std::nullopt;
    if (bytes[kFormAt] == static_cast<char>(Form::sparse)) return Form::sparse;
    if (bytes[kFormAt] != static_cast<char>(Form::dense) || bytes.size() != kDenseBytes)
        return std::nullopt;
    return Form::dense;
}

std::string make_empty() {
    std::string bytes(kMagic);
    bytes.resize(kHeaderBytes);
    bytes[kFormAt] = static_cast<char>(Form::sparse);
    append_run(bytes, 0, kRegisters);
    return bytes;
}

std::optional<std::string> to_dense(Slice sparse) {
    std::string dense(sparse.substr(0, kHeaderBytes));
    dense.resize(kDenseBytes);
    dense[kFormAt] = static_cast<char>(Form::dense);
    char* data = dense.data() + kHeaderBytes;
    const bool sound = for_each_run(sparse, [data](size_t first, const Run& run) {
        if (run.value == 0) return;
        for (size_t i = 0; i < run.length; ++i) set_register(data, first + i, run.value);
    });
    if (!sound) return std::nullopt;
    return dense;
}

std::string describe(Slice sparse) {
    std::string text;
    for (size_t at = kHeaderBytes; at < sparse.size();) {
        const auto run = run_at(sparse, at);
        if (!run) break;
        if (!text.empty()) text += ' ';
        if (run->value > 0)
            append_format(text, "v:%d,%d", run->value, run->length);
        else
            append_format(text, "%c:%d", run->bytes == 1 ? 'z' : 'Z', run->length);
        at += run->bytes;
    }
    return text;
}

Mark mark_of(Slice element) {
    const uint64_t bits = hash(element);
    const uint64_t rest = bits >> kIndexBits | uint64_t{1} << (kRankMax - 1);
    return {static_cast<uint16_t>(bits & (kRegisters - 1)),
            static_cast<uint8_t>(std::countr_zero(rest) + 1)};
}

bool add_dense(char* bytes, Mark mark) {
    char* data = bytes + kHeaderBytes;
    if (register_at(data, mark.index) >= mark.rank) return false;
    set_register(data, mark.index, mark.rank);
    return true;
}

Outcome add(std::string& bytes, Mark mark, size_t sparse_bytes_max) {
    if (bytes[kFormAt] == static_cast<char>(Form::dense))
        return add_dense(bytes.data(), mark) ? Outcome::changed : Outcome::unchanged;
    if (mark.rank > kValueMax) return grow_dense(bytes, mark);
    size_t at = kHeaderBytes, before = at, first = 0;
    for (;;) {  // to the run that has the register
        const auto run = at < bytes.size() ? run_at(bytes, at) : std::nullopt;
        if (!run) return Outcome::corrupt;
        if (mark.index < first + run->length) break;
        before = at;
        at += run->bytes;
        first += run->length;
    }
    const Run run = *run_at(bytes, at);
    if (run.value >= mark.rank) return Outcome::unchanged;
    std::string split;
    append_run(split, run.value, mark.index - first);
    append_run(split, mark.rank, 1);
    append_run(split, run.value, first + run.length - 1 - mark.index);
    if (split.size() > run.bytes && bytes.size() + split.size() - run.bytes > sparse_bytes_max)
        return grow_dense(bytes, mark);
    bytes.replace(at, run.bytes, split);
    join_values(bytes, before);
    return Outcome::changed;
}

bool merge(Registers& into, Slice bytes) {
    if (bytes[kFormAt] == static_cast<char>(Form::dense)) {
        const char* data = bytes.data() + kHeaderBytes;
        for (size_t i = 0; i < kRegisters; ++i)
            into[i] = std::max(into[i], static_cast<uint8_t>(register_at(data, i)));
        return true;
    }
    return for_each_run(bytes, [&into](size_t first, const Run& run) {
        if (run.value == 0) return;
        for (size_t i = first; i < first + run.length; ++i) into[i] = std::max(into[i], run.value);
    });
}

void store_dense(char* bytes, const Registers& registers) {
    for (size_t i = 0; i < kRegisters; ++i) set_register(bytes + kHeaderBytes, i, registers[i]);
}

uint64_t count(const Registers& registers) {
    Histogram histogram{};
    for (const uint8_t value : registers) ++histogram[value];
    return estimate(histogram);
}

std::optional<uint64_t> count(Slice bytes) {
    Histogram histogram{};
    if (bytes[kFormAt] == static_cast<char>(Form::dense)) {
        for (size_t i = 0; i < kRegisters; ++i)
            ++histogram[register_at(bytes.data() + kHeaderBytes, i)];
        return estimate(histogram);
    }
    const bool sound = for_each_run(
        bytes, [&histogram](size_t, const Run& run) { histogram[run.value] += run.length; });
    if (!sound) return std::nullopt;
    return estimate(histogram);
}

std::optional<uint64_t> cached_count(Slice bytes) {
    const uint64_t count = header_count(bytes);
    if (count & kOutOfDate) return std::nullopt;
    return count;
}

void cache_count(char* bytes, uint64_t count) {
    std::memcpy(bytes + kCountAt, &count, sizeof count);
}

void forget_count(char* bytes) {
    cache_count(bytes, header_count({bytes, kHeaderBytes}) | kOutOfDate);
}

}  // namespace rota::hll
