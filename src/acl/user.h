// SPDX-License-Identifier: BSD-3-Clause
// AclUser: a name, the passwords that open it, and what it may do: see AclSelector.
//
// Connections share their user with AclUsers: a change of its rules is at once one for all of them.
// Threading: the executor's. Only the last owner's release may happen elsewhere.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "acl/selector.h"
#include "platform/slice.h"

namespace rota {

// Why somebody may not; where selectors disagree, the greatest reason is told.
enum class AclReason : uint8_t { none, database, command, key, auth, channel };

struct AclDenial {
    AclReason reason = AclReason::none;
    size_t arg = 0;  // the argument it is about; 0: the command itself
    explicit operator bool() const { return reason != AclReason::none; }
    friend auto operator<=>(const AclDenial&, const AclDenial&) = default;
};

class AclUser {
public:
    // One that may nothing. every_channel: what acl-pubsub-default says.
    AclUser(Slice name, bool every_channel)
        : name_(name), every_channel_(every_channel), selectors_{AclSelector(every_channel)} {}

    // What a reset, and a selector that is added, begin with: acl-pubsub-default as of now.
    void begin_with_every_channel(bool every) { every_channel_ = every; }
    // One rule, a whole selector in parentheses included. A refused one changes nothing.
    AclError apply(Slice rule, const AclCatalog&);
    const std::string& name() const { return name_; }
    bool enabled() const { return enabled_; }
    bool needs_no_password() const { return no_password_; }
    // Nobody need authenticate to be this one.
    bool is_open() const { return enabled_ && no_password_; }
    // Takes as long whatever the guess is.
    bool opens_with(Slice password) const;

    bool unlimited() const { return selectors_[0].unlimited(); }
    // The first one is the user's own.
    const std::vector<AclSelector>& selectors() const { return selectors_; }
    const std::vector<std::string>& passwords() const { return passwords_; }

    // As a line of a file: "alice on #... ~k* resetchannels -@all +get".
    std::string describe() const;

private:
    AclError apply_password(Slice rule);
    AclError add_selector(Slice rules, const AclCatalog&);
    void reset();

    std::string name_;
    bool every_channel_;
    bool enabled_ = false, no_password_ = false;
    std::vector<std::string> passwords_;  // SHA-256, as 64 digits
    std::vector<AclSelector> selectors_;
};

// Rules as they are given in words, with the words of each selector put together again.
struct AclRules {
    std::vector<std::string> rules;
    std::string unmatched;  // what opens a selector that is never closed; "": nothing
};
AclRules join_selectors(std::span<const Slice> words);

}  // namespace rota
