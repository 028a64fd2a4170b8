// SPDX-License-Identifier: BSD-3-Clause
#include "scripting/shebang.h"

#include <algorithm>
#include <vector>

#include "platform/text.h"
#include "scripting/flags.h"

namespace rota {
namespace {

constexpr Slice kMark = "#!";

// The words of the first line, the engine's name first; nullopt: quotes do not match.
std::optional<std::vector<std::string>> words_of(Slice line) {
    auto words = split_args(line);
    if (words && !words->empty()) words->front().erase(0, kMark.size());
    return words;
}

std::unexpected<std::string> refuse(std::string text) { return std::unexpected(std::move(text)); }

std::expected<uint64_t, std::string> parse_flags(Slice list) {
    uint64_t flags = 0;
    while (!list.empty()) {
        const size_t comma = std::min(list.find(','), list.size());
        const Slice name = list.substr(0, comma);
        const auto flag = script_flag(name);
        if (!flag) return refuse("Unexpected flag in script shebang: " + std::string(name));
        flags |= *flag;
        if (comma + 1 == list.size()) return refuse("Unexpected flag in script shebang: ");
        list.remove_prefix(std::min(comma + 1, list.size()));
    }
    return flags;
}

}  // namespace

std::expected<ScriptHead, std::string> script_head(Slice code) {
    if (!code.starts_with(kMark)) return ScriptHead{.flags = kScriptPlain};
    const size_t end = code.find('\n');
    if (end == Slice::npos) return refuse("Invalid script shebang");
    const auto words = words_of(code.substr(0, end));
    if (!words) return refuse("Invalid engine in script shebang");
    ScriptHead head;
    head.engine = words->empty() ? "" : words->front();
    for (size_t i = 1; i < words->size(); ++i) {
        constexpr Slice kFlags = "flags=";
        const Slice word = (*words)[i];
        if (!word.starts_with(kFlags))
            return refuse("Unknown lua shebang option: " + std::string(word));
        const auto flags = parse_flags(word.substr(kFlags.size()));
        if (!flags) return refuse(flags.error());
        head.flags |= *flags;
    }
    return head;
}

bool is_script_name(Slice name) {
    return !name.empty() && std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_';
    });
}

std::expected<LibraryHead, std::string> library_head(Slice code) {
    if (!code.starts_with(kMark)) return refuse("Missing library metadata");
    const size_t end = code.find('\n');
    if (end == Slice::npos) return refuse("Invalid library metadata");
    const auto words = words_of(code.substr(0, end));
    if (!words || words->empty()) return refuse("Invalid library metadata");
    LibraryHead head{.engine = words->front(), .name = {}};
    bool named = false;
    for (size_t i = 1; i < words->size(); ++i) {
        constexpr Slice kName = "name=";
        const Slice word = (*words)[i];
        if (!equals_ignore_case(word.substr(0, kName.size()), kName))
            return refuse("Invalid metadata value given: " + std::string(word));
        if (std::exchange(named, true))
            return refuse("Invalid metadata value, name argument was given multiple times");
        head.name = word.substr(kName.size());
    }
    if (!named) return refuse("Library name was not given");
    if (!is_script_name(head.name))
        return refuse(
            "Library names can only contain letters, numbers, or underscores(_) and "
            "must be at least one character long");
    return head;
}

Slice without_head(Slice code) {
    if (!code.starts_with(kMark)) return code;
    return code.substr(std::min(code.find('\n'), code.size()));
}

}  // namespace rota
