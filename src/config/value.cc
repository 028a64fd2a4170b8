// SPDX-License-Identifier: BSD-3-Clause
#include "config/value.h"

#include <cinttypes>

#include "platform/assert.h"
#include "platform/text.h"

namespace rota {

namespace {

std::optional<int64_t> parse_octal(Slice text) {
    if (text.empty() || text.size() > 21) return std::nullopt;  // 21 digits hold 63 bits
    uint64_t value = 0;
    for (char digit : text) {
        if (digit < '0' || digit > '7') return std::nullopt;
        value = value * 8 + static_cast<uint64_t>(digit - '0');
    }
    return static_cast<int64_t>(value);
}

std::optional<int64_t> parse_number(Unit unit, Slice text) {
    if (unit == Unit::plain) return parse_int64(text);
    if (unit == Unit::octal) return parse_octal(text);
    if (auto bytes = parse_memory(text)) return static_cast<int64_t>(*bytes);
    if (unit == Unit::signed_memory) return parse_int64(text);
    if (unit == Unit::percent && text.size() > 1 && text.back() == '%') {
        auto percent = parse_int64(text.substr(0, text.size() - 1));
        if (percent && *percent >= 0) return -*percent;
    }
    return std::nullopt;
}

const char* not_a_number(Unit unit) {
    switch (unit) {
        case Unit::plain:
            return "argument couldn't be parsed into an integer";
        case Unit::octal:
            return "argument couldn't be parsed as an octal number";
        case Unit::percent:
            return "argument must be a memory or percent value";
        default:
            return "argument must be a memory value";
    }
}

std::string out_of_range(const ConfigRow& row, int64_t value) {
    const Range& range = row.spec.range;
    if (row.is_unsigned()) {
        const uint64_t bits = static_cast<uint64_t>(value);
        if (bits >= static_cast<uint64_t>(range.min) && bits <= range.max) return {};
        return format(row.spec.unit == Unit::octal
                          ? "argument must be between %" PRIo64 " and %" PRIo64 " inclusive"
                          : "argument must be between %" PRIu64 " and %" PRIu64 " inclusive",
                      static_cast<uint64_t>(range.min), range.max);
    }
    if (row.spec.unit == Unit::percent && value < 0) {
        if (value >= range.min) return {};
        return format("percentage argument must be less or equal to %" PRId64, -range.min);
    }
    const int64_t max = static_cast<int64_t>(range.max);
    if (value >= range.min && value <= max) return {};
    return format("argument must be between %" PRId64 " and %" PRId64 " inclusive", range.min, max);
}

SetOutcome store(const ConfigRow& row, void* options, int64_t value) {
    if (row.spec.check_number != nullptr)
        if (const char* refusal = row.spec.check_number(value)) return {refusal};
    if (row.spec.clamp != nullptr) value = row.spec.clamp(value);
    const bool changed = row.get(options) != value;
    row.set(options, value);
    return {{}, changed};
}

SetOutcome set_boolean(const ConfigRow& row, void* options, Slice word) {
    const bool yes = equals_ignore_case(word, "yes");
    if (!yes && !equals_ignore_case(word, "no")) return {"argument must be 'yes' or 'no'"};
    return store(row, options, yes);
}

SetOutcome set_number(const ConfigRow& row, void* options, Slice word) {
    const auto value = parse_number(row.spec.unit, word);
    if (!value) return {not_a_number(row.spec.unit)};
    std::string refusal = out_of_range(row, *value);
    if (!refusal.empty()) return {std::move(refusal)};
    return store(row, options, *value);
}

SetOutcome set_text(const ConfigRow& row, void* options, Slice word) {
    if (row.spec.check_text != nullptr)
        if (const char* refusal = row.spec.check_text(word)) return {refusal};
    std::string& text = row.text(options);
    if (text == word) return {};
    text = word;
    return {{}, true};
}

const Choice* find_choice(std::span<const Choice> choices, Slice word) {
    for (const Choice& choice : choices)
        if (equals_ignore_case(choice.name, word)) return &choice;
    return nullptr;
}

SetOutcome set_choice(const ConfigRow& row, void* options, std::span<const Slice> words) {
    int64_t value = 0;
    bool known = !words.empty();
    for (Slice word : words) {
        const Choice* choice = find_choice(row.spec.choices, word);
        if (choice == nullptr)
            known = false;
        else
            value |= choice->value;
    }
    if (known) return store(row, options, value);
    std::string refusal = "argument(s) must be one of the following: ";
    for (const Choice& choice : row.spec.choices) {
        if (&choice != row.spec.choices.data()) refusal += ", ";
        refusal += choice.name;
    }
    return {std::move(refusal)};
}

std::string print_choice(const ConfigRow& row, int64_t value) {
    std::string names;
    int64_t rest = value;
    for (const Choice& choice : row.spec.choices) {
        if (choice.value == value) return std::string(choice.name);
        if (choice.value == 0 || (rest & choice.value) != choice.value) continue;
        if (!names.empty()) names += ' ';
        names += choice.name;
        rest &= ~static_cast<int64_t>(choice.value);
    }
    ASSERT(row.has(ConfigFlag::multi_arg));
    ASSERT(rest == 0);
    return names;
}

std::string print_number(const ConfigRow& row, int64_t value) {
    switch (row.spec.unit) {
        case Unit::percent:
            return value < 0 ? format("%" PRId64 "%%", -value) : format("%" PRId64, value);
        case Unit::memory:
            return format("%" PRIu64, static_cast<uint64_t>(value));
        case Unit::octal:
            return format("%" PRIo64, static_cast<uint64_t>(value));
        default:
            return format("%" PRId64, value);
    }
}

bool written_as_memory(const ConfigRow& row, int64_t value) {
    if (row.kind != ConfigKind::number) return false;
    const Unit unit = row.spec.unit;
    return unit == Unit::memory ||
           ((unit == Unit::percent || unit == Unit::signed_memory) && value > 0);
}

}  // namespace

std::string format_memory(uint64_t bytes) {
    if (bytes == 0) return "0";
    if (bytes % (uint64_t{1} << 30) == 0) return format("%" PRIu64 "gb", bytes >> 30);
    if (bytes % (uint64_t{1} << 20) == 0) return format("%" PRIu64 "mb", bytes >> 20);
    if (bytes % (uint64_t{1} << 10) == 0) return format("%" PRIu64 "kb", bytes >> 10);
    return format("%" PRIu64, bytes);
}

SetOutcome set_value(const ConfigRow& row, void* options, std::span<const Slice> words,
                     bool another) {
    if (row.kind == ConfigKind::special) {
        const std::string before = row.print(options);
        std::string refusal = row.parse(options, words, another);
        if (!refusal.empty()) return {std::move(refusal)};
        return {{}, row.print(options) != before};
    }
    const bool combined = row.kind == ConfigKind::choice && row.has(ConfigFlag::multi_arg);
    if (combined) return set_choice(row, options, words);
    if (words.size() != 1) return {"wrong number of arguments"};
    switch (row.kind) {
        case ConfigKind::boolean:
            return set_boolean(row, options, words[0]);
        case ConfigKind::number:
            return set_number(row, options, words[0]);
        case ConfigKind::text:
            return set_text(row, options, words[0]);
        default:
            return set_choice(row, options, words);
    }
}

std::string print_value(const ConfigRow& row, const void* options) {
    switch (row.kind) {
        case ConfigKind::boolean:
            return row.get(options) != 0 ? "yes" : "no";
        case ConfigKind::number:
            return print_number(row, row.get(options));
        case ConfigKind::choice:
            return print_choice(row, row.get(options));
        case ConfigKind::text:
            return row.text(const_cast<void*>(options));
        case ConfigKind::special:
            return row.print(options);
    }
    UNREACHABLE();
}

std::vector<std::string> file_values(const ConfigRow& row, const void* options) {
    if (row.kind == ConfigKind::special) return row.lines(options);
    if (row.kind == ConfigKind::text) {
        const std::string& text = row.text(const_cast<void*>(options));
        if (text.empty() && row.has(ConfigFlag::empty_is_unset)) return {};
        return {escape_repr(text)};
    }
    if (written_as_memory(row, row.get(options)))
        return {format_memory(static_cast<uint64_t>(row.get(options)))};
    return {print_value(row, options)};
}

SavedValue save_value(const ConfigRow& row, void* options) {
    if (row.get != nullptr) return {row.get(options), {}};
    return {0, print_value(row, options)};
}

bool restore_value(const ConfigRow& row, void* options, const SavedValue& saved) {
    if (row.get != nullptr) {
        row.set(options, saved.number);
    } else if (row.kind == ConfigKind::text) {
        row.text(options) = saved.text;
    } else {
        return set_value(row, options, split_value(row, saved.text)).refusal.empty();
    }
    return true;
}

std::vector<Slice> split_value(const ConfigRow& row, Slice value) {
    if (!row.has(ConfigFlag::multi_arg)) return {value};
    std::vector<Slice> words;
    if (value.empty()) return words;
    for (size_t at = 0;;) {
        const size_t blank = value.find(' ', at);
        words.push_back(value.substr(at, blank - at));
        if (blank == Slice::npos) return words;
        at = blank + 1;
    }
}

}  // namespace rota
