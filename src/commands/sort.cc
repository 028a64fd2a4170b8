// SPDX-License-Identifier: BSD-3-Clause
// SORT and SORT_RO: handlers and, at the end, their rows.
#include <cstring>

#include "commands/first_in_order.h"
#include "commands/permissions.h"
#include "commands/value.h"
#include "platform/text.h"
#include "types/hash.h"
#include "types/list.h"
#include "types/set.h"
#include "types/zset.h"

namespace rota {
namespace {

// ---- Keys made of elements

// prefix*suffix names a key for each element, prefix*suffix->field a field of a hash, "#" the
// element itself. Anything else names nothing.
class Pattern {
public:
    explicit Pattern(Slice text) : itself_(text == "#") {
        const size_t star = text.find('*');
        if (star == Slice::npos) return;
        varies_ = true;
        prefix_ = text.substr(0, star);
        suffix_ = text.substr(star + 1);
        const size_t arrow = suffix_.find("->");
        if (arrow == Slice::npos || arrow + 2 == suffix_.size()) return;
        field_ = suffix_.substr(arrow + 2);
        suffix_ = suffix_.substr(0, arrow);
    }
    bool varies() const { return varies_; }

    // nullopt: there is no such value.
    std::optional<std::string> find(Ctx& ctx, Slice element) const {
        if (itself_) return std::string(element);
        if (!varies_) return std::nullopt;
        std::string name(prefix_);
        name.append(element).append(suffix_);
        Entry* entry = ctx.db().find_read(ctx.parts.keyspace.key(name), ctx.client.no_touch);
        if (entry == nullptr) return std::nullopt;
        char scratch[kIntegerTextMax];
        if (field_.empty()) {
            if (entry->type() != Type::string) return std::nullopt;
            return std::string(entry->string(scratch));
        }
        if (entry->type() != Type::hash) return std::nullopt;
        const Lent<Hash> hash(entry);
        const auto value = hash->get(field_, ctx.now_ms());
        return value ? std::optional(std::string(value->text(scratch))) : std::nullopt;
    }

private:
    bool itself_, varies_ = false;
    Slice prefix_, suffix_, field_;
};

// ---- Arguments

struct Request {
    bool descending = false, by_text = false;
    std::optional<Pattern> weight;  // BY
    std::vector<Pattern> get;
    int64_t offset = 0, limit = -1;
    size_t store_at = 0;  // the argument that has the key; 0: the result is replied

