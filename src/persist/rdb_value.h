// SPDX-License-Identifier: BSD-3-Clause
// Values from the RDB format: each is checked as a whole before anybody sees it, whoever wrote it,
// and has the form that it would have if commands had built it under the present limits.
// Threading: the owner of what is read.
#pragma once

#include <optional>
#include <utility>

#include "persist/rdb_reader.h"
#include "types/hash.h"
#include "types/kind.h"
#include "types/object.h"
#include "types/set.h"
#include "types/stream.h"
#include "types/zset.h"

namespace rota {

struct LoadLimits {
    HashLimits hash;
    SetLimits set;
    ZSetLimits zset;
    int list_node = -2;
};

// A value before it has a key. Owns its object.
class LoadedValue {
public:
    explicit LoadedValue(Slice text) : text_(text) {}
    LoadedValue(Type type, Encoding encoding, void* object)
        : type_(type), encoding_(encoding), object_(object) {}
    LoadedValue(LoadedValue&& other) noexcept
        : type_(other.type_),
          encoding_(other.encoding_),
          object_(std::exchange(other.object_, nullptr)),
          text_(other.text_) {}
    LoadedValue(const LoadedValue&) = delete;
    ~LoadedValue() {
        if (object_ != nullptr) destroy_object(type_, encoding_, object_);
    }

    Type type() const { return type_; }
    Encoding encoding() const { return encoding_; }  // not of strings
    Slice text() const { return text_; }             // of a string; until the reader goes on
    [[nodiscard]] void* release() { return std::exchange(object_, nullptr); }

private:
    Type type_ = Type::string;
    Encoding encoding_ = Encoding::raw;
    void* object_ = nullptr;
    Slice text_;
};

// nullopt: no such type, or not sound, or empty where nothing empty is kept; the reader stands
// where that was noticed.
std::optional<LoadedValue> read_value(RdbReader&, uint8_t type, const LoadLimits&);

// Part of it.
std::optional<Stream> read_rdb_stream(RdbReader&, rdb::Type);

}  // namespace rota
