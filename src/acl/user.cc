// SPDX-License-Identifier: BSD-3-Clause
#include "acl/user.h"

#include <algorithm>

#include "platform/sha256.h"
#include "platform/text.h"

namespace rota {
namespace {

constexpr size_t kHashDigits = 64;

bool is_password_hash(Slice text) {
    return text.size() == kHashDigits && text.find_first_not_of("0123456789abcdef") == Slice::npos;
}

bool same_hash(const std::string& a, const std::string& b) {
    int difference = 0;
    for (size_t i = 0; i < kHashDigits; ++i) difference |= a[i] ^ b[i];
    return difference == 0;
}

}  // namespace

AclError AclUser::apply(Slice rule, const AclCatalog& catalog) {
    const auto is = [&](Slice word) { return equals_ignore_case(rule, word); };
    if (rule.empty()) return AclError::none;
    if (is("on") || is("off")) {
        enabled_ = is("on");
    } else if (is("nopass") || is("resetpass")) {
        no_password_ = is("nopass");
        passwords_.clear();
    } else if (is("sanitize-payload") || is("skip-sanitize-payload")) {
        // Payloads are always looked through.
    } else if (is("reset")) {
        reset();
    } else if (is("clearselectors")) {
        selectors_.resize(1, AclSelector(every_channel_));
    } else if (Slice("><#!").find(rule[0]) != Slice::npos) {
        return apply_password(rule);
    } else if (rule.starts_with('(') && rule.ends_with(')')) {
        return add_selector(rule.substr(1, rule.size() - 2), catalog);
    } else {
        return selectors_[0].apply(rule, catalog);
    }
    return AclError::none;
}

void AclUser::reset() { *this = AclUser(std::string(name_), every_channel_); }

// ">password" and "#hash" add one, "<password" and "!hash" take it away.
AclError AclUser::apply_password(Slice rule) {
    const Slice text = rule.substr(1);
    const bool hashed = rule[0] == '#' || rule[0] == '!';
    if (hashed && !is_password_hash(text)) return AclError::bad_password_hash;
    const std::string hash = hashed ? std::string(text) : sha256_hex(text);
    const auto known = std::ranges::find(passwords_, hash);
    if (rule[0] == '<' || rule[0] == '!') {
        if (known == passwords_.end()) return AclError::no_such_password;
        passwords_.erase(known);
        return AclError::none;
    }
    no_password_ = false;
    if (known == passwords_.end()) passwords_.push_back(hash);
    return AclError::none;
}

AclError AclUser::add_selector(Slice rules, const AclCatalog& catalog) {
    AclSelector selector(every_channel_);
    for (size_t at = 0; at <= rules.size();) {
        const size_t end = std::min(rules.find(' ', at), rules.size());
        const Slice rule = rules.substr(at, end - at);
        at = end + 1;
        if (rule.empty()) continue;
        if (const AclError error = selector.apply(rule, catalog); error != AclError::none)
            return error;
    }
    selectors_.push_back(std::move(selector));
    return AclError::none;
}

bool AclUser::opens_with(Slice password) const {
    if (no_password_) return true;
    const std::string hash = sha256_hex(password);
    bool found = false;
    for (const std::string& known : passwords_) found |= same_hash(known, hash);
    return found;
}

std::string AclUser::describe() const {
    std::string text = name_ + (enabled_ ? " on" : " off");
    if (no_password_) text += " nopass";
    for (const std::string& hash : passwords_) text += " #" + hash;
    text += " " + selectors_[0].describe();
    for (size_t i = 1; i < selectors_.size(); ++i) text += " (" + selectors_[i].describe() + ")";
    return text;
}

AclRules join_selectors(std::span<const Slice> words) {
    AclRules joined;
    bool open = false;
    for (const Slice word : words) {
        if (open)
            joined.rules.back().append(" ").append(word);
        else
            joined.rules.emplace_back(word);
        open = (open || word.starts_with('(')) && !word.ends_with(')');
        if (open && joined.unmatched.empty()) joined.unmatched = word;
        if (!open) joined.unmatched.clear();
    }
    return joined;
}

}  // namespace rota