    // BY something that is the same for all elements.
    bool keeps_order() const { return weight && !weight->varies(); }
};

// Patterns lead to any key. False after having replied with an error.
bool may_follow(Ctx& ctx, const char* option) {
    if (ctx.parts.permissions.may_read_any_key(*ctx.client.user, ctx.command, ctx.args,
                                               ctx.client.db))
        return true;
    ctx.reply.error(std::string("ERR ") + option +
                    " option of SORT denied due to insufficient ACL permissions.");
    return false;
}

// False after having replied with an error.
bool parse(Ctx& ctx, bool may_store, Request& request) {
    for (size_t i = 2; i < ctx.argc(); ++i) {
        const size_t left = ctx.argc() - i - 1;
        if (ctx.arg_is(i, "asc")) {
            request.descending = false;
        } else if (ctx.arg_is(i, "desc")) {
            request.descending = true;
        } else if (ctx.arg_is(i, "alpha")) {
            request.by_text = true;
        } else if (left >= 2 && ctx.arg_is(i, "limit")) {
            const auto offset = ctx.integer_arg(i + 1);
            const auto limit = offset ? ctx.integer_arg(i + 2) : std::nullopt;
            if (!limit) return false;
            request.offset = *offset;
            request.limit = *limit;
            i += 2;
        } else if (left >= 1 && may_store && ctx.arg_is(i, "store")) {
            request.store_at = ++i;
        } else if (left >= 1 && ctx.arg_is(i, "by")) {
            request.weight.emplace(ctx.arg(++i));
            if (request.weight->varies() && !may_follow(ctx, "BY")) return false;
        } else if (left >= 1 && ctx.arg_is(i, "get")) {
            request.get.emplace_back(ctx.arg(++i));
            if (!may_follow(ctx, "GET")) return false;
        } else {
            ctx.syntax_error();
            return false;
        }
    }
    return true;
}

struct Range {
    size_t begin = 0, end = 0;
    size_t size() const { return end - begin; }
};

Range range_of(const Request& request, size_t size) {
    const auto whole = static_cast<int64_t>(size);
    const int64_t begin = std::clamp<int64_t>(request.offset, 0, whole);
    const int64_t end =
        request.limit < 0 ? whole : begin + std::min<int64_t>(request.limit, whole - begin);
    return {static_cast<size_t>(begin), static_cast<size_t>(end)};
}

// ---- Elements

struct Element {
    std::string name;
    double score = 0;
    std::optional<std::string> weight;  // by which it is sorted as text
};

size_t size_of(Entry* entry) {
    if (entry == nullptr) return 0;
    if (entry->type() == Type::list) return Lent<List>(entry)->size();
    if (entry->type() == Type::set) return Lent<Set>(entry)->size();
    return Lent<ZSet>(entry)->size();
}

// Calls visit(Slice) for some elements in the order they have, which sets have not.
template <class Visit>
void visit_in_order(Entry* entry, Range range, bool reverse, Visit&& visit) {
    if (range.size() == 0) return;
    if (entry->type() == Type::list) {
        const Lent<List> list(entry);
        char scratch[kIntegerTextMax];
        const auto first = static_cast<int64_t>(range.begin);
        auto at = list->seek(reverse ? -1 - first : first);
        for (size_t left = range.size(); left > 0; --left) {
            visit(list->get(at).text(scratch));
            if (left > 1) at = reverse ? list->previous(at) : list->next(at);
        }
    } else if (entry->type() == Type::set) {
        size_t index = 0;
        Lent<Set>(entry)->for_each([&](Slice member) {
            if (index >= range.begin && index < range.end) visit(member);
            ++index;
        });
    } else {
        const Lent<ZSet> zset(entry);
        zset->visit_ranks(reverse ? zset->size() - range.end : range.begin, range.size(), reverse,
                          [&visit](Slice member, double) { visit(member); });
    }
}

std::vector<Element> elements(Entry* entry, Range range, bool reverse) {
    std::vector<Element> found;
    found.reserve(range.size());
    visit_in_order(entry, range, reverse, [&found](Slice name) {
        found.push_back({std::string(name), 0, {}});
    });
    return found;
}

// What an element is sorted by. False: not a number.
bool weigh(Ctx& ctx, const Request& request, Element& element) {
    std::optional<std::string> value =
        request.weight ? request.weight->find(ctx, element.name) : element.name;
    if (request.by_text) {
        element.weight = std::move(value);
        return true;
    }
    if (!value) return true;
    const auto score = parse_double(Slice(*value).substr(0, value->find('\0')));
    element.score = score.value_or(0);
    return score.has_value();
}

int sign(const std::strong_ordering order) { return order < 0 ? -1 : order > 0 ? 1 : 0; }

// As text, what is stored is compared byte by byte, what is replied by the rules of the locale.
int compare(const Request& request, const Element& a, const Element& b) {
    if (!request.by_text) {
        if (a.score != b.score) return a.score < b.score ? -1 : 1;
        return sign(a.name <=> b.name);
    }
    if (!a.weight || !b.weight) return int{a.weight.has_value()} - int{b.weight.has_value()};
    if (request.store_at != 0) return sign(*a.weight <=> *b.weight);
    return std::strcoll(a.weight->c_str(), b.weight->c_str());
}

std::vector<const Element*> sorted(const Request& request, const std::vector<Element>& all,
                                   Range range) {
    auto sorted = first_in_order(all, range.end, [&request](const Element& a, const Element& b) {
        return request.descending ? compare(request, b, a) : compare(request, a, b);
    });
    sorted.resize(range.end);
    sorted.erase(sorted.begin(), sorted.begin() + static_cast<ptrdiff_t>(range.begin));
    return sorted;
}

// ---- Results

void reply_result(Ctx& ctx, const Request& request, const std::vector<const Element*>& result) {
    ctx.reply.array(result.size() * std::max<size_t>(request.get.size(), 1));
    for (const Element* element : result) {
        if (request.get.empty()) ctx.reply.bulk(element->name);
        for (const Pattern& pattern : request.get) {
            const auto value = pattern.find(ctx, element->name);
            value ? ctx.reply.bulk(*value) : ctx.reply.null();
        }
    }
}

void store_result(Ctx& ctx, const Request& request, const std::vector<const Element*>& result) {
    const int node_limit = ctx.parts.store_options.list_max_listpack_size;
    auto chain = std::make_unique<Quicklist>(node_limit);
    for (const Element* element : result) {
        if (request.get.empty()) chain->push(List::End::tail, element->name);
        for (const Pattern& pattern : request.get)
            chain->push(List::End::tail, pattern.find(ctx, element->name).value_or(""));
    }
    const size_t size = chain->size();
    const Key key = ctx.key(request.store_at);
    if (size > 0) {
        add_value(ctx, key, Type::list, List::of(std::move(chain), node_limit));
        ctx.changed(EventClass::list, "sortstore", key.name);
        ctx.parts.effects.add_dirty(size - 1);
    } else if (ctx.db().erase(key, ctx.parts.store_options.lazyfree_lazy_server_del)) {
        ctx.changed(EventClass::generic, "del", key.name);
    }
    ctx.reply.integer(static_cast<int64_t>(size));
}

void finish(Ctx& ctx, const Request& request, const std::vector<const Element*>& result) {
    request.store_at != 0 ? store_result(ctx, request, result) : reply_result(ctx, request, result);
}

void sort(Ctx& ctx, bool may_store) {
    Request request;
    if (!parse(ctx, may_store, request)) return;
    Entry* entry = ctx.db().find_read(ctx.key(1), ctx.client.no_touch);
    const bool is_set = entry != nullptr && entry->type() == Type::set;
    if (entry != nullptr && !is_set && entry->type() != Type::list && entry->type() != Type::zset)
        return ctx.wrong_type();
    // What is stored has an order of its own, where the elements have none.
    if (request.keeps_order() && is_set && request.store_at != 0) {
        request.weight.reset();
        request.by_text = true;
    }
    const size_t size = size_of(entry);
    const Range range = range_of(request, size);
    if (request.keeps_order()) {
        const auto some = elements(entry, range, request.descending && !is_set);
        std::vector<const Element*> result;
        for (const Element& element : some) result.push_back(&element);
        return finish(ctx, request, result);
    }
    std::vector<Element> all = elements(entry, {0, size}, false);
    bool numbers = true;  // all are looked up, as far as statistics can tell
    for (Element& element : all) numbers &= weigh(ctx, request, element);
    if (!numbers) return ctx.reply.error("ERR One or more scores can't be converted into double");
    finish(ctx, request, sorted(request, all, range));
}

void cmd_sort(Ctx& ctx) { sort(ctx, true); }
void cmd_sort_ro(Ctx& ctx) { sort(ctx, false); }

bool keys_of_sort_ro(std::span<const Slice> /*args*/, std::vector<KeyPosition>& out) {
    out.push_back({1, kRO | kAccess});
    return true;
}

// The last STORE counts; what stands behind other options is none.
bool keys_of_sort(std::span<const Slice> args, std::vector<KeyPosition>& out) {
    keys_of_sort_ro(args, out);
    uint32_t store_at = 0;
    for (uint32_t i = 2; i < args.size(); ++i) {
        if (equals_ignore_case(args[i], "limit"))
            i += 2;
        else if (equals_ignore_case(args[i], "by") || equals_ignore_case(args[i], "get"))
            i += 1;
        else if (equals_ignore_case(args[i], "store") && i + 1 < args.size())
            store_at = i + 1;
    }
    if (store_at != 0) out.push_back({store_at, kOW | kUpdate});
    return true;
}

#define ROTA_SORT_OPTIONS                                                     \
    "key by-pattern=[BY pattern:pattern#1] [LIMIT offset:integer count] "     \
    "get-pattern=[GET pattern:pattern#1 [GET pattern ...]] order=[ASC|DESC] " \
    "sorting=[ALPHA]"

constexpr Slice kCost =
    "O(N+M*log(M)) where N is the number of elements and M how many are returned. Without sorting, "
    "O(N).";

constexpr Command kSortCommands[] = {
    {.name = "sort",
     .run = cmd_sort,
     .arity = -2,
     .flags = kWrite | kDenyOom,
     .keys = {key_at(kRO | kAccess, 1), keys_unknown(kRO | kAccess), keys_unknown(kOW | kUpdate)},
     .acl = kAclDangerous | kAclList | kAclSet | kAclSlow | kAclSortedSet | kAclWrite,
     .group = Group::generic,
     .since = "1.0.0",
     .complexity = kCost,
     .syntax = ROTA_SORT_OPTIONS " destination=[STORE destination:key#2]",
     .summary = "Sorts a list, a set or a sorted set, and returns or stores the result.",
     .keys_of = keys_of_sort},
    {.name = "sort_ro",
     .run = cmd_sort_ro,
     .arity = -2,
     .flags = kReadonly,
     .keys = {key_at(kRO | kAccess, 1), keys_unknown(kRO | kAccess)},
     .acl = kAclDangerous | kAclList | kAclRead | kAclSet | kAclSlow | kAclSortedSet,
     .group = Group::generic,
     .since = "7.0.0",
     .complexity = kCost,
     .syntax = ROTA_SORT_OPTIONS,
     .summary = "Returns a list, a set or a sorted set sorted.",
     .keys_of = keys_of_sort_ro},
};

}  // namespace

std::span<const Command> sort_commands() { return kSortCommands; }

}  // namespace rota
