// SPDX-License-Identifier: BSD-3-Clause
// The list family: handlers and, at the end, their rows.
#include "types/list.h"

#include "commands/blocking.h"
#include "commands/pop.h"
#include "commands/value.h"
#include "platform/text.h"

namespace rota {
namespace {

using End = List::End;
using Side = List::Side;

int node_limit(const Ctx& ctx) { return ctx.parts.store_options.list_max_listpack_size; }

std::optional<Entry*> read_list(Ctx& ctx) { return read_value(ctx, 1, Type::list); }
std::optional<Entry*> write_list(Ctx& ctx, Key key) { return write_value(ctx, key, Type::list); }

void reply_element(Ctx& ctx, const Listpack::Value& value) {
    value.is_integer ? ctx.reply.bulk_integer(value.integer) : ctx.reply.bulk(value.string);
}

// ---- Adding
// --------------------------------------------------------------------------------------------

const char* push_event(End end) { return end == End::head ? "lpush" : "rpush"; }
const char* pop_event(End end) { return end == End::head ? "lpop" : "rpop"; }

// Makes the key where it is not there.
size_t push_all(Ctx& ctx, Key key, Entry* entry, End end, std::span<const Slice> elements) {
    if (entry == nullptr) entry = add_value(ctx, key, Type::list, List::make());
    Lent<List> list(entry);
    size_t bytes = 0;
    for (const Slice element : elements) bytes += element.size();
    list->expect(bytes, elements.size(), node_limit(ctx));
    for (const Slice element : elements) list->push(end, element);
    ctx.changed(EventClass::list, push_event(end), key.name);
    ctx.parts.effects.add_dirty(elements.size() - 1);
    return list->size();
}

void push(Ctx& ctx, End end, bool only_if_there) {
    const Key key = ctx.key(1);
    const auto entry = write_list(ctx, key);
    if (!entry) return;
    if (*entry == nullptr && only_if_there) return ctx.reply.integer(0);
    ctx.reply.integer(static_cast<int64_t>(push_all(ctx, key, *entry, end, ctx.args.subspan(2))));
}

void cmd_lpush(Ctx& ctx) { push(ctx, End::head, false); }
void cmd_rpush(Ctx& ctx) { push(ctx, End::tail, false); }
void cmd_lpushx(Ctx& ctx) { push(ctx, End::head, true); }
void cmd_rpushx(Ctx& ctx) { push(ctx, End::tail, true); }

void cmd_linsert(Ctx& ctx) {
    const bool after = ctx.arg_is(2, "after");
    if (!after && !ctx.arg_is(2, "before")) return ctx.syntax_error();
    const Key key = ctx.key(1);
    const auto entry = write_list(ctx, key);
    if (!entry) return;
    if (*entry == nullptr) return ctx.reply.integer(0);
    Lent<List> list(*entry);
    list->expect(ctx.arg(4).size(), 1, node_limit(ctx));
    for (auto at = list->first(); at; at = list->next(at)) {
        if (!list->equals(at, ctx.arg(3))) continue;
        list->insert(at, after ? Side::after : Side::before, ctx.arg(4));
        ctx.changed(EventClass::list, "linsert", key.name);
        return ctx.reply.integer(static_cast<int64_t>(list->size()));
    }
    ctx.reply.integer(-1);
}

void cmd_lset(Ctx& ctx) {
    const Key key = ctx.key(1);
    const auto entry = write_list(ctx, key);
    if (!entry) return;
    if (*entry == nullptr) return ctx.no_such_key();
    const auto index = ctx.integer_arg(2);
    if (!index) return;
    Lent<List> list(*entry);
    list->expect(ctx.arg(3).size(), 1, node_limit(ctx));
    const auto at = list->seek(*index);
    if (!at) return ctx.reply.error("ERR index out of range");
    list->replace(at, ctx.arg(3));
    list->has_shrunk(node_limit(ctx));
    ctx.changed(EventClass::list, "lset", key.name);
    ctx.reply.ok();
}

// ---- Reading
// -------------------------------------------------------------------------------------------

void cmd_llen(Ctx& ctx) {
    const auto entry = read_list(ctx);
    if (!entry) return;
    ctx.reply.integer(*entry ? static_cast<int64_t>(Lent<List>(*entry)->size()) : 0);
}

void cmd_lindex(Ctx& ctx) {
    const auto entry = read_list(ctx);
    if (!entry) return;
    if (*entry == nullptr) return ctx.reply.null();
    const auto index = ctx.integer_arg(2);
    if (!index) return;
    Lent<List> list(*entry);
    const auto at = list->seek(*index);
    at ? reply_element(ctx, list->get(at)) : ctx.reply.null();
}

void reply_range(Ctx& ctx, const List& list, IndexRange range, bool backwards = false) {
    ctx.reply.array(range.count);
    if (range.count == 0) return;
    const size_t from = backwards ? range.begin + range.count - 1 : range.begin;
    auto at = list.seek(static_cast<int64_t>(from));
    for (size_t left = range.count; left > 0; --left) {
        reply_element(ctx, list.get(at));
        at = backwards ? list.previous(at) : list.next(at);
    }
}

void cmd_lrange(Ctx& ctx) {
    const auto start = ctx.integer_arg(2);
    if (!start) return;
    const auto stop = ctx.integer_arg(3);
    if (!stop) return;
    const auto entry = read_list(ctx);
    if (!entry) return;
    if (*entry == nullptr) return ctx.reply.array(0);
    Lent<List> list(*entry);
    reply_range(ctx, *list, resolve_range(*start, *stop, list->size()));
}

struct LposOptions {
    int64_t rank = 1, count = -1, compared_max = 0;  // count -1: not given
};

std::optional<LposOptions> parse_lpos(Ctx& ctx) {
    LposOptions options;
    for (size_t i = 3; i < ctx.argc(); ++i) {
        const bool more = i + 1 < ctx.argc();
        std::optional<int64_t> value;
        if (more && ctx.arg_is(i, "rank")) {
            value = symmetric_arg(ctx, ++i);
            if (value && *value == 0) {
                ctx.reply.error(
                    "ERR RANK can't be zero: use 1 to start from the first match, 2 from the "
                    "second ... or use negative to start from the end of the list");
                return std::nullopt;
            }
            options.rank = value.value_or(0);
        } else if (more && ctx.arg_is(i, "count")) {
            value = range_arg(ctx, ++i, 0, INT64_MAX, "ERR COUNT can't be negative");
            options.count = value.value_or(0);
        } else if (more && ctx.arg_is(i, "maxlen")) {
            value = range_arg(ctx, ++i, 0, INT64_MAX, "ERR MAXLEN can't be negative");
            options.compared_max = value.value_or(0);
        } else {
            ctx.syntax_error();
        }
        if (!value) return std::nullopt;
    }
    return options;
}

// Indexes of the matches that are wanted, at most one where there is no COUNT.
std::vector<int64_t> find_matches(const List& list, Slice wanted, const LposOptions& options) {
    std::vector<int64_t> found;
    const bool backwards = options.rank < 0;
    const auto size = static_cast<int64_t>(list.size());
    const int64_t end = options.compared_max == 0 ? size : std::min(size, options.compared_max);
    int64_t skip = (backwards ? -options.rank : options.rank) - 1;
    auto at = backwards ? list.last() : list.first();
    for (int64_t i = 0; i < end; ++i) {
        if (list.equals(at, wanted) && skip-- <= 0) {
            found.push_back(backwards ? size - 1 - i : i);
            if (options.count != 0 && static_cast<int64_t>(found.size()) >= options.count) break;
        }
        at = backwards ? list.previous(at) : list.next(at);
    }
    return found;
}

void cmd_lpos(Ctx& ctx) {
    const auto options = parse_lpos(ctx);
    if (!options) return;
    const auto entry = read_list(ctx);
    if (!entry) return;
    std::vector<int64_t> found;
    if (*entry != nullptr) found = find_matches(*Lent<List>(*entry), ctx.arg(2), *options);
    if (options->count == -1)
        return found.empty() ? ctx.reply.null() : ctx.reply.integer(found.front());
    ctx.reply.array(found.size());
    for (const int64_t index : found) ctx.reply.integer(index);
}

// ---- Removing
// ------------------------------------------------------------------------------------------

// After `count` elements have gone: the events, and the key where it is empty now.
void after_removal(Ctx& ctx, Key key, Entry* entry, const char* event, size_t count) {
    ctx.changed(EventClass::list, event, key.name);
    ctx.parts.effects.add_dirty(count - 1);  // changed() has counted one; LTRIM may remove none
    {
        Lent<List> list(entry);
        list->has_shrunk(node_limit(ctx));
        if (list->size() != 0) return;
    }
    remove_emptied(ctx, key);
}

void pop_many(Ctx& ctx, Key key, Entry* entry, End end, int64_t count) {
    size_t removed;
    {
        Lent<List> list(entry);
        removed = static_cast<size_t>(
            std::min(static_cast<uint64_t>(count), static_cast<uint64_t>(list->size())));
        const size_t begin = end == End::head ? 0 : list->size() - removed;
        reply_range(ctx, *list, {begin, removed}, end == End::tail);
        list->erase_range(begin, removed);
    }
    after_removal(ctx, key, entry, pop_event(end), removed);
}

void pop_one(Ctx& ctx, Key key, Entry* entry, End end) {
    {
        Lent<List> list(entry);
        const auto at = end == End::head ? list->first() : list->last();
        reply_element(ctx, list->get(at));
        list->erase(at);
    }
    after_removal(ctx, key, entry, pop_event(end), 1);
}

void pop(Ctx& ctx, End end) {
    if (ctx.argc() > 3)
        return ctx.reply.error("ERR wrong number of arguments for '" + ctx.command.full_name +
                               "' command");
    const auto count = ctx.argc() == 3 ? positive_arg(ctx, 2) : std::optional<int64_t>(-1);
    if (!count) return;
    const Key key = ctx.key(1);
    const auto entry = write_list(ctx, key);
    if (!entry) return;
    if (*entry == nullptr) return *count < 0 ? ctx.reply.null() : ctx.reply.null_array();
    if (*count == 0) return ctx.reply.array(0);
    if (*count > 0) return pop_many(ctx, key, *entry, end, *count);
    pop_one(ctx, key, *entry, end);
}

void cmd_lpop(Ctx& ctx) { pop(ctx, End::head); }
void cmd_rpop(Ctx& ctx) { pop(ctx, End::tail); }

std::optional<End> end_arg(Ctx& ctx, size_t index) {
    if (ctx.arg_is(index, "left")) return End::head;
    if (ctx.arg_is(index, "right")) return End::tail;
    ctx.syntax_error();
    return std::nullopt;
}

End end_of(bool from_last) { return from_last ? End::tail : End::head; }

constexpr Poppable kPoppable{
    .type = Type::list,
    .first_word = "left",
    .last_word = "right",
    .pop_first = "LPOP",
    .pop_last = "RPOP",
    .pop_many = [](Ctx& ctx, Key key, Entry* entry, bool from_last,
                   int64_t count) { pop_many(ctx, key, entry, end_of(from_last), count); },
    .pop_one =
        [](Ctx& ctx, Key key, Entry* entry, bool from_last) {
            ctx.reply.array(2);
            ctx.reply.bulk(key.name);
            pop_one(ctx, key, entry, end_of(from_last));
        },
};

void cmd_lmpop(Ctx& ctx) { pop_from_first(ctx, kPoppable, false); }
void cmd_blmpop(Ctx& ctx) { pop_from_first(ctx, kPoppable, true); }
void cmd_blpop(Ctx& ctx) { pop_or_wait(ctx, kPoppable, false); }
void cmd_brpop(Ctx& ctx) { pop_or_wait(ctx, kPoppable, true); }

// False: nothing was moved.
bool move_element(Ctx& ctx, End from, End to, std::optional<int64_t> timeout_ms = std::nullopt) {
    const Key source = ctx.key(1), destination = ctx.key(2);
    const auto entry = write_list(ctx, source);
    if (!entry) return false;
    if (*entry == nullptr) {
        const Slice keys[] = {source.name};
        const BlockOn what{.type = Type::list, .keys = keys, .timeout_ms = timeout_ms.value_or(0)};
        if (!timeout_ms || !block_on_keys(ctx, what)) ctx.reply.null();
        return false;
    }
    const auto target = write_list(ctx, destination);
    if (!target) return false;
    std::string element;
    {
        Lent<List> list(*entry);
        char scratch[kIntegerTextMax];
        const auto at = from == End::head ? list->first() : list->last();
        element = list->get(at).text(scratch);
        list->erase(at);
    }
    const Slice elements[] = {element};
    push_all(ctx, destination, *target, to, elements);
    ctx.reply.bulk(element);
    // Adding the destination may have resized the table, never moved an entry. It has counted the
    // change already, which is one for both keys.
    after_removal(ctx, source, *entry, pop_event(from), 0);
    return true;
}

void cmd_lmove(Ctx& ctx) {
    const auto from = end_arg(ctx, 3);
    if (!from) return;
    const auto to = end_arg(ctx, 4);
    if (to) move_element(ctx, *from, *to);
}

void cmd_blmove(Ctx& ctx) {
    const auto from = end_arg(ctx, 3);
    if (!from) return;
    const auto to = end_arg(ctx, 4);
    if (!to) return;
    const auto timeout_ms = timeout_arg(ctx, 5, TimeoutUnit::seconds);
    if (timeout_ms && move_element(ctx, *from, *to, timeout_ms))
        ctx.propagate({"LMOVE", ctx.arg(1), ctx.arg(2), ctx.arg(3), ctx.arg(4)});
}

void cmd_brpoplpush(Ctx& ctx) {
    const auto timeout_ms = timeout_arg(ctx, 3, TimeoutUnit::seconds);
    if (timeout_ms && move_element(ctx, End::tail, End::head, timeout_ms))
        ctx.propagate({"RPOPLPUSH", ctx.arg(1), ctx.arg(2)});
}

void cmd_rpoplpush(Ctx& ctx) { move_element(ctx, End::tail, End::head); }

void cmd_lrem(Ctx& ctx) {
    const auto count = symmetric_arg(ctx, 2);
    if (!count) return;
    const Key key = ctx.key(1);
    const auto entry = write_list(ctx, key);
    if (!entry) return;
    if (*entry == nullptr) return ctx.reply.integer(0);
    const bool backwards = *count < 0;
    const uint64_t wanted = *count == 0 ? UINT64_MAX
                            : backwards ? uint64_t{0} - static_cast<uint64_t>(*count)
                                        : static_cast<uint64_t>(*count);
    size_t removed = 0;
    {
        Lent<List> list(*entry);
        auto at = backwards ? list->last() : list->first();
        while (at && removed < wanted) {
            if (list->equals(at, ctx.arg(3))) {
                at = list->erase(at, backwards ? Side::before : Side::after);
                ++removed;
            } else {
                at = backwards ? list->previous(at) : list->next(at);
            }
        }
    }
    if (removed > 0) after_removal(ctx, key, *entry, "lrem", removed);
    ctx.reply.integer(static_cast<int64_t>(removed));
}

void cmd_ltrim(Ctx& ctx) {
    const auto start = ctx.integer_arg(2);
    if (!start) return;
    const auto stop = ctx.integer_arg(3);
    if (!stop) return;
    const Key key = ctx.key(1);
    const auto entry = write_list(ctx, key);
    if (!entry) return;
    ctx.reply.ok();
    if (*entry == nullptr) return;
    size_t removed;
    {
        Lent<List> list(*entry);
        const IndexRange kept = resolve_range(*start, *stop, list->size());
        removed = list->size() - kept.count;
        list->erase_range(kept.begin + kept.count, SIZE_MAX);
        list->erase_range(0, kept.begin);
    }
    after_removal(ctx, key, *entry, "ltrim", removed);
}

constexpr HistoryItem kPushHistory[] = {{"2.4.0", "Several elements at once."}};
constexpr HistoryItem kPushxHistory[] = {{"4.0.0", "Several elements at once."}};
constexpr HistoryItem kPopHistory[] = {{"6.2.0", "`count`."}};

constexpr uint32_t kBlockingAcl = kAclBlocking | kAclList | kAclSlow | kAclWrite;
constexpr HistoryItem kFractions[] = {{"6.0.0", "`timeout` may be a fraction of a second."}};
constexpr Slice kPerKey = "O(N) where N is the number of keys.";

constexpr Command kListCommands[] = {
    {.name = "blmove",
     .run = cmd_blmove,
     .arity = 6,
     .flags = kWrite | kDenyOom | kBlocking,
     .keys = {key_at(kRW | kAccess | kDelete, 1), key_at(kRW | kInsert, 2)},
     .acl = kBlockingAcl,
     .group = Group::list,
     .since = "6.2.0",
     .complexity = "O(1)",
     .syntax = "source:key destination:key wherefrom=<LEFT|RIGHT> whereto=<LEFT|RIGHT> "
               "timeout:double",
     .summary =
         "Moves an element from one list to another, and waits for one where there is none."},
    {.name = "blmpop",
     .run = cmd_blmpop,
     .arity = -5,
     .flags = kWrite | kBlocking,
     .keys = {keys_counted(kRW | kAccess | kDelete, 2, 0, 1)},
     .acl = kBlockingAcl,
     .group = Group::list,
     .since = "7.0.0",
     .complexity = "O(N+M) where N is the number of keys and M the number of elements returned.",
     .syntax = "timeout:double numkeys key [key ...] where=<LEFT|RIGHT> [COUNT count]",
     .summary = "Removes elements from the first of several lists that is not empty, and waits for "
                "one where all are."},
    {.name = "blpop",
     .run = cmd_blpop,
     .arity = -3,
     .flags = kWrite | kBlocking,
     .keys = {keys_range(kRW | kAccess | kDelete, 1, -2)},
     .acl = kBlockingAcl,
     .group = Group::list,
     .since = "2.0.0",
     .complexity = kPerKey,
     .syntax = "key [key ...] timeout:double",
     .summary = "Removes the first element of a list, and waits for one where there is none.",
     .history = kFractions},
    {.name = "brpop",
     .run = cmd_brpop,
     .arity = -3,
     .flags = kWrite | kBlocking,
     .keys = {keys_range(kRW | kAccess | kDelete, 1, -2)},
     .acl = kBlockingAcl,
     .group = Group::list,
     .since = "2.0.0",
     .complexity = kPerKey,
     .syntax = "key [key ...] timeout:double",
     .summary = "Removes the last element of a list, and waits for one where there is none.",
     .history = kFractions},
    {.name = "brpoplpush",
     .run = cmd_brpoplpush,
     .arity = 4,
     .flags = kWrite | kDenyOom | kBlocking,
     .keys = {key_at(kRW | kAccess | kDelete, 1), key_at(kRW | kInsert, 2)},
     .acl = kBlockingAcl,
     .group = Group::list,
     .since = "2.2.0",
     .complexity = "O(1)",
     .syntax = "source:key destination:key timeout:double",
     .summary = "Moves the last element of a list to the front of another, and waits for one where "
                "there is none.",
     .history = kFractions},
    {.name = "lindex",
     .run = cmd_lindex,
     .arity = 3,
     .flags = kReadonly,
     .keys = {key_at(kRO | kAccess, 1)},
     .acl = kAclList | kAclRead | kAclSlow,
     .group = Group::list,
     .since = "1.0.0",
     .complexity = "O(N) where N is the number of elements between the nearer end and the index.",
     .syntax = "key index",
     .summary = "Returns an element of a list by its index."},
    {.name = "linsert",
     .run = cmd_linsert,
     .arity = 5,
     .flags = kWrite | kDenyOom,
     .keys = {key_at(kRW | kInsert, 1)},
     .acl = kAclList | kAclSlow | kAclWrite,
     .group = Group::list,
     .since = "2.2.0",
     .complexity = "O(N) where N is the number of elements in front of the pivot.",
     .syntax = "key where=<BEFORE|AFTER> pivot element",
     .summary = "Inserts an element before or after another one."},
    {.name = "llen",
     .run = cmd_llen,
     .arity = 2,
     .flags = kReadonly | kFast,
     .keys = {key_at(kRO, 1)},
     .acl = kAclFast | kAclList | kAclRead,
     .group = Group::list,
     .since = "1.0.0",
     .complexity = "O(1)",
     .syntax = "key",
     .summary = "Returns the length of a list."},
    {.name = "lmove",
     .run = cmd_lmove,
     .arity = 5,
     .flags = kWrite | kDenyOom,
     .keys = {key_at(kRW | kAccess | kDelete, 1), key_at(kRW | kInsert, 2)},
     .acl = kAclList | kAclSlow | kAclWrite,
     .group = Group::list,
     .since = "6.2.0",
     .complexity = "O(1)",
     .syntax = "source:key destination:key wherefrom=<LEFT|RIGHT> whereto=<LEFT|RIGHT>",
     .summary = "Moves an element from an end of one list to an end of another and returns it."},
    {.name = "lmpop",
     .run = cmd_lmpop,
     .arity = -4,
     .flags = kWrite,
     .keys = {keys_counted(kRW | kAccess | kDelete, 1, 0, 1)},
     .acl = kAclList | kAclSlow | kAclWrite,
     .group = Group::list,
     .since = "7.0.0",
     .complexity = "O(N+M) where N is the number of keys and M the number of elements returned.",
     .syntax = "numkeys key [key ...] where=<LEFT|RIGHT> [COUNT count]",
     .summary =
         "Removes elements from the first of several lists that is not empty, and returns them."},
    {.name = "lpop",
     .run = cmd_lpop,
     .arity = -2,
     .flags = kWrite | kFast,
     .keys = {key_at(kRW | kAccess | kDelete, 1)},
     .acl = kAclFast | kAclList | kAclWrite,
     .group = Group::list,
     .since = "1.0.0",
     .complexity = "O(N) where N is the number of elements returned.",
     .syntax = "key [count]@6.2.0",
     .summary = "Removes the first elements of a list and returns them.",
     .history = kPopHistory},
    {.name = "lpos",
     .run = cmd_lpos,
     .arity = -3,
     .flags = kReadonly,
     .keys = {key_at(kRO | kAccess, 1)},
     .acl = kAclList | kAclRead | kAclSlow,
     .group = Group::list,
     .since = "6.0.6",
     .complexity = "O(N) where N is the number of elements of the list.",
     .syntax = "key element [RANK rank:integer] [COUNT num-matches] [MAXLEN len:integer]",
     .summary = "Returns the indexes of matching elements of a list."},
    {.name = "lpush",
     .run = cmd_lpush,
     .arity = -3,
     .flags = kWrite | kDenyOom | kFast,
     .keys = {key_at(kRW | kInsert, 1)},
     .acl = kAclFast | kAclList | kAclWrite,
     .group = Group::list,
     .since = "1.0.0",
     .complexity = "O(1) for each element.",
     .syntax = "key element [element ...]",
     .summary = "Adds elements at the front of a list, which is made if need be.",
     .history = kPushHistory},
    {.name = "lpushx",
     .run = cmd_lpushx,
     .arity = -3,
     .flags = kWrite | kDenyOom | kFast,
     .keys = {key_at(kRW | kInsert, 1)},
     .acl = kAclFast | kAclList | kAclWrite,
     .group = Group::list,
     .since = "2.2.0",
     .complexity = "O(1) for each element.",
     .syntax = "key element [element ...]",
     .summary = "Adds elements at the front of a list, but only if it exists.",
     .history = kPushxHistory},
    {.name = "lrange",
     .run = cmd_lrange,
     .arity = 4,
     .flags = kReadonly,
     .keys = {key_at(kRO | kAccess, 1)},
     .acl = kAclList | kAclRead | kAclSlow,
     .group = Group::list,
     .since = "1.0.0",
     .complexity =
         "O(S+N) where S is the distance of the range from the nearer end and N its length.",
     .syntax = "key start stop",
     .summary = "Returns a range of elements of a list."},
    {.name = "lrem",
     .run = cmd_lrem,
     .arity = 4,
     .flags = kWrite,
     .keys = {key_at(kRW | kDelete, 1)},
     .acl = kAclList | kAclSlow | kAclWrite,
     .group = Group::list,
     .since = "1.0.0",
     .complexity = "O(N) where N is the number of elements of the list.",
     .syntax = "key count element",
     .summary = "Removes elements that are equal to a given one."},
    {.name = "lset",
     .run = cmd_lset,
     .arity = 4,
     .flags = kWrite | kDenyOom,
     .keys = {key_at(kRW | kUpdate, 1)},
     .acl = kAclList | kAclSlow | kAclWrite,
     .group = Group::list,
     .since = "1.0.0",
     .complexity = "O(N) where N is the number of elements between the nearer end and the index.",
     .syntax = "key index element",
     .summary = "Sets an element of a list by its index."},
    {.name = "ltrim",
     .run = cmd_ltrim,
     .arity = 4,
     .flags = kWrite,
     .keys = {key_at(kRW | kDelete, 1)},
     .acl = kAclList | kAclSlow | kAclWrite,
     .group = Group::list,
     .since = "1.0.0",
     .complexity = "O(N) where N is the number of elements removed.",
     .syntax = "key start stop",
     .summary = "Removes the elements on both sides of a range."},
    {.name = "rpop",
     .run = cmd_rpop,
     .arity = -2,
     .flags = kWrite | kFast,
     .keys = {key_at(kRW | kAccess | kDelete, 1)},
     .acl = kAclFast | kAclList | kAclWrite,
     .group = Group::list,
     .since = "1.0.0",
     .complexity = "O(N) where N is the number of elements returned.",
     .syntax = "key [count]@6.2.0",
     .summary = "Removes the last elements of a list and returns them.",
     .history = kPopHistory},
    {.name = "rpoplpush",
     .run = cmd_rpoplpush,
     .arity = 3,
     .flags = kWrite | kDenyOom,
     .keys = {key_at(kRW | kAccess | kDelete, 1), key_at(kRW | kInsert, 2)},
     .acl = kAclList | kAclSlow | kAclWrite,
     .group = Group::list,
     .since = "1.2.0",
     .complexity = "O(1)",
     .syntax = "source:key destination:key",
     .summary = "Moves the last element of a list to the front of another and returns it."},
    {.name = "rpush",
     .run = cmd_rpush,
     .arity = -3,
     .flags = kWrite | kDenyOom | kFast,
     .keys = {key_at(kRW | kInsert, 1)},
     .acl = kAclFast | kAclList | kAclWrite,
     .group = Group::list,
     .since = "1.0.0",
     .complexity = "O(1) for each element.",
     .syntax = "key element [element ...]",
     .summary = "Adds elements at the end of a list, which is made if need be.",
     .history = kPushHistory},
    {.name = "rpushx",
     .run = cmd_rpushx,
     .arity = -3,
     .flags = kWrite | kDenyOom | kFast,
     .keys = {key_at(kRW | kInsert, 1)},
     .acl = kAclFast | kAclList | kAclWrite,
     .group = Group::list,
     .since = "2.2.0",
     .complexity = "O(1) for each element.",
     .syntax = "key element [element ...]",
     .summary = "Adds elements at the end of a list, but only if it exists.",
     .history = kPushxHistory},
};

}  // namespace

std::span<const Command> list_commands() { return kListCommands; }

}  // namespace rota
