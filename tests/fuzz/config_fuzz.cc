// SPDX-License-Identifier: BSD-3-Clause
// Values of directives from a hostile client or file. The input's first byte chooses the directive,
// the rest is the value. A refused value changes nothing; what was taken prints as something that
// is taken again and prints the same, both as CONFIG GET says it and as a rewritten file says it.
#include <string>
#include <vector>

#include "config/value.h"
#include "config/words.h"
#include "metrics/options.h"
#include "platform/text.h"
#include "store/options.h"
#include "tests/fuzz/check.h"

namespace rota {
namespace {

using enum ConfigFlag;

// A row of each kind that the real ones below do not have.
struct SampleOptions {
    std::vector<std::string> list = {"*"};
    uint32_t mode = 0, bits = 0;
    int64_t share = 0, spread = 0;
    std::string unset_when_empty, plain;
};

constexpr Choice kBits[] = {{"default", 0}, {"one", 1}, {"two", 2}, {"four", 4}};
constexpr ConfigRow sample_rows[] = {
    special<&SampleOptions::list, kAddressList>("list", "", {.flags = multi_arg}),
    row<&SampleOptions::mode>("mode", "", {.unit = Unit::octal, .range = {0, 0777}}),
    row<&SampleOptions::bits>("bits", "", {.flags = multi_arg, .choices = kBits}),
    row<&SampleOptions::share>("share", "", {.unit = Unit::percent, .range = {-100, kMaxLong}}),
    row<&SampleOptions::spread>("spread", "",
                                {.unit = Unit::signed_memory, .range = {-1, kMaxLong}}),
    row<&SampleOptions::unset_when_empty>("unset-when-empty", "", {.flags = empty_is_unset}),
    row<&SampleOptions::plain>("plain", ""),
};

// In a file one argument may hold all words of a directive.
std::vector<std::string> file_words(const ConfigRow& row, const std::string& line) {
    auto words = split_args(line);
    ASSERT(words.has_value());
    if (!row.has(multi_arg) || words->size() != 1 || (*words)[0].empty()) return *words;
    auto parts = split_args((*words)[0]);
    return parts ? *parts : *words;
}

void check_reads_back(const ConfigRow& row, void* options) {
    const std::string printed = print_value(row, options);
    const auto again = set_value(row, options, split_value(row, printed));
    ASSERT(again.refusal.empty());
    ASSERT(print_value(row, options) == printed);
    for (const std::string& line : file_values(row, options)) {
        ASSERT(line.find('\n') == std::string::npos);
        const auto words = file_words(row, line);
        const std::vector<Slice> slices(words.begin(), words.end());
        ASSERT(set_value(row, options, slices).refusal.empty());
        ASSERT(print_value(row, options) == printed);
    }
}

template <class S>
void run(const ConfigRow& row, Slice value) {
    S options;
    const std::string before = print_value(row, &options);
    const auto outcome = set_value(row, &options, split_value(row, value));
    if (!outcome.refusal.empty()) {
        ASSERT(!outcome.changed);
        ASSERT(print_value(row, &options) == before);
        return;
    }
    // A list of words that hold blanks of other kinds has no spelling on one line.
    const bool is_list = row.has(multi_arg) && row.kind == ConfigKind::special;
    if (is_list && value.find_first_of("\"'\\\t\n\v\f\r", 0) != Slice::npos) return;
    if (is_list && (value.find('\0') != Slice::npos || value.find("  ") != Slice::npos)) return;
    if (is_list && (value.starts_with(' ') || value.ends_with(' '))) return;
    check_reads_back(row, &options);
}

}  // namespace
}  // namespace rota

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace rota;
    if (size == 0) return 0;
    const fuzz::ExactCopy value({reinterpret_cast<const char*>(data) + 1, size - 1});
    size_t index = data[0];
    const auto store = store_config_rows(), metrics = metrics_config_rows();
    if (index < std::size(sample_rows)) {
        run<SampleOptions>(sample_rows[index], value.view());
    } else if ((index -= std::size(sample_rows)) < metrics.size()) {
        run<MetricsOptions>(metrics[index], value.view());
    } else if ((index -= metrics.size()) < store.size()) {
        run<StoreOptions>(store[index], value.view());
    }
    return 0;
}
