// SPDX-License-Identifier: BSD-3-Clause
#include "acl/users.h"

#include <sys/stat.h>

#include <algorithm>
#include <cstring>

#include "platform/file.h"
#include "platform/text.h"

namespace rota {
namespace {

constexpr Slice kDefault = "default";

AclUser user_who_may_all() {
    AclUser user(kDefault, true);
    for (const Slice rule : {"on", "nopass", "allkeys", "allcommands"})
        (void)user.apply(rule, AclCatalog());
    return user;
}

std::vector<Slice> split_at_blanks(Slice line) {
    std::vector<Slice> words;
    for (size_t at = 0; at <= line.size();) {
        const size_t end = std::min(line.find(' ', at), line.size());
        words.push_back(line.substr(at, end - at));
        at = end + 1;
    }
    return words;
}

// One line of a file of users. Returns what is wrong with it, "" for nothing.
std::string read_line(Slice line, const std::string& where, int number, bool every_channel,
                      const AclCatalog& catalog, AclUsers::Set& set) {
    const std::string place = where + ":" + std::to_string(number);
    const auto words = split_at_blanks(line);
    if (words[0] != "user" || words.size() < 2)
        return place + " should start with user keyword followed by the username. ";
    const std::string name(words[1]);
    if (!is_user_name(name))
        return place + ": username '" + name + "' contains invalid characters. ";
    const auto [user, is_new] = set.try_emplace(name, name, every_channel);
    if (!is_new)
        return "WARNING: Duplicate user '" + name + "' found on line " + std::to_string(number) +
               ". ";
    const AclRules given = join_selectors(std::span(words).subspan(2));
    if (!given.unmatched.empty()) return place + ": Unmatched parenthesis in selector definition.";
    for (const std::string& rule : given.rules) {
        const AclError error = user->second.apply(rule, catalog);
        if (error == AclError::none) continue;
        const std::string text(acl_error_text(error));
        if (error == AclError::unknown_command)
            return place + ": Error in applying operation '" + rule + "': " + text + ". ";
        return place + ": " + text + ". ";
    }
    return {};
}

}  // namespace

bool is_user_name(Slice name) {
    return name.find_first_of(" \t\n\v\f\r") == Slice::npos && name.find('\0') == Slice::npos;
}

AclUsers::AclUsers(const AclOptions& options)
    : options_(options), default_(std::make_shared<AclUser>(user_who_may_all())) {
    users_.emplace(kDefault, default_);
}

bool AclUsers::every_channel() const {
    return options_.acl_pubsub_default == AclPubsubDefault::allchannels;
}

AclUsers::Shared AclUsers::find(Slice name) const {
    const auto found = users_.find(name);
    return found == users_.end() ? nullptr : found->second;
}

AclUser AclUsers::draft(Slice name) const {
    const auto found = users_.find(name);
    AclUser user = found == users_.end() ? AclUser(name, every_channel()) : *found->second;
    user.begin_with_every_channel(every_channel());
    return user;
}

void AclUsers::put(AclUser user) {
    Shared& place = users_[user.name()];
    if (place)
        *place = std::move(user);
    else
        place = std::make_shared<AclUser>(std::move(user));
}

bool AclUsers::remove(Slice name) {
    const auto found = users_.find(name);
    if (found == users_.end()) return false;
    users_.erase(found);
    return true;
}

void AclUsers::replace(Set set) {
    set.try_emplace(std::string(kDefault), user_who_may_all());
    std::erase_if(users_, [&](const auto& item) { return !set.contains(item.first); });
    for (auto& [name, user] : set) put(std::move(user));
}

void AclUsers::set_default_password(Slice password) {
    (void)default_->apply("resetpass", catalog_);
    (void)default_->apply(password.empty() ? "nopass" : ">" + std::string(password), catalog_);
}

// ---- In text

std::vector<std::string> AclUsers::lines() const {
    std::vector<std::string> lines;
    for (const auto& [name, user] : users_) lines.push_back("user " + user->describe());
    return lines;
}

std::vector<std::string> AclUsers::config_lines() const {
    std::vector<std::string> lines = this->lines();
    for (std::string& line : lines) {
        const auto printable = [](char byte) { return byte >= ' ' && byte <= '~'; };
        if (line.find_first_of("\"'\\") == std::string::npos &&
            std::ranges::all_of(line, printable))
            continue;
        std::string quoted;
        for (const Slice word : split_at_blanks(line)) {
            if (!quoted.empty()) quoted += ' ';
            append_repr(quoted, word);
        }
        line = quoted;
    }
    return lines;
}

Result<> AclUsers::add_from_config(std::span<const std::string> words) {
    const std::string& name = words[0];
    const auto wrong = [&](Slice what) {
        return fail("Error in user declaration '" + name + "': " + std::string(what));
    };
    if (!is_user_name(name)) return fail("Spaces not allowed in ACL usernames");
    if (std::ranges::find(configured_, name) != configured_.end())
        return wrong("Duplicate user found. A user can only be defined once in config files");
    configured_.push_back(name);
    const std::vector<Slice> slices(words.begin() + 1, words.end());
    const AclRules given = join_selectors(slices);
    if (!given.unmatched.empty()) return wrong("Unmatched parenthesis in selector definition.");
    AclUser user(name, every_channel());
    for (const std::string& rule : given.rules) {
        const AclError error = user.apply(rule, catalog_);
        if (error != AclError::none) return wrong(acl_error_text(error));
    }
    put(std::move(user));
    return {};
}

Result<AclUsers::Set> AclUsers::read_file() const {
    const std::string& path = options_.aclfile;
    const auto text = rota::read_file(path);
    if (!text)
        return fail("Error loading ACLs, opening file '" + path +
                    "': " + std::strerror(text.error().code));
    Set set;
    std::string problems;
    int number = 0;
    for (size_t at = 0; at <= text->size();) {
        const size_t end = std::min(text->find('\n', at), text->size());
        const Slice line = trim(Slice(*text).substr(at, end - at));
        at = end + 1;
        ++number;
        if (!line.empty())
            problems += read_line(line, path, number, every_channel(), catalog_, set);
    }
    if (problems.empty()) return set;
    return fail(problems +
                "WARNING: ACL errors detected, no change to the previously active ACL rules was "
                "performed");
}

Result<> AclUsers::write_file() const {
    std::string text;
    for (const std::string& line : lines()) text += line + "\n";
    // It holds hashes of passwords: whoever narrowed its permissions keeps them.
    struct stat info;
    const mode_t mode = stat(options_.aclfile.c_str(), &info) == 0 ? info.st_mode & 07777 : 0644;
    return write_file_atomic(options_.aclfile, text, mode);
}

}  // namespace rota
