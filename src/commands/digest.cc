// SPDX-License-Identifier: BSD-3-Clause
#include "commands/digest.h"

#include "platform/assert.h"
#include "platform/text.h"

namespace rota {
namespace {

Slice bytes_of(const Sha1Digest& digest) {
    return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

// Order does not matter: what is in a set, or whether something is there.
void add_unordered(Sha1Digest& digest, Slice bytes) {
    const Sha1Digest hash = sha1(bytes);
    for (size_t i = 0; i < digest.size(); ++i) digest[i] ^= hash[i];
}

// Order matters.
void add_ordered(Sha1Digest& digest, Slice bytes) {
    add_unordered(digest, bytes);
    digest = sha1(bytes_of(digest));
}

void add_number(Sha1Digest& digest, uint32_t number) {
    const char bytes[] = {static_cast<char>(number >> 24), static_cast<char>(number >> 16),
                          static_cast<char>(number >> 8), static_cast<char>(number)};
    add_ordered(digest, {bytes, sizeof bytes});
}

void add_value(Sha1Digest& digest, const Entry& entry) {
    ASSERT(entry.type() == Type::string);
    add_number(digest, 0);  // the type
    char scratch[24];
    add_ordered(digest, entry.string(scratch));
    if (entry.has_expiry()) add_unordered(digest, "!!expire!!");
}

}  // namespace

Sha1Digest value_digest(const Entry& entry) {
    Sha1Digest digest{};
    add_value(digest, entry);
    return digest;
}

Sha1Digest dataset_digest(Keyspace& keyspace) {
    Sha1Digest all{};
    for (int i = 0; i < keyspace.count(); ++i) {
        Db& db = keyspace.db(i);
        if (db.size() == 0) continue;
        add_number(all, static_cast<uint32_t>(i));
        db.for_each([&all](const Entry* entry) {
            Sha1Digest digest{};
            add_ordered(digest, entry->key());
            add_value(digest, *entry);
            add_unordered(all, bytes_of(digest));
        });
    }
    return all;
}

std::string to_hex(const Sha1Digest& digest) {
    std::string hex;
    for (const uint8_t byte : digest) append_format(hex, "%02x", byte);
    return hex;
}

}  // namespace rota
