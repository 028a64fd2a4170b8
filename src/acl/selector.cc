// SPDX-License-Identifier: BSD-3-Clause
#include "acl/selector.h"

#include <algorithm>
#include <climits>

#include "acl/category.h"
#include "platform/text.h"

namespace rota {
namespace {

constexpr Slice kBlanks = " \t\n\v\f\r";
constexpr uint8_t kReadWrite = kAclKeyRead | kAclKeyWrite;

// Rules are separated by blanks wherever they are written down.
bool has_blanks(Slice text) {
    return text.find_first_of(kBlanks) != Slice::npos || text.find('\0') != Slice::npos;
}

// A rule about what another one is about, or about a part of it: "config" and "config|get".
bool covers(Slice rule, Slice older) {
    rule.remove_prefix(1);
    older.remove_prefix(1);
    return older.starts_with(rule) && (older.size() == rule.size() || older[rule.size()] == '|');
}

}  // namespace

AclError AclSelector::apply(Slice rule, const AclCatalog& catalog) {
    const auto is = [&](Slice word) { return equals_ignore_case(rule, word); };
    if (is("allkeys") || rule == "~*") {
        all_keys_ = true;
        keys_.clear();
    } else if (is("resetkeys")) {
        all_keys_ = false;
        keys_.clear();
    } else if (is("allchannels") || rule == "&*") {
        all_channels_ = true;
        channels_.clear();
    } else if (is("resetchannels")) {
        all_channels_ = false;
        channels_.clear();
    } else if (is("alldbs") || is("resetdbs")) {
        all_databases_ = is("alldbs");
        databases_.clear();
    } else if (is("allcommands") || is("+@all")) {
        allow_all_commands(true);
    } else if (is("nocommands") || is("-@all")) {
        allow_all_commands(false);
    } else if (starts_with_ignore_case(rule, "db=")) {
        return apply_databases(rule.substr(3));
    } else if (rule.starts_with('~') || rule.starts_with('%')) {
        return apply_keys(rule);
    } else if (rule.starts_with('&')) {
        return apply_channels(rule.substr(1));
    } else if (rule.starts_with("+@") || rule.starts_with("-@")) {
        return apply_category(rule, catalog);
    } else if (rule.starts_with('+') || rule.starts_with('-')) {
        return apply_command(rule, catalog);
    } else {
        return AclError::syntax;
    }
    return AclError::none;
}

// ---- Keys, channels, databases

// "~pattern", or "%R~pattern", "%W~pattern", "%RW~pattern".
AclError AclSelector::apply_keys(Slice rule) {
    if (all_keys_) return AclError::key_after_all_keys;
    uint8_t access = kReadWrite;
    size_t at = 1;
    if (rule[0] == '%') {
        access = 0;
        for (; at < rule.size() && rule[at] != '~'; ++at) {
            const char letter = to_upper(rule[at]);
            const uint8_t bit = letter == 'R' ? kAclKeyRead : letter == 'W' ? kAclKeyWrite : 0;
            if (bit == 0 || (access & bit) != 0) return AclError::syntax;
            access |= bit;
        }
        if (access == 0) return AclError::syntax;
        ++at;
    }
    const Slice pattern = rule.substr(std::min(at, rule.size()));
    if (has_blanks(pattern)) return AclError::syntax;
    const auto same = std::ranges::find(keys_, pattern, &KeyPattern::pattern);
    if (same == keys_.end())
        keys_.push_back({std::string(pattern), access});
    else
        same->access |= access;
    return AclError::none;
}

AclError AclSelector::apply_channels(Slice pattern) {
    if (all_channels_) return AclError::channel_after_all_channels;
    if (has_blanks(pattern)) return AclError::syntax;
    if (std::ranges::find(channels_, pattern) == channels_.end()) channels_.emplace_back(pattern);
    return AclError::none;
}

// "0,2,5": these and no other.
AclError AclSelector::apply_databases(Slice list) {
    std::vector<int> databases;
    for (size_t at = 0; at <= list.size();) {
        const size_t end = std::min(list.find(',', at), list.size());
        Slice word = list.substr(at, end - at);
        at = end + 1;
        // As strtol() reads a number: behind blanks, with a sign, with zeros.
        word.remove_prefix(std::min(word.find_first_not_of(kBlanks), word.size()));
        const bool negative = word.starts_with('-');
        if (negative || word.starts_with('+')) word.remove_prefix(1);
        if (word.empty() || word.find_first_not_of("0123456789") != Slice::npos)
            return AclError::syntax;
        word.remove_prefix(std::min(word.find_first_not_of('0'), word.size() - 1));
        const auto db = parse_int64(word);
        if (!db || *db > INT_MAX || (negative && *db != 0)) return AclError::database_out_of_range;
        databases.push_back(static_cast<int>(*db));
    }
    std::ranges::sort(databases);
    const auto repeated = std::ranges::unique(databases);
    databases.erase(repeated.begin(), repeated.end());
    databases_ = std::move(databases);
    all_databases_ = false;
    return AclError::none;
}

// ---- Commands

void AclSelector::allow_all_commands(bool allow) {
    all_commands_ = base_ = allow;
    commands_.clear();
    first_args_.clear();
    command_rules_.clear();
}

void AclSelector::set_bit(int id, bool allow) {
    const auto word = static_cast<size_t>(id) / 64;
    if (commands_.size() <= word) commands_.resize(word + 1, base_ ? ~uint64_t{0} : 0);
    const uint64_t bit = uint64_t{1} << (id % 64);
    commands_[word] = allow ? commands_[word] | bit : commands_[word] & ~bit;
    std::erase_if(first_args_, [id](const FirstArgs& args) { return args.command == id; });
    if (!allow) all_commands_ = false;
}

// A container takes its subcommands along.
void AclSelector::change_command(int id, bool allow, const AclCatalog& catalog) {
    set_bit(id, allow);
    for (const int sub : catalog[id].subcommands) set_bit(sub, allow);
}

// Takes the place of earlier rules about the same, which say nothing any more.
void AclSelector::add_command_rule(Slice rule) {
    const std::string lower = to_lower(rule);
    std::erase_if(command_rules_, [&](const std::string& older) { return covers(lower, older); });
    command_rules_.push_back(lower);
}

AclError AclSelector::apply_command(Slice rule, const AclCatalog& catalog) {
    const bool allow = rule[0] == '+';
    const Slice name = rule.substr(1);
    const int id = catalog.find(name);
    if (id < 0) {
        const bool first_arg = allow && name.find('|') != Slice::npos;
        const AclError error =
            first_arg ? apply_first_arg(name, catalog) : AclError::unknown_command;
        if (error != AclError::none) return error;
    } else {
        change_command(id, allow, catalog);
    }
    add_command_rule(rule);
    return AclError::none;
}

// "select|0": allowed with this first argument only.
AclError AclSelector::apply_first_arg(Slice name, const AclCatalog& catalog) {
    const size_t bar = name.rfind('|');
    const int id = catalog.find(name.substr(0, bar));
    const Slice word = name.substr(bar + 1);
    if (id < 0) return AclError::unknown_command;
    if (catalog[id].parent >= 0) return AclError::first_arg_of_subcommand;
    if (word.empty() || has_blanks(word)) return AclError::syntax;
    if (!catalog[id].subcommands.empty()) return AclError::unknown_command;
    auto args = std::ranges::find(first_args_, id, &FirstArgs::command);
    if (args == first_args_.end()) args = first_args_.insert(args, {id, {}});
    const auto same = [&](const std::string& other) { return equals_ignore_case(other, word); };
    if (std::ranges::none_of(args->words, same)) args->words.emplace_back(word);
    return AclError::none;
}

AclError AclSelector::apply_category(Slice rule, const AclCatalog& catalog) {
    const auto category = acl_category(rule.substr(2));
    if (!category) return AclError::unknown_command;
    const bool allow = rule[0] == '+';
    for (int id = 0; const AclCommand& command : catalog.all()) {
        if (command.categories & *category) change_command(id, allow, catalog);
        ++id;
    }
    add_command_rule(rule);
    return AclError::none;
}

// ---- Questions

bool AclSelector::allows_command(int id, std::span<const Slice> words) const {
    if (all_commands_) return true;
    const auto word = static_cast<size_t>(id) / 64;
    const uint64_t bits = word < commands_.size() ? commands_[word] : base_ ? ~uint64_t{0} : 0;
    if ((bits >> (id % 64)) & 1) return true;
    if (first_args_.empty() || words.empty()) return false;
    const auto args = std::ranges::find(first_args_, id, &FirstArgs::command);
    return args != first_args_.end() && std::ranges::any_of(args->words, [&](Slice allowed) {
               return equals_ignore_case(allowed, words[0]);
           });
}

bool AclSelector::allows_key(Slice key, uint8_t access) const {
    return all_keys_ || std::ranges::any_of(keys_, [&](const KeyPattern& allowed) {
               return (allowed.access & access) == access && glob_match(allowed.pattern, key);
           });
}

bool AclSelector::reads_every_key() const {
    return all_keys_ || std::ranges::any_of(keys_, [](const KeyPattern& allowed) {
               return (allowed.access & kAclKeyRead) != 0 && allowed.pattern == "*";
           });
}

bool AclSelector::allows_channel(Slice channel, bool is_pattern) const {
    return all_channels_ || std::ranges::any_of(channels_, [&](const std::string& allowed) {
               return is_pattern ? allowed == channel : glob_match(allowed, channel);
           });
}

bool AclSelector::allows_database(int db) const {
    return all_databases_ || std::ranges::binary_search(databases_, db);
}

// ---- Words

std::string AclSelector::describe_commands() const {
    std::string text = base_ ? "+@all" : "-@all";
    for (const std::string& rule : command_rules_) text += " " + rule;
    return text;
}

std::string AclSelector::describe_keys() const {
    if (all_keys_) return "~*";
    std::string text;
    for (const KeyPattern& key : keys_) {
        if (!text.empty()) text += ' ';
        if (key.access != kReadWrite) text += key.access == kAclKeyRead ? "%R" : "%W";
        // "~*" would be read as allkeys, behind which there must be no pattern.
        if (key.access == kReadWrite && key.pattern == "*") text += "%RW";
        text += "~" + key.pattern;
    }
    return text;
}

std::string AclSelector::describe_channels() const {
    if (all_channels_) return "&*";
    std::string text;
    for (const std::string& channel : channels_) text += (text.empty() ? "&" : " &") + channel;
    return text;
}

std::string AclSelector::describe_databases() const {
    if (all_databases_) return "alldbs";
    std::string text;
    for (const int db : databases_) text += (text.empty() ? "db=" : ",") + std::to_string(db);
    return text;
}

std::string AclSelector::describe() const {
    std::string text = describe_keys();
    const auto add = [&text](Slice words) {
        if (!text.empty()) text += ' ';
        text += words;
    };
    if (!all_channels_) add("resetchannels");
    if (all_channels_ || !channels_.empty()) add(describe_channels());
    if (!all_databases_) add(databases_.empty() ? "resetdbs" : describe_databases());
    add(describe_commands());
    return text;
}

}  // namespace rota
