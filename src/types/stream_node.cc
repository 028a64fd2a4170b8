// SPDX-License-Identifier: BSD-3-Clause
#include "types/stream_node.h"

#include "platform/assert.h"

namespace rota::stream_node {
namespace {

using Pos = Listpack::Pos;

constexpr int64_t kDeleted = 1, kSameFields = 2;
constexpr size_t kFixedElements = 3;  // of an entry: flags and the two parts of its id

int64_t number(const Listpack& node, Pos at) { return node.get(at).integer; }

Pos skip(const Listpack& node, Pos at, size_t elements) {
    for (; elements > 0; --elements) at = node.next(at);
    return at;
}

struct Master {
    size_t fields;
    Pos names;    // the first field, or the end of the master entry where there is none
    Pos entries;  // the first entry; kNone: there is none
};

Master master_of(const Listpack& node) {
    const Pos count = skip(node, node.first(), 2);
    const auto fields = static_cast<size_t>(number(node, count));
    const Pos names = node.next(count);
    return {fields, names, skip(node, names, fields + 1)};
}

bool has_fields(const Listpack& node, const Master& master, std::span<const Slice> pairs) {
    if (master.fields != pairs.size() / 2) return false;
    Pos at = master.names;
    for (size_t i = 0; i < pairs.size(); i += 2, at = node.next(at))
        if (!node.equals(at, pairs[i])) return false;
    return true;
}

void append_entry(Listpack& node, int64_t flags, const StreamId& master, const StreamId& id,
                  std::span<const Slice> pairs) {
    const bool same = flags & kSameFields;
    const size_t fields = pairs.size() / 2;
    node.append_integer(flags);
    node.append_integer(static_cast<int64_t>(id.ms - master.ms));
    node.append_integer(static_cast<int64_t>(id.seq - master.seq));
    if (!same) node.append_integer(static_cast<int64_t>(fields));
    for (size_t i = 0; i < pairs.size(); ++i)
        if (!same || i % 2 == 1) node.append(pairs[i]);
    const size_t elements = kFixedElements + (same ? fields : 2 * fields + 1);
    node.append_integer(static_cast<int64_t>(elements));
}

Entry read(const Listpack& node, const Master& shared, const StreamId& master, Pos at) {
    const int64_t flags = number(node, at);
    const Pos ms = node.next(at);
    const Pos seq = node.next(ms);
    Entry entry{.node = &node,
                .id = {master.ms + static_cast<uint64_t>(number(node, ms)),
                       master.seq + static_cast<uint64_t>(number(node, seq))},
                .deleted = (flags & kDeleted) != 0,
                .same_fields = (flags & kSameFields) != 0,
                .fields = shared.fields,
                .at = at,
                .contents = node.next(seq),
                .names = shared.names};
    if (!entry.same_fields) {
        entry.fields = static_cast<size_t>(number(node, entry.contents));
        entry.names = entry.contents = node.next(entry.contents);
    }
    return entry;
}

// What an entry knows of the master entry it has only if it shares its fields.
Master shared_of(const Entry& entry) {
    if (entry.same_fields) return {entry.fields, entry.names, Listpack::kNone};
    return master_of(*entry.node);
}

Pos end_of(const Entry& entry) {
    return skip(*entry.node, entry.contents, entry.fields * (entry.same_fields ? 1 : 2));
}

void add_to(Listpack& node, Pos at, int64_t change) {
    node.replace_integer(at, number(node, at) + change);
}

}  // namespace

Listpack make(std::span<const Slice> pairs) {
    Listpack node;
    node.append_integer(1);
    node.append_integer(0);
    node.append_integer(static_cast<int64_t>(pairs.size() / 2));
    for (size_t i = 0; i < pairs.size(); i += 2) node.append(pairs[i]);
    node.append_integer(0);
    append_entry(node, kSameFields, {}, {}, pairs);
    return node;
}

void append(Listpack& node, const StreamId& master, const StreamId& id,
            std::span<const Slice> pairs) {
    add_to(node, node.first(), 1);
    const bool same = has_fields(node, master_of(node), pairs);
    append_entry(node, same ? kSameFields : 0, master, id, pairs);
}

size_t live_count(const Listpack& node) { return static_cast<size_t>(number(node, node.first())); }

size_t deleted_count(const Listpack& node) {
    return static_cast<size_t>(number(node, node.next(node.first())));
}

std::optional<Entry> first(const Listpack& node, const StreamId& master) {
    const Master shared = master_of(node);
    if (shared.entries == Listpack::kNone) return std::nullopt;
    return read(node, shared, master, shared.entries);
}

std::optional<Entry> last(const Listpack& node, const StreamId& master) {
    const Master shared = master_of(node);
    if (shared.entries == Listpack::kNone) return std::nullopt;
    Pos at = node.last();
    for (auto left = number(node, at); left > 0; --left) at = node.previous(at);
    return read(node, shared, master, at);
}

std::optional<Entry> next(const Entry& entry, const StreamId& master) {
    const Listpack& node = *entry.node;
    const Pos at = node.next(end_of(entry));
    if (at == Listpack::kNone) return std::nullopt;
    return read(node, shared_of(entry), master, at);
}

std::optional<Entry> previous(const Entry& entry, const StreamId& master) {
    const Listpack& node = *entry.node;
    Pos at = node.previous(entry.at);
    auto left = number(node, at);  // 0: it ends the master entry
    if (left == 0) return std::nullopt;
    for (; left > 0; --left) at = node.previous(at);
    return read(node, shared_of(entry), master, at);
}

Entry mark_deleted(Listpack& node, const Entry& entry, const StreamId& master) {
    ASSERT(!entry.deleted);
    node.replace_integer(entry.at, number(node, entry.at) | kDeleted);
    const size_t before = node.byte_count();
    add_to(node, node.first(), -1);
    add_to(node, node.next(node.first()), 1);
    const auto moved = static_cast<Pos>(entry.at + node.byte_count() - before);
    return read(node, master_of(node), master, moved);
}

StreamId last_id(const Listpack& node, const StreamId& master) { return last(node, master)->id; }

// -- Foreign bytes --

namespace {

// Takes elements one by one, and remembers that one was missing or of the wrong kind.
class Checker {
public:
    explicit Checker(const Listpack& node) : node_(node), at_(node.first()) {}

