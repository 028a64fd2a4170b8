// SPDX-License-Identifier: BSD-3-Clause
#include "commands/stream_common.h"

namespace rota {
namespace {

void invalid_id(Ctx& ctx) {
    ctx.reply.error("ERR Invalid stream ID specified as stream command argument");
}

struct Bound {
    StreamId id;
    bool open;
};

std::optional<Bound> bound_arg(Ctx& ctx, size_t index, uint64_t missing_seq) {
    Slice text = ctx.arg(index);
    const bool open = text.size() > 1 && text[0] == '(';
    if (open) text.remove_prefix(1);
    if (!open && text == "-") return Bound{StreamId::min(), false};
    if (!open && text == "+") return Bound{StreamId::max(), false};
    const auto id = StreamId::parse(text, missing_seq);
    if (id) return Bound{*id, open};
    invalid_id(ctx);
    return std::nullopt;
}

}  // namespace

std::optional<Entry*> read_stream(Ctx& ctx, size_t key_index) {
    return read_value(ctx, key_index, Type::stream);
}

std::optional<Entry*> write_stream(Ctx& ctx, Key key) {
    return write_value(ctx, key, Type::stream);
}

std::optional<StreamId> id_arg(Ctx& ctx, size_t index, uint64_t missing_seq) {
    const auto id = StreamId::parse(ctx.arg(index), missing_seq);
    if (!id) invalid_id(ctx);
    return id;
}

std::optional<std::vector<StreamId>> id_args(Ctx& ctx, size_t first) {
    std::vector<StreamId> ids;
    for (size_t i = first; i < ctx.argc(); ++i) {
        const auto id = id_arg(ctx, i);
        if (!id) return std::nullopt;
        ids.push_back(*id);
    }
    return ids;
}

std::optional<StreamId> interval_start_arg(Ctx& ctx, size_t index) {
    const auto bound = bound_arg(ctx, index, 0);
    if (!bound) return std::nullopt;
    const auto id = bound->open ? bound->id.next() : bound->id;
    if (!id) ctx.reply.error("ERR invalid start ID for the interval");
    return id;
}

std::optional<StreamId> interval_end_arg(Ctx& ctx, size_t index) {
    const auto bound = bound_arg(ctx, index, UINT64_MAX);
    if (!bound) return std::nullopt;
    const auto id = bound->open ? bound->id.previous() : bound->id;
    if (!id) ctx.reply.error("ERR invalid end ID for the interval");
    return id;
}

void reply_id(Reply& reply, const StreamId& id) {
    char text[StreamId::kTextMax];
    reply.bulk({text, id.write(text)});
}

void reply_entry(Reply& reply, const Stream::Entry& entry) {
    reply.array(2);
    reply_id(reply, entry.id);
    reply.array(2 * entry.fields);
    char scratch[kIntegerTextMax];
    entry.for_each_field([&](const Listpack::Value& field, const Listpack::Value& value) {
        reply.bulk(field.text(scratch));
        reply.bulk(value.text(scratch));
    });
}

bool reply_entry_of(Reply& reply, const Stream& stream, const StreamId& id) {
    bool found = false;
    stream.visit_forward(id, id, [&](const Stream::Entry& entry) {
        reply_entry(reply, entry);
        return found = true, false;
    });
    return found;
}

void reply_no_group(Ctx& ctx, Slice key, Slice group) {
    ctx.reply.error("NOGROUP No such key '" + std::string(key) + "' or consumer group '" +
                    std::string(group) + "'");
}

void propagate_delivery(Ctx& ctx, const DeliveryOf& of, const StreamId& id, ConsumerGroup& group) {
    if (!ctx.propagates()) return;
    const Delivery& delivery = *group.find_delivery(id);
    ctx.propagate({"XCLAIM", of.key, of.group, of.consumer, "0", id.text(), "TIME",
                   IntegerText(delivery.delivered_ms), "RETRYCOUNT", IntegerText(delivery.count),
                   "FORCE", "JUSTID", "LASTID", group.last_id.text()});
}

void propagate_group_position(Ctx& ctx, Slice key, Slice name, const ConsumerGroup& group) {
    if (!ctx.propagates()) return;
    ctx.propagate({"XGROUP", "SETID", key, name, group.last_id.text(), "ENTRIESREAD",
                   IntegerText(group.entries_read)});
}

Consumer* find_or_add_consumer(Ctx& ctx, ConsumerGroup& group, const DeliveryOf& of) {
    Consumer* consumer = group.find_consumer(of.consumer);
    if (consumer == nullptr) {
        consumer = group.add_consumer(of.consumer, ctx.now_ms());
        group_changed(ctx, "xgroup-createconsumer", of.key);
        ctx.propagate({"XGROUP", "CREATECONSUMER", of.key, of.group, of.consumer});
    }
    consumer->seen_ms = ctx.now_ms();
    return consumer;
}

void group_changed(Ctx& ctx, const char* event, Slice key) {
    ctx.parts.effects.add_dirty(1);
    ctx.parts.effects.notify(EventClass::stream, event, key, ctx.client.db);
}

}  // namespace rota
