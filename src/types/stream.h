// SPDX-License-Identifier: BSD-3-Clause
// Stream: a value of type stream, entries of fields and values in the order of their ids, and the
// groups of consumers that read it. The entries lie in nodes (stream_node.h) by the id of their
// first; when a node is full, and that trimming takes whole nodes where it may, is Valkey's, since
// XADD ~ and XINFO show it.
//
// It owns what an entry of the keyspace keeps a bare pointer to, like List. A stream without
// entries is a value like any other. Threading: one owner.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "types/id_map.h"
#include "types/kind.h"
#include "types/stream_group.h"
#include "types/stream_node.h"

namespace rota {

struct StreamLimits {
    uint64_t node_bytes = 4096;  // 0: no limit
    int64_t node_entries = 100;  // 0: no limit
};

// What a trim may take away.
struct StreamTrim {
    enum class By : uint8_t { length, id };
    By by = By::length;
    uint64_t length_max = 0;  // of By::length
    StreamId id_min;          // of By::id
    bool whole_nodes = false;
    uint64_t limit = 0;  // entries at most; 0: any number
};

class Stream {
public:
    using Entry = stream_node::Entry;
    using Nodes = IdMap<Listpack>;
    using Groups = std::map<std::string, ConsumerGroup, std::less<>>;
    // An entry of more bytes in all is not taken.
    static constexpr size_t kEntryBytesMax = Listpack::kBytesMax;

    static Stream make() { return Stream(std::make_unique<Body>()); }  // empty
    Stream(Encoding encoding, void* object);
    Stream(Stream&&) = default;
    Encoding encoding() const { return Encoding::stream; }
    [[nodiscard]] void* release() { return body_.release(); }
    Stream copy() const;

    size_t size() const { return body_->length; }
    size_t allocated_bytes(size_t samples) const;
    // See object.h. It goes node by node, few enough for one go.
    size_t block_count() const {
        size_t blocks = nodes().size();
        for (const auto& [name, group] : groups()) blocks += 1 + group.deliveries().size();
        return blocks;
    }
    bool drain(size_t) { return false; }
    const Nodes& nodes() const { return body_->nodes; }

    // What else there is to know of it; plain values, set by XSETID and by loading.
    struct Counters {
        StreamId last_id;         // the greatest that was ever given
        StreamId first_id;        // of the first entry; 0-0: there is none
        StreamId max_deleted_id;  // the greatest that was deleted
        uint64_t entries_added = 0;
    };
    const Counters& counters() const { return body_->counters; }
    Counters& counters() { return body_->counters; }

    // The id must be greater than last_id. False: the entry is too large.
    bool add(const StreamId&, std::span<const Slice> pairs, const StreamLimits&);
    bool remove(const StreamId&);  // false: it was not there. Does not touch the counters.
    void refresh_first_id();
    uint64_t trim(const StreamTrim&);  // returns how many entries are gone
    bool contains(const StreamId&) const;
    std::optional<StreamId> greatest() const;  // of an entry that is there

    // Calls visit(const Entry&) for entries from `first` to `last`, both counted in, until it
    // returns false. visit must not change entries; groups it may.
    template <class Visit>
    void visit_forward(const StreamId& first, const StreamId& last, Visit&& visit) const;
    template <class Visit>
    void visit_backward(const StreamId& first, const StreamId& last, Visit&& visit) const;

    // ---- Groups ----
    const Groups& groups() const { return body_->groups; }
    ConsumerGroup* find_group(Slice name);
    ConsumerGroup* add_group(Slice name, ConsumerGroup);  // null: there is one of this name
    bool remove_group(Slice name);
    // How many entries were ever added up to this id; nullopt: that cannot be told.
    std::optional<uint64_t> entries_up_to(const StreamId&) const;
    // How many entries a group has yet to read; nullopt: that cannot be told.
    std::optional<int64_t> lag(const ConsumerGroup&) const;
    // The group reads this entry, which is beyond all that it has read.
    void advance(ConsumerGroup&, const StreamId&) const;

    // For loading: a node behind all others. It must be sound (stream_node::check).
    void append_node(const StreamId& master, Listpack node);

private:
    struct Body {
        Nodes nodes;
        size_t length = 0;
        Counters counters;
        Groups groups;
    };

    explicit Stream(std::unique_ptr<Body> body) : body_(std::move(body)) {}
    bool has_deleted_from(const StreamId&) const;
    bool node_goes(Nodes::Place, const StreamTrim&) const;
    uint64_t trim_node(Nodes::Place, const StreamTrim&);

    std::unique_ptr<Body> body_;
};

template <class Visit>
void Stream::visit_forward(const StreamId& from, const StreamId& to, Visit&& visit) const {
    const Nodes& all = nodes();
    auto at = all.floor(from);
    if (at == all.end()) at = all.begin();
    for (; at != all.end() && all[at].id <= to; at = all.next(at)) {
        const auto& [master, node] = all[at];
        for (auto entry = stream_node::first(node, master); entry;
             entry = stream_node::next(*entry, master)) {
            if (entry->id > to) return;
            if (!entry->deleted && entry->id >= from && !visit(*entry)) return;
        }
    }
}

template <class Visit>
void Stream::visit_backward(const StreamId& from, const StreamId& to, Visit&& visit) const {
    const Nodes& all = nodes();
    for (auto at = all.floor(to); at != all.end(); at = all.previous(at)) {
        const auto& [master, node] = all[at];
        for (auto entry = stream_node::last(node, master); entry;
             entry = stream_node::previous(*entry, master)) {
            if (entry->id < from) return;
            if (!entry->deleted && entry->id <= to && !visit(*entry)) return;
        }
    }
}

}  // namespace rota