    bool at_end() const { return at_ == Listpack::kNone; }
    bool failed() const { return failed_; }
    int64_t take_integer() {
        if (at_end() || !node_.get(at_).is_integer) return fail();
        const int64_t value = number(node_, at_);
        at_ = node_.next(at_);
        return value;
    }
    // A count of elements that follow: never more than there can be.
    size_t take_count() {
        const int64_t count = take_integer();
        if (count >= 0 && static_cast<uint64_t>(count) <= node_.byte_count())
            return static_cast<size_t>(count);
        fail();
        return 0;
    }
    void skip_elements(size_t count) {
        for (; count > 0 && !failed_; --count) {
            if (at_end())
                fail();
            else
                at_ = node_.next(at_);
        }
    }
    int64_t fail() {
        failed_ = true;
        at_ = Listpack::kNone;
        return 0;
    }

private:
    const Listpack& node_;
    Pos at_;
    bool failed_ = false;
};

}  // namespace

bool check(const Listpack& node, const StreamId& master) {
    Checker checker(node);
    size_t live = checker.take_count(), deleted = checker.take_count();
    const size_t shared = checker.take_count();
    checker.skip_elements(shared);
    if (checker.take_integer() != 0 || checker.failed() || live + deleted == 0) return false;
    std::optional<StreamId> previous;
    while (!checker.at_end()) {
        const int64_t flags = checker.take_integer();
        if ((flags & ~(kDeleted | kSameFields)) != 0) return false;
        size_t& left = flags & kDeleted ? deleted : live;
        if (left-- == 0) return false;
        const auto ms = static_cast<uint64_t>(checker.take_integer());
        const auto seq = static_cast<uint64_t>(checker.take_integer());
        const StreamId id{master.ms + ms, master.seq + seq};
        if (id < master || (previous && id <= *previous)) return false;
        previous = id;
        const bool same = flags & kSameFields;
        const size_t contents = same ? shared : 2 * checker.take_count();
        checker.skip_elements(contents);
        const size_t elements = kFixedElements + contents + (same ? 0 : 1);
        if (checker.take_integer() != static_cast<int64_t>(elements)) return false;
    }
    return !checker.failed() && live == 0 && deleted == 0;
}

}  // namespace rota::stream_node
