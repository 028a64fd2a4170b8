// SPDX-License-Identifier: BSD-3-Clause
#include "config/words.h"

namespace rota {

std::string parse_addresses(std::vector<std::string>& addresses, std::span<const Slice> words,
                            bool) {
    if (words.size() > kBindAddressesMax) return "Too many bind addresses specified.";
    if (words.size() == 1 && words[0].empty()) words = {};
    addresses.assign(words.begin(), words.end());
    return {};
}

std::string print_words(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) {
        if (!text.empty()) text += ' ';
        text += word;
    }
    return text;
}

std::vector<std::string> word_lines(const std::vector<std::string>& words) {
    return {words.empty() ? "\"\"" : print_words(words)};
}

}  // namespace rota
