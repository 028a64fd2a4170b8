// SPDX-License-Identifier: BSD-3-Clause
// HyperLogLog strings that a client made up: the first two bytes say what is added, the rest is the
// data behind a header. What is corrupt must be called so by everybody, and all that is not must
// count the same in either form.
#include <memory>

#include "check.h"
#include "types/hll.h"

using namespace rota;

namespace {

void try_bytes(std::string bytes, hll::Mark mark) {
    if (!hll::form_of(bytes)) return;
    const fuzz::ExactCopy exact(bytes);
    const auto registers = std::make_unique<hll::Registers>();
    const bool sound = hll::merge(*registers, exact.view());
    const auto count = hll::count(exact.view());
    ASSERT(count.has_value() == sound);
    if (hll::form_of(bytes) == hll::Form::sparse) {
        const auto dense = hll::to_dense(exact.view());
        ASSERT(dense.has_value() == sound);
        hll::describe(exact.view());
        if (sound) ASSERT(hll::count(*dense) == count);
    }
    const std::string before = bytes;
    const auto outcome = hll::add(bytes, mark, 3000);
    if (outcome != hll::Outcome::changed) ASSERT(bytes == before);
    if (!sound) return;
    ASSERT(outcome != hll::Outcome::corrupt);
    const auto after = std::make_unique<hll::Registers>();
    ASSERT(hll::merge(*after, bytes));
    if (outcome == hll::Outcome::changed) (*registers)[mark.index] = mark.rank;
    ASSERT(*after == *registers);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, size_t size) {
    if (size < 3) return 0;
    const Slice input(reinterpret_cast<const char*>(data), size);
    const hll::Mark mark{static_cast<uint16_t>((data[0] * 257 + data[2]) % hll::kRegisters),
                         static_cast<uint8_t>(1 + data[1] % hll::kRankMax)};
    const std::string header = hll::make_empty().substr(0, hll::kHeaderBytes);
    try_bytes(header + std::string(input.substr(2)), mark);
    std::string dense = header + std::string(input.substr(2));
    dense[4] = 0;
    dense.resize(hll::kDenseBytes);
    try_bytes(dense, mark);
    try_bytes(std::string(input), mark);
    return 0;
}
