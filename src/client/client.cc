// SPDX-License-Identifier: BSD-3-Clause
#include "client/client.h"

#include <algorithm>

#include "client/blocked.h"
#include "client/multi.h"
#include "client/pubsub.h"
#include "client/registry.h"
#include "client/tracking.h"

namespace rota {
namespace {

// Most clients have nothing waiting, turn after turn: their lines are not to be dirtied.
void show(Counter& shown, size_t value) {
    if (shown.get() != value) shown = value;
}

}  // namespace

uint64_t ClientIo::show_sizes() {
    const uint64_t before = memory();
    show(query_bytes, query.size());
    show(query_capacity, query.capacity());
    show(partial_bytes, partial ? partial->pending_args_len() : 0);
    show(unsent_bytes, in_flight.size() + queued.size());
    return memory() - before;
}

uint64_t ClientIo::memory() const {
    const uint64_t partial_request = partial_bytes;
    return query_capacity + unsent_bytes +
           (partial_request != 0 ? sizeof(RequestParser) + partial_request : 0);
}

Client::Client(uint64_t client_id) : id(client_id) {}
Client::~Client() = default;

size_t Client::executor_memory() const {
    size_t bytes = sizeof(Client) + name.capacity() + lib_name.capacity() + lib_ver.capacity() +
                   peer.capacity() + local.capacity() + held.capacity() + held_output.capacity();
    if (subscriptions) bytes += subscriptions->memory();
    if (multi) bytes += sizeof *multi + multi->queued_bytes();
    if (blocked) bytes += blocked->memory();
    return bytes;
}

std::string flag_letters(const Client& client) {
    std::string letters;
    if (client.type == ClientType::replica) letters += client.monitor ? 'O' : 'S';
    if (client.monitor && client.type != ClientType::replica) letters += 'O';
    if (client.type == ClientType::primary) letters += 'M';
    if (client.type == ClientType::pubsub) letters += 'P';
    if (client.in_multi) letters += 'x';
    if (client.postponed || client.blocked) letters += 'b';
    if (client.tracking) letters += 't';
    if (client.tracking && client.tracking->redirect_broken) letters += 'R';
    if (client.tracking && client.tracking->broadcast) letters += 'B';
    if (client.dirty) letters += 'd';
    if (client.close_after_reply) letters += 'c';
    if (client.closing) letters += 'A';
    if (client.peer.ends_with(":0")) letters += 'U';
    if (client.no_evict) letters += 'e';
    if (client.no_touch) letters += 'T';
    if (client.import_source) letters += 'I';
    return letters.empty() ? "N" : letters;
}

std::string describe(const Client& client, int64_t now_ms) {
    const auto number = [](uint64_t value) { return std::to_string(value); };
    const size_t query_len = client.io.query_bytes + client.held.size();
    const size_t query_room = client.io.query_capacity + client.held.capacity();
    const size_t query_free = query_room - std::min(query_len, query_room);
    const size_t unsent = client.output_size();
    const int64_t idle_ms = now_ms - static_cast<int64_t>(client.io.last_interaction_ms.get());

    std::string line =
        "id=" + number(client.id) + " addr=" + client.peer + " laddr=" + client.local;
    line += " fd=" + std::to_string(client.closed ? -1 : client.fd) + " name=" + client.name;
    line += " age=" + std::to_string((now_ms - client.created_ms) / 1000);
    line += " idle=" + std::to_string(std::max<int64_t>(idle_ms, 0) / 1000);
    line += " flags=" + flag_letters(client) + " capa=" + (client.capa_redirect ? "r" : "");
    line += " db=" + std::to_string(client.db);
    line += " sub=" + number(PubSub::count_of(client, Subscription::channel));
    line += " psub=" + number(PubSub::count_of(client, Subscription::pattern));
    line += " ssub=" + number(PubSub::count_of(client, Subscription::shard));
    line += " multi=" + (client.multi ? number(client.multi->commands().size()) : "-1");
    line += " watch=" + number(client.multi ? client.multi->watched.size() : 0);
    line += " qbuf=" + number(query_len) + " qbuf-free=" + number(query_free);
    line += " argv-mem=" + number(client.io.partial_bytes);
    line += " multi-mem=" + number(client.multi ? client.multi->queued_bytes() : 0);
    // The fixed reply buffer is shared by all clients here: it costs a client nothing.
    line += " rbs=0 rbp=0 obl=0 oll=" + std::to_string(unsent > 0 ? 1 : 0);
    line += " omem=" + number(unsent) + " tot-mem=" + number(client.memory());
    line += std::string(" events=r") + (unsent > 0 ? "w" : "");
    line += std::string(" cmd=") + (client.last_command ? client.last_command : "NULL");
    line += " user=" + (client.user ? client.user->name() : "default") +
            " redir=" + (client.tracking ? number(client.tracking->redirect) : "-1") +
            " resp=" + std::to_string(client.resp);
    line += " lib-name=" + client.lib_name + " lib-ver=" + client.lib_ver;
    line += " tot-net-in=" + number(client.io.net_in) + " tot-net-out=" + number(client.io.net_out);
    line += " tot-cmds=" + number(client.commands + client.io.commands);
    return line;
}

ClientRegistry::~ClientRegistry() {
    while (Client* client = first_) {
        forget(*client);
        delete client;
    }
}

Client& ClientRegistry::create() {
    auto* client = new Client(next_id_++);
    client->prev = last_;
    (last_ ? last_->next : first_) = client;
    last_ = client;
    by_id_.emplace(client->id, client);
    return *client;
}

void ClientRegistry::forget(Client& client) {
    (client.prev ? client.prev->next : first_) = client.next;
    (client.next ? client.next->prev : last_) = client.prev;
    by_id_.erase(client.id);
    client.next = client.prev = nullptr;
}

Client* ClientRegistry::find(uint64_t id) {
    const auto found = by_id_.find(id);
    return found == by_id_.end() ? nullptr : found->second;
}

}  // namespace rota
