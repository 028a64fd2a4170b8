// SPDX-License-Identifier: BSD-3-Clause
// AclUsers: all users by name, and the text they are kept in. `default` is always there: who has
// not said who he is.
// Threading: the executor; main() before it runs.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "acl/options.h"
#include "acl/user.h"
#include "platform/result.h"

namespace rota {

class AclUsers {
public:
    using Set = std::map<std::string, AclUser, std::less<>>;
    using Shared = std::shared_ptr<AclUser>;

    explicit AclUsers(const AclOptions&);

    AclCatalog& catalog() { return catalog_; }
    const Shared& default_user() const { return default_; }
    // Null: there is none.
    Shared find(Slice name) const;
    const std::map<std::string, Shared, std::less<>>& all() const { return users_; }

    // A copy to change: of the user, or of what a new one is.
    AclUser draft(Slice name) const;
    // The draft takes effect, for all who are this user.
    void put(AclUser);
    bool remove(Slice name);
    // These are all users from now on, and `default`, which may all unless the set says otherwise.
    void replace(Set);
    // requirepass; empty: none is needed.
    void set_default_password(Slice password);

    // "user alice on ...", in the order of the names.
    std::vector<std::string> lines() const;
    // The same, each word quoted where a configuration file wants it.
    std::vector<std::string> config_lines() const;
    // The line's words without "user". The message says what is wrong with it.
    Result<> add_from_config(std::span<const std::string> words);
    bool has_file() const { return !options_.aclfile.empty(); }
    // Nothing has changed yet. The message names every line that is wrong.
    Result<Set> read_file() const;
    Result<> write_file() const;

private:
    bool every_channel() const;

    const AclOptions& options_;
    AclCatalog catalog_;
    std::map<std::string, Shared, std::less<>> users_;
    Shared default_;
    std::vector<std::string> configured_;  // names that the configuration has had
};

// A name that can stand in a line: no blanks, no NUL.
bool is_user_name(Slice name);

}  // namespace rota
