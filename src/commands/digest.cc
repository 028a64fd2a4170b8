// SPDX-License-Identifier: BSD-3-Clause
#include "commands/digest.h"

#include "commands/value.h"
#include "platform/assert.h"
#include "platform/text.h"
#include "types/hash.h"
#include "types/list.h"
#include "types/set.h"
#include "types/stream.h"
#include "types/zset.h"

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

void add_list(Sha1Digest& digest, List& list) {
    char scratch[kIntegerTextMax];
    for (auto at = list.first(); at; at = list.next(at))
        add_ordered(digest, list.get(at).text(scratch));
}

// When fields expire is no part of it.
void add_hash(Sha1Digest& digest, Hash& hash) {
    hash.for_each(0, [&](Slice field, Slice value) {
        Sha1Digest both{};
        add_ordered(both, field);
        add_ordered(both, value);
        add_unordered(digest, bytes_of(both));
    });
}

void add_zset(Sha1Digest& digest, const ZSet& zset) {
    zset.for_each([&](Slice name, double score) {
        Sha1Digest both{};
        add_ordered(both, name);
        add_ordered(both, format_shortest(score));
        add_unordered(digest, bytes_of(both));
    });
}

// Groups are no part of it.
void add_stream(Sha1Digest& digest, const Stream& stream) {
    char scratch[kIntegerTextMax];
    stream.visit_forward(StreamId::min(), StreamId::max(), [&](const Stream::Entry& entry) {
        add_ordered(digest, std::to_string(entry.id.ms) + "." + std::to_string(entry.id.seq));
        entry.for_each_field([&](const Listpack::Value& field, const Listpack::Value& value) {
            add_ordered(digest, field.text(scratch));
            add_ordered(digest, value.text(scratch));
        });
        return true;
    });
}

void add_value(Sha1Digest& digest, Entry& entry) {
    add_number(digest, static_cast<uint32_t>(entry.type()));
    char scratch[24];
    switch (entry.type()) {
        case Type::string:
            add_ordered(digest, entry.string(scratch));
            break;
        case Type::list:
            add_list(digest, *Lent<List>(&entry));
            break;
        case Type::set:
            Lent<Set>(&entry)->for_each([&](Slice member) { add_unordered(digest, member); });
            break;
        case Type::zset:
            add_zset(digest, *Lent<ZSet>(&entry));
            break;
        case Type::hash:
            add_hash(digest, *Lent<Hash>(&entry));
            break;
        case Type::stream:
            add_stream(digest, *Lent<Stream>(&entry));
            break;
        default:
            UNREACHABLE();
    }
    if (entry.has_expiry()) add_unordered(digest, "!!expire!!");
}

}  // namespace

Sha1Digest value_digest(Entry& entry) {
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
        db.for_each([&all](Entry* entry) {
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
