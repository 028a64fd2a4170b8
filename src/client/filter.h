// SPDX-License-Identifier: BSD-3-Clause
// ClientFilter: which clients CLIENT LIST shows and CLIENT KILL ends. Every given condition must
// hold; each one but SKIPME and MAXAGE also exists as NOT-<name>. Threading: executor only.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "client/client.h"
#include "platform/result.h"

namespace rota {

class AclUsers;

class ClientFilter {
public:
    // Reads `args` (from the first filter word on). The error's message is the reply. databases:
    // how many there are, for DB; users: who they
    // are, for USER.
    static Result<ClientFilter> parse(std::span<const Slice> args, int databases, const AclUsers&);

    bool matches(const Client&, int64_t now_ms) const;
    std::optional<bool> skip_me() const { return skip_me_; }
    bool empty() const { return conditions_.empty() && max_age_s_ == 0; }

private:
    enum class Field : uint8_t {
        id,
        addr,
        laddr,
        ip,
        type,
        user,
        flags,
        name,
        lib_name,
        lib_ver,
        db,
        capa
    };
    struct Word;
    struct Condition {
        Field field;
        bool negated;
        std::string text;
        std::vector<uint64_t> ids;
        int number = 0;
    };

    static const Word* find_word(Slice text);
    static Result<size_t> parse_ids(std::span<const Slice> args, size_t at, Condition&);
    static Result<> parse_letters(Slice known, const char* what, const Condition&);
    static Result<> parse_value(Slice value, int databases, const AclUsers&, Condition&);
    void add(Condition);
    static bool holds(const Condition&, const Client&);

    std::vector<Condition> conditions_;
    std::optional<bool> skip_me_;
    int64_t max_age_s_ = 0;  // 0: any
    int64_t idle_s_ = 0;
};

// "normal", "replica" (or "slave"), "pubsub", "primary" (or "master"); nullopt for anything else.
std::optional<ClientType> parse_client_type(Slice name);

}  // namespace rota
