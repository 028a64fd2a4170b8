// SPDX-License-Identifier: BSD-3-Clause
// What the families of collections share: finding an entry of their type, and working on its
// object. Threading: executor only.
#pragma once

#include "commands/ctx.h"

namespace rota {

// The object of an entry on loan to a value class (List, Set, Hash...), and given back at the end
// of the scope, whatever it has become. The entry must stay where it is meanwhile.
template <class Value>
class Lent {
public:
    explicit Lent(Entry* entry) : entry_(entry), value_(entry->encoding(), entry->object()) {}
    Lent(const Lent&) = delete;
    ~Lent() {
        const Encoding encoding = value_.encoding();
        void* object = value_.release();
        if (encoding != entry_->encoding() || object != entry_->object())
            entry_->set_object(encoding, object);
    }
    Value& operator*() { return value_; }
    Value* operator->() { return &value_; }
    const Value& operator*() const { return value_; }
    const Value* operator->() const { return &value_; }

private:
    Entry* entry_;
    Value value_;
};

// As Ctx::read_string and write_string, for any type.
std::optional<Entry*> read_value(Ctx&, size_t key_index, Type);
std::optional<Entry*> write_value(Ctx&, Key, Type);

// A new key with this value.
template <class Value>
Entry* add_value(Ctx& ctx, Key key, Type type, Value value) {
    const Encoding encoding = value.encoding();
    return ctx.db().put(key, Entry::make_object(key.name, type, encoding, value.release(), -1));
}

// The key of a value that has become empty: gone, with its event.
void remove_emptied(Ctx&, Key);

// A number in [min, max]; nullopt after having replied with `error` for whatever it is instead.
std::optional<int64_t> range_arg(Ctx&, size_t index, int64_t min, int64_t max, Slice error);
std::optional<int64_t> positive_arg(Ctx&, size_t index);  // 0 included, as Valkey has it

// Any but INT64_MIN, so that the sign may be changed.
std::optional<int64_t> symmetric_arg(Ctx&, size_t index);

// Inclusive bounds of a range as clients give them, negative ones from the end.
struct IndexRange {
    size_t begin, count;
};
IndexRange resolve_range(int64_t start, int64_t stop, size_t size);

}  // namespace rota
