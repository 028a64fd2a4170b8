// SPDX-License-Identifier: BSD-3-Clause
// Codecs that several owners share: a list of addresses.
#pragma once

#include <string>
#include <vector>

#include "config/row.h"

namespace rota {

inline constexpr size_t kBindAddressesMax = 16;  // more are refused

// Any words, at most kBindAddressesMax; a single "" is none.
std::string parse_addresses(std::vector<std::string>& addresses, std::span<const Slice> words,
                            bool another);
std::string print_words(const std::vector<std::string>& words);
// None has to be said (""), or the default would come back.
std::vector<std::string> word_lines(const std::vector<std::string>& words);

inline constexpr Codec<std::vector<std::string>> kAddressList{parse_addresses, print_words,
                                                              word_lines};

}  // namespace rota
