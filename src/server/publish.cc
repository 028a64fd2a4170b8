// SPDX-License-Identifier: BSD-3-Clause
// Publishing: messages to subscribers, and the events of keys as messages. A message is written
// once for each protocol and IO loop, however many receive it; the loops send it.
#include <algorithm>

#include "client/pubsub.h"
#include "platform/text.h"
#include "server/executor.h"
#include "store/options.h"

namespace rota {
namespace {

// The same message in RESP2 and RESP3, which differ in how it is marked: written when asked for.
class Message {
public:
    Message(Buffer& out, std::initializer_list<Slice> parts) : out_(out), parts_(parts) {}

    std::pair<size_t, size_t> range(int resp) {
        Range& range = resp == 2 ? resp2_ : resp3_;
        if (range.first == range.second) {
            range.first = out_.size();
            Reply reply(out_, resp);
            reply.push(parts_.size());
            for (const Slice part : parts_) reply.bulk(part);
            range.second = out_.size();
        }
        return range;
    }

private:
    using Range = std::pair<size_t, size_t>;
    Buffer& out_;
    std::initializer_list<Slice> parts_;
    Range resp2_{}, resp3_{};
};

}  // namespace

void Executor::push_to_all(const std::vector<Client*>& clients,
                           std::initializer_list<Slice> parts) {
    Message message(pushed_, parts);
    for (Client* client : clients) {
        const auto [begin, end] = message.range(client->resp);
        pushes_.push_back({client, begin, end});
    }
}

int64_t Executor::publish(Subscription kind, Slice channel, Slice text) {
    PubSub& pubsub = parts_.pubsub;
    size_t receivers = 0;
    const Slice word = kind == Subscription::shard ? "smessage" : "message";
    if (const auto* clients = pubsub.subscribers(kind, channel)) {
        receivers += clients->size();
        push_to_all(*clients, {word, channel, text});
    }
    if (kind == Subscription::channel) {
        for (const auto& [pattern, subscribers] : pubsub.all(Subscription::pattern)) {
            if (!glob_match(pattern, channel)) continue;
            receivers += subscribers.clients.size();
            push_to_all(subscribers.clients, {"pmessage", pattern, channel, text});
        }
    }
    if (!in_command_ && !pushes_.empty()) deliver_pushes();
    return static_cast<int64_t>(receivers);
}

// One payload for all clients of a loop.
void Executor::deliver_pushes() {
    placed_.clear();
    for (const Push& push : pushes_) {
        Client& client = *push.client;
        const Slice wire = pushed_.view().substr(push.begin, push.end - push.begin);
        if (wire.empty() || client.closing || client.closed || client.moving || client.io.lent) {
            write_to(client, wire);
            continue;
        }
        Batch& batch = output_for(client);
        const auto same = [&](const Placed& placed) {
            return placed.batch == &batch && placed.begin == push.begin;
        };
        const auto placed = std::ranges::find_if(placed_, same);
        if (placed == placed_.end()) {
            std::erase_if(placed_, [&](const Placed& old) {
                return old.batch == &batch && placed_.size() >= kPlacedMax;
            });
            placed_.push_back({&batch, push.begin, batch.out.size()});
            write_to(client, wire);
        } else {
            const ClientTerms terms = client.terms();
            client.told = terms;
            batch.outgoing.push_back({&client, placed->at, placed->at + wire.size(), terms});
        }
    }
    pushes_.clear();
    pushed_.clear();
}

// ---- Events of keys

void Executor::set_events(uint32_t flags) {
    const bool any = (flags & (kNotifyKeyspace | kNotifyKeyevent)) != 0;
    event_flags_ = any ? flags : 0;
    parts_.effects.set_wanted_events(static_cast<uint16_t>(event_flags_));
    const bool misses = (event_flags_ & static_cast<uint32_t>(EventClass::key_miss)) != 0;
    if (misses != misses_wanted_) misses ? gate_.close() : gate_.open();  // all of them are told
    misses_wanted_ = misses;
}

void Executor::publish_events() {
    if (parts_.effects.events().empty()) [[likely]]
        return;
    const auto events = parts_.effects.take_events();
    if (!parts_.pubsub.has_channels_or_patterns()) return;
    for (const Effects::KeyEvent& event : events) {
        const std::string db = std::to_string(event.db);
        if (event_flags_ & kNotifyKeyspace)
            publish(Subscription::channel, "__keyspace@" + db + "__:" + event.key, event.event);
        if (event_flags_ & kNotifyKeyevent)
            publish(Subscription::channel, "__keyevent@" + db + "__:" + event.event, event.key);
    }
}

}  // namespace rota
