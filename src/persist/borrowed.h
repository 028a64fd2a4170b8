// SPDX-License-Identifier: BSD-3-Clause
// Borrowed: the object of an entry on loan to a value class, for reading. Threading: the owner's.
#pragma once

#include "store/entry.h"

namespace rota {

template <class Value>
class Borrowed {
public:
    explicit Borrowed(const Entry& entry) : value_(entry.encoding(), entry.object()) {}
    Borrowed(const Borrowed&) = delete;
    ~Borrowed() { (void)value_.release(); }
    const Value& operator*() const { return value_; }
    const Value* operator->() const { return &value_; }

private:
    Value value_;
};

}  // namespace rota
