// SPDX-License-Identifier: BSD-3-Clause
// Rules of users from a hostile file or command: words apart by newlines, each a rule. What a user
// may after them reads back from his own line as the same; a refused rule changes nothing; and
// whoever is unlimited is refused nothing.
#include <string>
#include <vector>

#include "acl/category.h"
#include "acl/user.h"
#include "tests/fuzz/check.h"

namespace rota {
namespace {

AclCatalog small_catalog() {
    AclCatalog catalog;
    catalog.add("get", kAclRead | kAclString | kAclFast, -1);
    catalog.add("set", kAclWrite | kAclString | kAclSlow, -1);
    catalog.add("select", kAclConnection | kAclFast, -1);
    catalog.add("config", kAclSlow, -1);
    catalog.add("config|get", kAclAdmin | kAclDangerous | kAclSlow, 3);
    catalog.add("config|set", kAclAdmin | kAclDangerous | kAclSlow, 3);
    for (int i = 0; i < 70; ++i)  // so that the bits need a second word
        catalog.add("filler" + std::to_string(i), kAclKeyspace, -1);
    return catalog;
}

std::vector<Slice> split(Slice text, char at_byte) {
    std::vector<Slice> parts;
    for (size_t at = 0; at <= text.size();) {
        const size_t end = std::min(text.find(at_byte, at), text.size());
        parts.push_back(text.substr(at, end - at));
        at = end + 1;
    }
    return parts;
}

// As a line of a file is read: the first word is the name.
AclUser read_back(const std::string& line, const AclCatalog& catalog) {
    const auto words = split(line, ' ');
    AclUser user(words[0], false);
    const AclRules given = join_selectors(std::span(words).subspan(1));
    ASSERT(given.unmatched.empty());
    for (const std::string& rule : given.rules) ASSERT(user.apply(rule, catalog) == AclError::none);
    return user;
}

void check_answers(const AclUser& a, const AclUser& b, const AclCatalog& catalog, Slice probe) {
    ASSERT(a.unlimited() == b.unlimited());
    ASSERT(a.selectors().size() == b.selectors().size());
    for (size_t i = 0; i < a.selectors().size(); ++i) {
        const AclSelector &x = a.selectors()[i], &y = b.selectors()[i];
        for (int id = 0; id < static_cast<int>(catalog.all().size()); ++id) {
            ASSERT(x.allows_command(id, {&probe, 1}) == y.allows_command(id, {&probe, 1}));
            if (x.unlimited()) ASSERT(x.allows_command(id, {}));
        }
        for (const uint8_t access : {0, 1, 2, 3})
            ASSERT(x.allows_key(probe, access) == y.allows_key(probe, access));
        for (const bool is_pattern : {false, true})
            ASSERT(x.allows_channel(probe, is_pattern) == y.allows_channel(probe, is_pattern));
        for (const int db : {0, 1, 15, INT32_MAX})
            ASSERT(x.allows_database(db) == y.allows_database(db));
    }
}

}  // namespace
}  // namespace rota

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace rota;
    if (size > 4096) return 0;
    static const AclCatalog catalog = small_catalog();
    const fuzz::ExactCopy input({reinterpret_cast<const char*>(data), size});
    const auto words = split(input.view(), '\n');
    const AclRules given = join_selectors(words);
    AclUser user("u", false);
    for (const std::string& rule : given.rules) {
        const std::string before = user.describe();
        if (user.apply(rule, catalog) != AclError::none) ASSERT(user.describe() == before);
    }
    const AclUser again = read_back(user.describe(), catalog);
    ASSERT(again.describe() == user.describe());
    check_answers(user, again, catalog, words.back());
    return 0;
}
