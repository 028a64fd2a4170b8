// SPDX-License-Identifier: BSD-3-Clause
// ConfigRow: one directive as data. It lies beside the struct whose field it fills; the default is
// the field's own initialiser. Parsing, printing, CONFIG GET/SET/REWRITE and the sample file all
// read rows and nothing else:
//
//     struct AofOptions { bool enabled = false; Fsync fsync = Fsync::everysec; };
//     using enum ConfigFlag;
//     constexpr ConfigRow aof_rows[] = {
//         row<&AofOptions::enabled>("appendonly", "Log every write.", {.flags = deny_loading}),
//         row<&AofOptions::fsync>("appendfsync", "When the log is synced.", {.choices = fsyncs}),
//     };
//     table.add<AofOptions>(aof_rows, &options.aof);        // see table.h
//
// Threading: rows are constant and may be read anywhere. The values they lead to belong to the
// executor. Everything a row refers to must be static.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "platform/slice.h"

namespace rota {

enum class ConfigKind : uint8_t { boolean, number, text, choice, special };
enum class NumberType : uint8_t { int32, uint32, int64, uint64 };

// How a number is written. `percent` also takes memory, and keeps "10%" as -10.
enum class Unit : uint8_t { plain, memory, signed_memory, percent, octal };

enum class ConfigFlag : uint32_t {
    none = 0,
    immutable = 1,      // only from file or command line
    hidden = 2,         // CONFIG GET shows it only by its exact name
    sensitive = 4,      // its value is redacted from logs, MONITOR and SLOWLOG
    debug = 8,          // printed by a crash report
    protect = 16,       // needs enable-protected-configs
    deny_loading = 32,  // not while a dataset is loading
    always_apply = 64,  // applied even where the value did not change (files that are read again)
    multi_arg = 128,    // several words
    empty_is_unset = 256,   // "" takes the line out of a rewritten file
    inert = 512,            // accepted and kept, but nothing acts on it yet
    always_written = 1024,  // a rewritten file has it even at its default
};
constexpr ConfigFlag operator|(ConfigFlag a, ConfigFlag b) {
    return static_cast<ConfigFlag>(static_cast<uint32_t>(a) | static_cast<uint32_t>(b));
}
constexpr bool operator&(ConfigFlag a, ConfigFlag b) {
    return (static_cast<uint32_t>(a) & static_cast<uint32_t>(b)) != 0;
}

// One word of a directive that takes words. With multi_arg the values are bits that may be
// combined.
struct Choice {
    Slice name;
    int value;
    template <class E>
    constexpr Choice(Slice word, E e) : name(word), value(static_cast<int>(e)) {}
};

inline constexpr int64_t kMaxInt = std::numeric_limits<int32_t>::max();
inline constexpr int64_t kMaxUint = std::numeric_limits<uint32_t>::max();
inline constexpr int64_t kMaxLong = std::numeric_limits<int64_t>::max();
inline constexpr uint64_t kMaxUlong = std::numeric_limits<uint64_t>::max();

struct Range {
    int64_t min = 0;
    uint64_t max = static_cast<uint64_t>(kMaxInt);
};

// For a directive of a shape of its own. parse returns the reason for a refusal, "" for success,
// and then leaves the value alone; `another` says that this load met the directive before, for
// those whose lines add up. print is what CONFIG GET says. lines (optional) is what a rewritten
// file says after the name, one string a line; without it that is print().
template <class T>
struct Codec {
    std::string (*parse)(T& value, std::span<const Slice> words, bool another);
    std::string (*print)(const T& value);
    std::vector<std::string> (*lines)(const T& value) = nullptr;
};

// What a row may say beyond its name and its meaning.
struct RowSpec {
    Slice alias = {};
    ConfigFlag flags = ConfigFlag::none;
    Unit unit = Unit::plain;
    Range range = {};
    std::span<const Choice> choices = {};
    // A further condition: the reason for a refusal, or null.
    const char* (*check_text)(Slice) = nullptr;
    const char* (*check_number)(int64_t) = nullptr;  // also for choices
    // Where Valkey takes any number and bends it into range.
    int64_t (*clamp)(int64_t) = nullptr;
};

struct ConfigRow {
    Slice name;
    Slice help;  // one sentence
    RowSpec spec;
    ConfigKind kind = ConfigKind::special;
    NumberType number = NumberType::int32;

