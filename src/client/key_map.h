// SPDX-License-Identifier: BSD-3-Clause
// KeyMap: what is known of names that clients choose: keys that they wait for or watch, channels.
// It is found by a Slice and hashed with the server's seed, so that nobody can choose names that
// collide. Pointers to its elements stay good until they are erased. Threading: executor only.
#pragma once

#include <string>
#include <unordered_map>

#include "platform/siphash.h"
#include "platform/slice.h"

namespace rota {

struct NameHash {
    using is_transparent = void;
    SipKey seed;
    size_t operator()(Slice name) const { return hash_bytes(seed, name); }
};

struct SameName {
    using is_transparent = void;
    bool operator()(Slice a, Slice b) const { return a == b; }
};

template <class Value>
class KeyMap : public std::unordered_map<std::string, Value, NameHash, SameName> {
    using Base = std::unordered_map<std::string, Value, NameHash, SameName>;

public:
    explicit KeyMap(const SipKey& seed) : Base(0, NameHash{seed}) {}

    using Node = typename Base::value_type;
    Node& get(Slice name) {
        if (const auto found = this->find(name); found != this->end()) return *found;
        return *this->try_emplace(std::string(name)).first;
    }
    Value* lookup(Slice name) {
        const auto found = this->find(name);
        return found == this->end() ? nullptr : &found->second;
    }
    void remove(Slice name) {
        if (const auto found = this->find(name); found != this->end()) this->erase(found);
    }
};

}  // namespace rota
