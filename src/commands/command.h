// SPDX-License-Identifier: BSD-3-Clause
// Command: one row of the command table, written beside its handler. The row is the only source for
// dispatch, COMMAND INFO/DOCS/GETKEYS, ACL categories, client hints and statistics.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "acl/category.h"
#include "platform/slice.h"

namespace rota {

class Ctx;
using Handler = void (*)(Ctx&);
struct ReadCtx;
using ReadHandler = bool (*)(ReadCtx&);  // see shared_reads.h

enum CommandFlag : uint64_t {
    kWrite = 1u << 0,
    kReadonly = 1u << 1,
    kDenyOom = 1u << 2,
    kAdmin = 1u << 3,
    kPubsub = 1u << 4,
    kNoScript = 1u << 5,
    kBlocking = 1u << 6,
    kLoading = 1u << 7,  // allowed while loading
    kStale = 1u << 8,    // allowed on a stale replica
    kSkipMonitor = 1u << 9,
    kSkipCommandlog = 1u << 10,
    kAsking = 1u << 11,
    kFast = 1u << 12,
    kNoAuth = 1u << 13,  // allowed before AUTH
    kMayReplicate = 1u << 14,
    kSentinel = 1u << 15,
    kOnlySentinel = 1u << 16,
    kNoMandatoryKeys = 1u << 17,
    kProtected = 1u << 18,  // behind enable-debug-command / enable-module-command
    kNoAsyncLoading = 1u << 19,
    kNoMulti = 1u << 20,
    kAllowBusy = 1u << 21,
    kTouchesArbitraryKeys = 1u << 22,
    kAllDbs = 1u << 23,
    kSystem = 1u << 24,  // documented as a system command
};

enum class Group : uint8_t {
    generic,
    string,
    list,
    set,
    sorted_set,
    hash,
    pubsub,
    transactions,
    connection,
    server,
    scripting,
    hyperloglog,
    cluster,
    sentinel,
    geo,
    stream,
    bitmap,
    module,
};

// What a command does with a key; the names are those of COMMAND INFO.
enum KeyFlag : uint16_t {
    kRO = 1 << 0,
    kRW = 1 << 1,
    kOW = 1 << 2,
    kRM = 1 << 3,
    kAccess = 1 << 4,
    kUpdate = 1 << 5,
    kInsert = 1 << 6,
    kDelete = 1 << 7,
    kNotKey = 1 << 8,
    kIncomplete = 1 << 9,
    kVariableFlags = 1 << 10,
};

// Where keys are: begin (at an index or behind a keyword), then find (a range, or a count of keys).
struct KeySpec {
    enum class Begin : uint8_t { none, index, keyword, unknown };
    enum class Find : uint8_t { range, keynum, unknown };
    Begin begin = Begin::none;
    Find find = Find::range;
    uint16_t flags = 0;
    int16_t index = 0;  // index: position; keyword: where to start looking
    const char* keyword = nullptr;
    // range: last key relative to the first (-1: to the end, -2: but one), step, limit.
    // keynum: position of the count relative to begin, of the first key, step.
    int16_t a = 0, b = 0, c = 0;
};

constexpr KeySpec keys_range(int flags, int index, int last, int step = 1, int limit = 0) {
    return {.begin = KeySpec::Begin::index,
            .find = KeySpec::Find::range,
            .flags = static_cast<uint16_t>(flags),
            .index = static_cast<int16_t>(index),
            .a = static_cast<int16_t>(last),
            .b = static_cast<int16_t>(step),
            .c = static_cast<int16_t>(limit)};
}
constexpr KeySpec key_at(int flags, int index) { return keys_range(flags, index, 0); }
constexpr KeySpec keys_counted(int flags, int index, int numidx, int first, int step = 1) {
    return {.begin = KeySpec::Begin::index,
            .find = KeySpec::Find::keynum,
            .flags = static_cast<uint16_t>(flags),
            .index = static_cast<int16_t>(index),
            .a = static_cast<int16_t>(numidx),
            .b = static_cast<int16_t>(first),
            .c = static_cast<int16_t>(step)};
}
constexpr KeySpec keys_behind(int flags, const char* keyword, int start, int last, int step = 1,
                              int limit = 0) {
    return {.begin = KeySpec::Begin::keyword,
            .find = KeySpec::Find::range,
            .flags = static_cast<uint16_t>(flags),
            .index = static_cast<int16_t>(start),
            .keyword = keyword,
            .a = static_cast<int16_t>(last),
            .b = static_cast<int16_t>(step),
            .c = static_cast<int16_t>(limit)};
}
constexpr KeySpec keys_unknown(int flags) {
    return {.begin = KeySpec::Begin::unknown,
            .find = KeySpec::Find::unknown,
            .flags = static_cast<uint16_t>(flags)};
}

struct HistoryItem {
    Slice since, change;
};

// For SET and friends whose key flags depend on the arguments: the flags of the (only) key.
using KeyFlagsOf = uint16_t (*)(std::span<const Slice> args);

// Every key position that args name, with what is done to it.
struct KeyPosition {
    uint32_t index;
    uint16_t flags;
};
// For commands whose specs cannot say which arguments are keys: appends exactly those that the
// handler would touch (of a repeated option, the one that counts). False: the arguments are wrong.
using KeysOf = bool (*)(std::span<const Slice> args, std::vector<KeyPosition>& out);

// Which arguments are channels that somebody listens to or speaks on.
enum class ChannelArgs : uint8_t { none, first, all, patterns };

// Which databases a command looks into beside the selected one, or (select, swapdb) instead of it.
// kAllDbs says that it is all of them.
enum class DatabaseArgs : uint8_t { selected, first_arg, first_two_args, second_arg, behind_word };

// For commands whose flags depend on what they are to run: the row's, changed accordingly.
struct Parts;
using FlagsOf = uint64_t (*)(const Parts&, uint64_t row_flags, std::span<const Slice> args);

struct Command {
    Slice name;             // lower case; a subcommand carries only its own part ("list")
    Handler run = nullptr;  // null for a container that needs a subcommand
    int arity = 0;          // with the name; negative: at least that many
    uint64_t flags = 0;
    KeySpec keys[4] = {};
    uint32_t acl = 0;
    Group group = Group::generic;
    Slice since, complexity;
    Slice syntax;  // arguments in the notation of syntax.h; expands to COMMAND DOCS
    Slice summary;
    Slice tips;  // "REQUEST_POLICY:ALL_NODES; RESPONSE_POLICY:ALL_SUCCEEDED"
    Slice deprecated_since, replaced_by;
    std::span<const HistoryItem> history = {};
    std::span<const Command> subcommands = {};
    KeyFlagsOf key_flags = nullptr;
    KeysOf keys_of = nullptr;
    ChannelArgs channels = ChannelArgs::none;
    DatabaseArgs databases = DatabaseArgs::selected;  // behind_word: "db"
    FlagsOf flags_of = nullptr;
    // Its two arguments are key and value of a string that may be built before the command runs.
    bool prepares_string = false;
    ReadHandler read = nullptr;  // how an IO thread answers it; null: the executor alone does
};

}  // namespace rota
