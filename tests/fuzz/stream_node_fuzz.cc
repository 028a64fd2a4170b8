// SPDX-License-Identifier: BSD-3-Clause
// Nodes of streams from anywhere: 16 bytes of key, then a listpack. What check() accepts can be
// walked both ways, and is still accepted after an entry was deleted and another appended.
#include <cstdlib>
#include <vector>

#include "check.h"
#include "types/stream_node.h"

using rota::Listpack;
using rota::Slice;
using rota::StreamId;
namespace stream_node = rota::stream_node;

static void check(bool held) {
    if (!held) std::abort();
}

static size_t text_bytes(const stream_node::Entry& entry) {
    size_t bytes = 0;
    char scratch[rota::kIntegerTextMax];
    entry.for_each_field([&](const Listpack::Value& field, const Listpack::Value& value) {
        bytes += field.text(scratch).size();
        bytes += value.text(scratch).size();
    });
    return bytes;
}

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, size_t size) {
    if (size < StreamId::kEncodedBytes) return 0;
    const rota::fuzz::ExactCopy input(Slice(reinterpret_cast<const char*>(data), size));
    const StreamId master = StreamId::decode(input.view().data());
    auto node = Listpack::parse(input.view().substr(StreamId::kEncodedBytes));
    if (!node || !stream_node::check(*node, master)) return 0;
    const size_t count = stream_node::live_count(*node) + stream_node::deleted_count(*node);
    size_t seen = 0, bytes = 0;
    for (auto entry = stream_node::first(*node, master); entry;
         entry = stream_node::next(*entry, master), ++seen)
        bytes += text_bytes(*entry);
    check(seen == count);
    for (auto entry = stream_node::last(*node, master); entry;
         entry = stream_node::previous(*entry, master), --seen)
        bytes -= text_bytes(*entry);
    check(seen == 0 && bytes == 0);
    if (const auto entry = *stream_node::first(*node, master); !entry.deleted)
        stream_node::mark_deleted(*node, entry, master);
    if (const auto id = stream_node::last_id(*node, master).next()) {
        const std::vector<Slice> pairs = {"field", input.view().substr(0, 50)};
        stream_node::append(*node, master, *id, pairs);
    }
    check(stream_node::check(*node, master));
    return 0;
}
