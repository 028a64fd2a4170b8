// SPDX-License-Identifier: BSD-3-Clause
#include "types/hash.h"

#include <algorithm>

#include "platform/assert.h"
#include "types/sampling.h"

namespace rota {
namespace {

constexpr uint8_t kLongValue = 127;
constexpr size_t kRandomTries = 100;  // before a table of mostly expired fields is looked through

uint8_t head_of(const Member* member) { return static_cast<uint8_t>(*member->tail()); }
bool has_expiry(const Member* member) { return head_of(member) & 1; }
size_t size_bytes(const Member* member) { return head_of(member) >> 1 == kLongValue ? 5 : 1; }

}  // namespace

// -- Fields of a table --

Member* Field::make(Slice name, Slice value, int64_t expire_at_ms) {
    ASSERT(value.size() <= UINT32_MAX);
    const bool is_long = value.size() >= kLongValue;
    const bool expires = expire_at_ms >= 0;
    Member* member =
        Member::make(name, (is_long ? 5 : 1) + (expires ? sizeof expire_at_ms : 0) + value.size());
    char* at = member->tail();
    const auto size = static_cast<uint32_t>(value.size());
    *at++ = static_cast<char>((is_long ? kLongValue : size) << 1 | (expires ? 1 : 0));
    if (is_long) {
        std::memcpy(at, &size, sizeof size);
        at += sizeof size;
    }
    if (expires) {
        std::memcpy(at, &expire_at_ms, sizeof expire_at_ms);
        at += sizeof expire_at_ms;
    }
    if (!value.empty()) std::memcpy(at, value.data(), value.size());
    return member;
}

Slice Field::value(const Member* member) {
    const char* at = member->tail() + size_bytes(member);
    uint32_t size = head_of(member) >> 1;
    if (size == kLongValue) std::memcpy(&size, member->tail() + 1, sizeof size);
    return {at + (has_expiry(member) ? sizeof(int64_t) : 0), size};
}

int64_t Field::expire_at_ms(const Member* member) {
    if (!has_expiry(member)) return Hash::kNever;
    int64_t at_ms;
    std::memcpy(&at_ms, member->tail() + size_bytes(member), sizeof at_ms);
    return at_ms;
}

// -- As an entry keeps it --

Hash::Hash(Encoding encoding, void* object) {
    if (encoding == Encoding::listpack) {
        pack_ = Listpack::adopt(object);
    } else {
        ASSERT(encoding == Encoding::hashtable);
        table_.reset(static_cast<FieldTable*>(object));
    }
}

void* Hash::release() { return table_ ? table_.release() : pack_.release(); }

Hash Hash::copy() const {
    if (!table_) return Hash(pack_.copy());
    auto made = std::make_unique<FieldTable>(table_->fields.seed());
    made->expiring = table_->expiring;
    table_->fields.for_each([&made](const Member* member) {
        made->fields.insert(
            Field::make(member->name(), Field::value(member), Field::expire_at_ms(member)));
    });
    return Hash(std::move(made));
}

size_t Hash::allocated_bytes(size_t samples) const {
    if (!table_) return pack_.allocated_bytes();
    return table_->fields.allocated_bytes() + sampled_member_bytes(table_->fields, samples);
}

void Hash::to_table(const SipKey& seed) {
    if (table_) return;
    auto made = std::make_unique<FieldTable>(seed);
    for_each(0, [&made](Slice field, Slice value) {
        made->fields.insert(Field::make(field, value, kNever));
    });
    *this = Hash(std::move(made));
}

void Hash::expect(std::span<const Slice> pairs, const HashLimits& limits) {
    if (table_) return;
    size_t bytes = 0;
    bool fits = pairs.size() / 2 <= limits.listpack_entries;
    for (const Slice text : pairs) {
        fits = fits && text.size() <= limits.listpack_value;
        bytes += text.size() + Listpack::kOverheadMax;
    }
    if (!fits || !pack_.fits(bytes)) to_table(limits.seed);
}

// -- Fields --

std::optional<Hash::Value> Hash::get(Slice field, int64_t now_ms) const {
    if (table_) {
        const Member* member = table_->fields.find(field);
        if (member == nullptr || Field::expired(member, now_ms)) return std::nullopt;
        return Value{.string = Field::value(member)};
    }
    const auto at = pack_.find(pack_.first(), field, 1);
    if (at == Listpack::kNone) return std::nullopt;
    return pack_.get(pack_.next(at));
}

bool Hash::set_in_pack(Slice field, Slice value) {
    const auto at = pack_.find(pack_.first(), field, 1);
    if (at != Listpack::kNone) {
        pack_.replace(pack_.next(at), value);
        return false;
    }
    pack_.append(field);
    pack_.append(value);
    return true;
}

// `made` instead of `old`, which is null where the field is new.
void Hash::put(Member* old, Member* made) {
    table_->expiring += Field::expire_at_ms(made) >= 0;
    if (old == nullptr) return table_->fields.insert(made);
    table_->expiring -= Field::expire_at_ms(old) >= 0;
    table_->fields.replace(old, made);
    Member::destroy(old);
}

bool Hash::set(Slice field, Slice value, int64_t expire_at_ms, int64_t now_ms,
               const HashLimits& limits) {
    if (!table_) {
        const size_t bytes = field.size() + value.size() + 2 * Listpack::kOverheadMax;
        const size_t longest = std::max(field.size(), value.size());
        if (expire_at_ms < 0 && longest <= limits.listpack_value && pack_.fits(bytes)) {
            const bool is_new = set_in_pack(field, value);
            if (size() > limits.listpack_entries) to_table(limits.seed);
            return is_new;
        }
        to_table(limits.seed);
    }
    Member* old = table_->fields.find(field);
    const bool was_there = old != nullptr && !Field::expired(old, now_ms);
    if (expire_at_ms == kKeep) expire_at_ms = was_there ? Field::expire_at_ms(old) : kNever;
    put(old, Field::make(field, value, expire_at_ms));
    return !was_there;
}

bool Hash::remove(Slice field, int64_t now_ms) {
    if (!table_) {
        const auto at = pack_.find(pack_.first(), field, 1);
        if (at == Listpack::kNone) return false;
        pack_.erase(at, 2);
        return true;
    }
    Member* member = table_->fields.take(field);
    if (member == nullptr) return false;
    const bool was_there = !Field::expired(member, now_ms);
    table_->expiring -= Field::expire_at_ms(member) >= 0;
    Member::destroy(member);
    return was_there;
}

std::optional<int64_t> Hash::expiry(Slice field, int64_t now_ms) const {
    if (!table_) return get(field, now_ms) ? std::optional(kNever) : std::nullopt;
    const Member* member = table_->fields.find(field);
    if (member == nullptr || Field::expired(member, now_ms)) return std::nullopt;
    return Field::expire_at_ms(member);
}

void Hash::set_expiry(Slice field, int64_t expire_at_ms, const HashLimits& limits) {
    to_table(limits.seed);
    Member* old = table_->fields.find(field);
    ASSERT(old != nullptr);
    put(old, Field::make(old->name(), Field::value(old), expire_at_ms));
}

size_t Hash::remove_expired(size_t fields, int64_t now_ms) {
    if (expiring() == 0) return 0;
    std::vector<std::string> expired;
    size_t seen = 0;
    do {
        table_->expire_cursor =
            table_->fields.scan(table_->expire_cursor, [&](const Member* member) {
                ++seen;
                if (Field::expired(member, now_ms)) expired.emplace_back(member->name());
            });
    } while (seen < fields && table_->expire_cursor != 0);
    for (const std::string& field : expired) remove(field, now_ms);
    return expired.size();
}

// -- Chance --

std::optional<Hash::Pair> Hash::random(int64_t now_ms, uint64_t& random) const {
    for (size_t tries = 0; table_ && table_->fields.size() > 0 && tries < kRandomTries; ++tries) {
        const Member* member = table_->fields.random(random);
        if (!Field::expired(member, now_ms)) return Pair(member->name(), Field::value(member));
    }
    auto one = sample(1, now_ms, random);
    return one.empty() ? std::nullopt : std::optional(std::move(one.front()));
}

std::vector<Hash::Pair> Hash::sample(size_t count, int64_t now_ms, uint64_t& random) const {
    std::vector<Pair> chosen;
    if (table_ && expiring() == 0 && count < size() / kFewOfMany) {
        for (const Member* member : distinct_members(table_->fields, count, random))
            chosen.emplace_back(member->name(), Field::value(member));
        return chosen;
    }
    for_each(now_ms, [&chosen](Slice field, Slice value) { chosen.emplace_back(field, value); });
    keep_random(chosen, count, random);
    return chosen;
}

}  // namespace rota