    // The field, whatever its type: get/set for boolean, number and choice (a uint64 travels as its
    // bit pattern), text for text, the rest for special.
    int64_t (*get)(const void* options) = nullptr;
    void (*set)(void* options, int64_t value) = nullptr;
    std::string& (*text)(void* options) = nullptr;
    std::string (*parse)(void* options, std::span<const Slice> words, bool another) = nullptr;
    std::string (*print)(const void* options) = nullptr;
    std::vector<std::string> (*lines)(const void* options) = nullptr;

    constexpr bool has(ConfigFlag flag) const { return spec.flags & flag; }
    constexpr bool is_unsigned() const {
        return number == NumberType::uint32 || number == NumberType::uint64;
    }
};

namespace config_detail {

template <class>
struct MemberOf;
template <class S, class T>
struct MemberOf<T S::*> {
    using Struct = S;
    using Field = T;
};

template <class T>
constexpr ConfigKind kind_of() {
    if constexpr (std::is_same_v<T, bool>)
        return ConfigKind::boolean;
    else if constexpr (std::is_enum_v<T>)
        return ConfigKind::choice;
    else if constexpr (std::is_integral_v<T>)
        return ConfigKind::number;
    else {
        static_assert(std::is_same_v<T, std::string>, "give this field a Codec: special<>()");
        return ConfigKind::text;
    }
}

template <class T>
constexpr NumberType number_type_of() {
    if constexpr (sizeof(T) == 8)
        return std::is_signed_v<T> ? NumberType::int64 : NumberType::uint64;
    else
        return std::is_signed_v<T> ? NumberType::int32 : NumberType::uint32;
}

template <class T>
std::vector<std::string> lines_of(const Codec<T>& codec, const T& value) {
    if (codec.lines == nullptr) return {codec.print(value)};
    return codec.lines(value);
}

}  // namespace config_detail

// The row of a bool, number, enum or string field. A number with choices is a set of bits.
template <auto kField>
constexpr ConfigRow row(Slice name, Slice help, const RowSpec& spec = {}) {
    using S = typename config_detail::MemberOf<decltype(kField)>::Struct;
    using T = typename config_detail::MemberOf<decltype(kField)>::Field;
    ConfigRow r{.name = name, .help = help, .spec = spec, .kind = config_detail::kind_of<T>()};
    if constexpr (std::is_same_v<T, std::string>) {
        r.text = [](void* o) -> std::string& { return static_cast<S*>(o)->*kField; };
    } else {
        if (!spec.choices.empty()) r.kind = ConfigKind::choice;
        if constexpr (std::is_integral_v<T>) r.number = config_detail::number_type_of<T>();
        r.get = [](const void* o) {
            return static_cast<int64_t>(static_cast<const S*>(o)->*kField);
        };
        r.set = [](void* o, int64_t v) { static_cast<S*>(o)->*kField = static_cast<T>(v); };
    }
    return r;
}

// The row of a field with a shape of its own.
template <auto kField, const auto& kCodec>
constexpr ConfigRow special(Slice name, Slice help, const RowSpec& spec = {}) {
    using S = typename config_detail::MemberOf<decltype(kField)>::Struct;
    ConfigRow r{.name = name, .help = help, .spec = spec, .kind = ConfigKind::special};
    r.parse = [](void* o, std::span<const Slice> words, bool another) {
        return kCodec.parse(static_cast<S*>(o)->*kField, words, another);
    };
    r.print = [](const void* o) { return kCodec.print(static_cast<const S*>(o)->*kField); };
    r.lines = [](const void* o) {
        return config_detail::lines_of(kCodec, static_cast<const S*>(o)->*kField);
    };
    return r;
}

}  // namespace rota
