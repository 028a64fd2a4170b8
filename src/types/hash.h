// SPDX-License-Identifier: BSD-3-Clause
// Hash: a value of type hash. A listpack of fields and values while it is small, a table once it is
// not or once a field has an expiry; it never goes back, as in Valkey.
//
// A field that has expired is there for size() alone until something removes it: reading does not
// see it, writing takes it away first. `now_ms` is the command's time.
//
// It owns what an entry keeps a bare pointer to, like List. Threading: one owner.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "types/kind.h"
#include "types/listpack.h"
#include "types/member_table.h"

namespace rota {

struct HashLimits {
    size_t listpack_entries = 512, listpack_value = 64;
    SipKey seed;  // of the tables that are made
};

// A field of a table: in the tail of its member
//     value size:7 | has expiry:1; 127: the size follows in 4 bytes | expire_at_ms 8 B | value
class Field {
public:
    static Member* make(Slice name, Slice value, int64_t expire_at_ms);
    static Slice value(const Member*);
    static int64_t expire_at_ms(const Member*);  // -1: never
    static bool expired(const Member* member, int64_t now_ms) {
        const int64_t at = expire_at_ms(member);
        return at >= 0 && now_ms > at;
    }
};

struct FieldTable {
    explicit FieldTable(const SipKey& seed) : fields(seed) {}
    MemberTable fields;
    size_t expiring = 0;         // fields that have an expiry
    uint64_t expire_cursor = 0;  // where looking for expired ones goes on
};

class Hash {
public:
    using Value = Listpack::Value;
    static constexpr int64_t kNever = -1;
    static constexpr int64_t kKeep = -2;  // the expiry that the field has

    static Hash make() { return Hash(Listpack()); }
    Hash(Encoding encoding, void* object);
    Hash(Hash&&) = default;
    Hash& operator=(Hash&&) = default;
    Encoding encoding() const { return table_ ? Encoding::hashtable : Encoding::listpack; }
    [[nodiscard]] void* release();
    Hash copy() const;

    size_t size() const { return table_ ? table_->fields.size() : pack_.count() / 2; }
    size_t allocated_bytes(size_t samples) const;
    // See object.h.
    size_t block_count() const { return table_ ? table_->fields.size() : 1; }
    bool drain(size_t steps) { return table_ && table_->fields.drain(steps); }
    const FieldTable* table() const { return table_.get(); }
    size_t expiring() const { return table_ ? table_->expiring : 0; }

    // A table, if there are more fields than a listpack may have.
    void fit(const HashLimits& limits) {
        if (size() > limits.listpack_entries) to_table(limits.seed);
    }
    void to_table(const SipKey& seed);
    Slice packed_bytes() const { return pack_.bytes(); }  // of a listpack
    // Fields and values by turns are about to be set.
    void expect(std::span<const Slice> pairs, const HashLimits&);
    std::optional<Value> get(Slice field, int64_t now_ms) const;
    // Returns whether the field is new.
    bool set(Slice field, Slice value, int64_t expire_at_ms, int64_t now_ms, const HashLimits&);
    bool remove(Slice field, int64_t now_ms);  // false: it was not there
    // nullopt: no such field; kNever: without expiry.
    std::optional<int64_t> expiry(Slice field, int64_t now_ms) const;
    // The field must be there. kNever takes the expiry away.
    void set_expiry(Slice field, int64_t expire_at_ms, const HashLimits&);
    // Looks at about `fields` of them and removes those that have expired; returns how many.
    size_t remove_expired(size_t fields, int64_t now_ms);

    // Calls visit(field, value) for every field that has not expired.
    template <class Visit>
    void for_each(int64_t now_ms, Visit&& visit) const {
        if (table_) {
            table_->fields.for_each([&](const Member* member) {
                if (!Field::expired(member, now_ms)) visit(member->name(), Field::value(member));
            });
            return;
        }
        char name[kIntegerTextMax], value[kIntegerTextMax];
        for (auto at = pack_.first(); at != Listpack::kNone; at = pack_.next(at)) {
            const Slice field = pack_.get(at).text(name);
            at = pack_.next(at);
            visit(field, pack_.get(at).text(value));
        }
    }
    template <class Visit>
    uint64_t scan(uint64_t cursor, int64_t now_ms, Visit&& visit) const {
        if (table_) {
            return table_->fields.scan(cursor, [&](const Member* member) {
                if (!Field::expired(member, now_ms)) visit(member->name(), Field::value(member));
            });
        }
        for_each(now_ms, visit);
        return 0;
    }

    using Pair = std::pair<std::string, std::string>;
    // A field that has not expired, each with the same probability; nullopt: there is none.
    std::optional<Pair> random(int64_t now_ms, uint64_t& random) const;
    // `count` different ones, or all where there are fewer.
    std::vector<Pair> sample(size_t count, int64_t now_ms, uint64_t& random) const;

private:
    explicit Hash(Listpack&& pack) : pack_(std::move(pack)) {}
    explicit Hash(std::unique_ptr<FieldTable> table) : table_(std::move(table)) {}
    bool set_in_pack(Slice field, Slice value);
    void put(Member* old, Member* made);

    Listpack pack_ = Listpack::adopt(nullptr);
    std::unique_ptr<FieldTable> table_;
};

}  // namespace rota
