// SPDX-License-Identifier: BSD-3-Clause
#include "client/filter.h"

#include <algorithm>

#include "acl/users.h"
#include "platform/text.h"

namespace rota {

struct ClientFilter::Word {
    Slice name;
    Field field;
};

std::optional<ClientType> parse_client_type(Slice name) {
    if (equals_ignore_case(name, "normal")) return ClientType::normal;
    if (equals_ignore_case(name, "slave") || equals_ignore_case(name, "replica"))
        return ClientType::replica;
    if (equals_ignore_case(name, "pubsub")) return ClientType::pubsub;
    if (equals_ignore_case(name, "master") || equals_ignore_case(name, "primary"))
        return ClientType::primary;
    return std::nullopt;
}

const ClientFilter::Word* ClientFilter::find_word(Slice text) {
    static constexpr Word kWords[] = {
        {"id", Field::id},           {"addr", Field::addr}, {"laddr", Field::laddr},
        {"ip", Field::ip},           {"type", Field::type}, {"user", Field::user},
        {"flags", Field::flags},     {"name", Field::name}, {"lib-name", Field::lib_name},
        {"lib-ver", Field::lib_ver}, {"db", Field::db},     {"capa", Field::capa},
    };
    for (const Word& word : kWords) {
        if (equals_ignore_case(word.name, text)) return &word;
    }
    return nullptr;
}

// ID takes every number that follows it.
Result<size_t> ClientFilter::parse_ids(std::span<const Slice> args, size_t at,
                                       Condition& condition) {
    const size_t first = at;
    for (; at < args.size(); ++at) {
        const auto id = parse_int64(args[at]);
        if (!id && at > first) break;
        if (!id) return fail("ERR syntax error");
        if (*id < 1) return fail("ERR client-id should be greater than 0");
        condition.ids.push_back(static_cast<uint64_t>(*id));
    }
    std::ranges::sort(condition.ids);
    return at;
}

Result<> ClientFilter::parse_letters(Slice known, const char* what, const Condition& condition) {
    if (condition.text.find_first_not_of(known) == std::string::npos) return {};
    const std::string upper = to_upper(what);
    return fail(std::string("ERR Unknown ") + what + " found in the " +
                (condition.negated ? "NOT-" + upper : "provided") + " filter: " + condition.text);
}

Result<> ClientFilter::parse_value(Slice value, int databases, const AclUsers& users,
                                   Condition& condition) {
    condition.text = std::string(value);
    if (condition.field == Field::type) {
        const auto type = parse_client_type(value);
        if (!type) return fail("ERR Unknown client type '" + condition.text + "'");
        condition.number = static_cast<int>(*type);
    } else if (condition.field == Field::user && !users.find(value)) {
        return fail("ERR No such user '" + condition.text + "'");
    } else if (condition.field == Field::db) {
        const auto db = parse_int64(value);
        const std::string name = condition.negated ? "NOT-DB" : "DB";
        if (!db) return fail("ERR " + name + " is not an integer or out of range");
        if (*db < 0 || *db >= databases)
            return fail("ERR " + name + " number should be between 0 and " +
                        std::to_string(databases - 1));
        condition.number = static_cast<int>(*db);
    } else if (condition.field == Field::flags) {
        return parse_letters("OSMPxbtRBdcuAUreTIEiN", "flags", condition);
    } else if (condition.field == Field::capa) {
        return parse_letters("r", "capa", condition);
    }
    return {};
}

Result<ClientFilter> ClientFilter::parse(std::span<const Slice> args, int databases,
                                         const AclUsers& users) {
    ClientFilter filter;
    for (size_t i = 0; i < args.size();) {
        const bool more = i + 1 < args.size();
        if (!more) return fail("ERR syntax error");
        const Slice value = args[i + 1];
        if (equals_ignore_case(args[i], "skipme")) {
            if (!equals_ignore_case(value, "yes") && !equals_ignore_case(value, "no"))
                return fail("ERR syntax error");
            filter.skip_me_ = equals_ignore_case(value, "yes");
            i += 2;
            continue;
        }
        const bool age = equals_ignore_case(args[i], "maxage");
        if (age || equals_ignore_case(args[i], "idle")) {
            const auto seconds = parse_int64(value);
            if (!seconds)
                return fail("ERR " + to_lower(args[i]) + " is not an integer or out of range");
            if (*seconds <= 0)
                return fail("ERR " + to_lower(args[i]) + " should be greater than 0");
            (age ? filter.max_age_s_ : filter.idle_s_) = *seconds;
            i += 2;
            continue;
        }
        const bool negated = starts_with_ignore_case(args[i], "not-");
        const Word* word = find_word(negated ? args[i].substr(4) : args[i]);
        if (word == nullptr) return fail("ERR syntax error");
        Condition condition{.field = word->field, .negated = negated};
        if (word->field == Field::id) {
            const auto next = parse_ids(args, i + 1, condition);
            if (!next) return std::unexpected(next.error());
            i = *next;
        } else {
            if (auto read = parse_value(value, databases, users, condition); !read)
                return std::unexpected(read.error());
            i += 2;
        }
        filter.add(std::move(condition));
    }
    return filter;
}

// Without the port, and without the brackets that an IPv6 address has.
static Slice address_of(Slice peer) {
    const Slice address = peer.substr(0, peer.rfind(':'));
    const bool brackets = address.starts_with('[') && address.ends_with(']');
    return brackets ? address.substr(1, address.size() - 2) : address;
}

// Of a word that is repeated the last value counts, but every ID.
void ClientFilter::add(Condition condition) {
    const auto same = [&condition](const Condition& other) {
        return other.field == condition.field && other.negated == condition.negated;
    };
    const auto old = std::ranges::find_if(conditions_, same);
    if (old == conditions_.end()) return conditions_.push_back(std::move(condition));
    condition.ids.insert(condition.ids.end(), old->ids.begin(), old->ids.end());
    std::ranges::sort(condition.ids);
    *old = std::move(condition);
}

bool ClientFilter::holds(const Condition& condition, const Client& client) {
    const auto same_type = [&] { return static_cast<int>(client.type) == condition.number; };
    const auto all_of = [&](const std::string& have) {
        return std::ranges::all_of(condition.text,
                                   [&](char c) { return have.find(c) != std::string::npos; });
    };
    switch (condition.field) {
        case Field::id:
            return std::ranges::binary_search(condition.ids, client.id);
        case Field::addr:
            return client.peer == condition.text;
        case Field::laddr:
            return client.local == condition.text;
        case Field::ip:
            return address_of(client.peer) == condition.text;
        case Field::type:
            return same_type();
        case Field::user:
            return client.user && client.user->name() == condition.text;
        case Field::flags:
            return all_of(flag_letters(client));
        case Field::name:
            return client.name == condition.text;
        case Field::lib_name:
            return client.lib_name == condition.text;
        case Field::lib_ver:
            return client.lib_ver == condition.text;
        case Field::db:
            return client.db == condition.number;
        case Field::capa:
            return all_of(client.capa_redirect ? "r" : "");
    }
    return false;
}

bool ClientFilter::matches(const Client& client, int64_t now_ms) const {
    if (max_age_s_ > 0 && (now_ms - client.created_ms) / 1000 < max_age_s_) return false;
    if (idle_s_ > 0 &&
        (now_ms - static_cast<int64_t>(client.io.last_interaction_ms.get())) / 1000 < idle_s_)
        return false;
    return std::ranges::all_of(conditions_, [&](const Condition& condition) {
        return holds(condition, client) != condition.negated;
    });
}

}  // namespace rota
