// SPDX-License-Identifier: BSD-3-Clause
#include "types/stream.h"

#include <algorithm>

#include "platform/assert.h"

namespace rota {

// -- As an entry of the keyspace keeps it --

Stream::Stream(Encoding encoding, void* object) : body_(static_cast<Body*>(object)) {
    ASSERT(encoding == Encoding::stream);
}

Stream Stream::copy() const {
    auto made = std::make_unique<Body>();
    made->length = body_->length;
    made->counters = body_->counters;
    nodes().for_each(
        [&made](const StreamId& id, const Listpack& node) { made->nodes.insert(id, node.copy()); });
    for (const auto& [name, group] : groups()) made->groups.emplace(name, group.copy());
    return Stream(std::move(made));
}

size_t Stream::allocated_bytes(size_t samples) const {
    size_t bytes = 0, seen = 0;
    for (auto at = nodes().begin(); at != nodes().end() && (samples == 0 || seen < samples);
         at = nodes().next(at), ++seen)
        bytes += nodes()[at].value.allocated_bytes();
    if (seen > 0) bytes = bytes / seen * nodes().size();
    bytes += sizeof(Body) + nodes().allocated_bytes();
    for (const auto& [name, group] : groups()) bytes += name.size() + group.allocated_bytes();
    return bytes;
}

// -- Entries --

bool Stream::add(const StreamId& id, std::span<const Slice> pairs, const StreamLimits& limits) {
    ASSERT(id > counters().last_id);
    size_t bytes = 0;
    for (const Slice text : pairs) bytes += text.size();
    const size_t overhead = (pairs.size() + 8) * Listpack::kOverheadMax;  // a field twice at most
    if (bytes > kEntryBytesMax - std::min(kEntryBytesMax, overhead)) return false;

    Nodes& all = body_->nodes;
    bool full = all.empty();
    if (!full) {
        const Listpack& node = all[all.last()].value;
        const uint64_t bytes_max = limits.node_bytes == 0
                                       ? kEntryBytesMax
                                       : std::min<uint64_t>(limits.node_bytes, kEntryBytesMax);
        const auto count =
            static_cast<int64_t>(stream_node::live_count(node) + stream_node::deleted_count(node));
        full = node.byte_count() + bytes >= bytes_max ||
               (limits.node_entries != 0 && count >= limits.node_entries) ||
               !node.fits(bytes + overhead);
    }
    if (full)
        all.insert(id, stream_node::make(pairs));
    else
        stream_node::append(all.value(all.last()), all[all.last()].id, id, pairs);
    ++body_->length;
    ++counters().entries_added;
    counters().last_id = id;
    if (body_->length == 1) counters().first_id = id;
    return true;
}

bool Stream::remove(const StreamId& id) {
    Nodes& all = body_->nodes;
    const auto at = all.floor(id);
    if (at == all.end()) return false;
    const StreamId master = all[at].id;
    Listpack& node = all.value(at);
    for (auto entry = stream_node::first(node, master); entry && entry->id <= id;
         entry = stream_node::next(*entry, master)) {
        if (entry->id != id) continue;
        if (entry->deleted) return false;
        if (stream_node::live_count(node) == 1)
            all.erase(at);
        else
            stream_node::mark_deleted(node, *entry, master);
        --body_->length;
        return true;
    }
    return false;
}

bool Stream::contains(const StreamId& id) const {
    bool found = false;
    visit_forward(id, id, [&found](const Entry&) { return found = true, false; });
    return found;
}

std::optional<StreamId> Stream::greatest() const {
    std::optional<StreamId> id;
    visit_backward(StreamId::min(), StreamId::max(), [&id](const Entry& entry) {
        id = entry.id;
        return false;
    });
    return id;
}

void Stream::refresh_first_id() {
    StreamId& first = counters().first_id;
    first = {};
    visit_forward(StreamId::min(), StreamId::max(), [&first](const Entry& entry) {
        first = entry.id;
        return false;
    });
}

void Stream::append_node(const StreamId& master, Listpack node) {
    body_->length += stream_node::live_count(node);
    body_->nodes.insert(master, std::move(node));
}

// -- Trimming --

bool Stream::node_goes(Nodes::Place at, const StreamTrim& what) const {
    const auto& [master, node] = nodes()[at];
    if (what.by == StreamTrim::By::id) return stream_node::last_id(node, master) < what.id_min;
    return body_->length - stream_node::live_count(node) >= what.length_max;
}

// Marks entries of the first node. They stay where they are, so that the node need not be moved.
uint64_t Stream::trim_node(Nodes::Place at, const StreamTrim& what) {
    const StreamId master = nodes()[at].id;
    Listpack& node = body_->nodes.value(at);
    uint64_t gone = 0;
    for (auto entry = stream_node::first(node, master); entry;
         entry = stream_node::next(*entry, master)) {
        const bool enough = what.by == StreamTrim::By::id ? entry->id >= what.id_min
                                                          : body_->length <= what.length_max;
        if (enough) break;
        if (entry->deleted) continue;
        entry = stream_node::mark_deleted(node, *entry, master);
        --body_->length;
        ++gone;
    }
    return gone;
}

uint64_t Stream::trim(const StreamTrim& what) {
    Nodes& all = body_->nodes;
    uint64_t gone = 0;
    while (!all.empty()) {
        const auto at = all.begin();
        if (what.by == StreamTrim::By::length && body_->length <= what.length_max) break;
        const size_t live = stream_node::live_count(all[at].value);
        if (what.limit != 0 && gone + live > what.limit) break;
        if (!node_goes(at, what)) {
            if (!what.whole_nodes) gone += trim_node(at, what);
            break;
        }
        all.erase(at);
        body_->length -= live;
        gone += live;
    }
    if (gone > 0) refresh_first_id();
    return gone;
}

// -- Groups --

ConsumerGroup* Stream::find_group(Slice name) {
    const auto found = body_->groups.find(name);
    return found == body_->groups.end() ? nullptr : &found->second;
}

ConsumerGroup* Stream::add_group(Slice name, ConsumerGroup group) {
    const auto [at, is_new] = body_->groups.try_emplace(std::string(name), std::move(group));
    return is_new ? &at->second : nullptr;
}

bool Stream::remove_group(Slice name) {
    const auto found = body_->groups.find(name);
    if (found == body_->groups.end()) return false;
    body_->groups.erase(found);
    return true;
}

// Whether entries from this id on were deleted, as far as the greatest of them tells.
bool Stream::has_deleted_from(const StreamId& id) const {
    const Counters& about = counters();
    if (body_->length == 0 || about.max_deleted_id.is_zero()) return false;
    return about.first_id <= about.max_deleted_id && id <= about.max_deleted_id;
}

std::optional<uint64_t> Stream::entries_up_to(const StreamId& id) const {
    const Counters& about = counters();
    if (about.entries_added == 0) return 0;
    if (body_->length == 0 && id <= about.last_id) return about.entries_added;
    if (!id.is_zero() && id < about.max_deleted_id) return std::nullopt;
    if (id == about.last_id) return about.entries_added;
    if (id > about.last_id) return std::nullopt;
    const bool whole = about.max_deleted_id.is_zero() || about.max_deleted_id < about.first_id;
    if (!whole || id > about.first_id) return std::nullopt;
    return about.entries_added - body_->length + (id == about.first_id ? 1 : 0);
}

std::optional<int64_t> Stream::lag(const ConsumerGroup& group) const {
    const uint64_t added = counters().entries_added;
    if (added == 0) return 0;
    if (group.entries_read != ConsumerGroup::kUnknown && !has_deleted_from(group.last_id))
        return static_cast<int64_t>(added - static_cast<uint64_t>(group.entries_read));
    const auto read = entries_up_to(group.last_id);
    if (!read) return std::nullopt;
    return static_cast<int64_t>(added - *read);
}

void Stream::advance(ConsumerGroup& group, const StreamId& id) const {
    if (group.entries_read != ConsumerGroup::kUnknown && group.last_id >= counters().first_id &&
        !has_deleted_from(group.last_id)) {
        ++group.entries_read;
    } else if (counters().entries_added != 0) {
        const auto read = entries_up_to(id);
        group.entries_read = read ? static_cast<int64_t>(*read) : ConsumerGroup::kUnknown;
    }
    group.last_id = id;
}

}  // namespace rota
