// SPDX-License-Identifier: BSD-3-Clause
#include "client/client.h"

#include "client/registry.h"

namespace rota {

size_t Client::memory() const {
    size_t bytes = sizeof(Client) + name.capacity() + lib_name.capacity() + lib_ver.capacity() +
                   peer.capacity() + local.capacity() + io.query.capacity() +
                   io.in_flight.capacity() + io.queued.capacity();
    if (io.partial) bytes += sizeof(RequestParser) + io.partial->pending_args_len();
    return bytes;
}

std::string flag_letters(const Client& client) {
    std::string letters;
    if (client.type == ClientType::replica) letters += client.monitor ? 'O' : 'S';
    if (client.monitor && client.type != ClientType::replica) letters += 'O';
    if (client.type == ClientType::primary) letters += 'M';
    if (client.type == ClientType::pubsub) letters += 'P';
    if (client.in_multi) letters += 'x';
    if (client.postponed) letters += 'b';
    if (client.close_after_reply) letters += 'c';
    if (client.closing) letters += 'A';
    if (client.io.transport != nullptr && client.peer.ends_with(":0")) letters += 'U';
    if (client.no_evict) letters += 'e';
    if (client.no_touch) letters += 'T';
    if (client.import_source) letters += 'I';
    return letters.empty() ? "N" : letters;
}

std::string describe(const Client& client, int64_t now_ms) {
    const auto number = [](uint64_t value) { return std::to_string(value); };
    const size_t query_len = client.io.query.size();
    const size_t query_free = client.io.query.capacity() - query_len;
    const size_t argv_len = client.io.partial ? client.io.partial->pending_args_len() : 0;
    const int fd = client.io.transport ? client.io.transport->descriptor(client.io.conn) : -1;

    std::string line =
        "id=" + number(client.id) + " addr=" + client.peer + " laddr=" + client.local;
    line += " fd=" + std::to_string(client.closed ? -1 : fd) + " name=" + client.name;
    line += " age=" + std::to_string((now_ms - client.created_ms) / 1000);
    line += " idle=" + std::to_string((now_ms - client.last_interaction_ms) / 1000);
    line += " flags=" + flag_letters(client) + " capa=" + (client.capa_redirect ? "r" : "");
    line += " db=" + std::to_string(client.db) + " sub=0 psub=0 ssub=0 multi=-1 watch=0";
    line += " qbuf=" + number(query_len) + " qbuf-free=" + number(query_free);
    line += " argv-mem=" + number(argv_len) + " multi-mem=0";
    // The fixed reply buffer is shared by all clients here: it costs a client nothing.
    line += " rbs=0 rbp=0 obl=0 oll=" + std::to_string(client.output_size() > 0 ? 1 : 0);
    line += " omem=" + number(client.output_size()) + " tot-mem=" + number(client.memory());
    line += std::string(" events=") + (client.io.receive_paused ? "" : "r") +
            (client.io.send_pending ? "w" : "");
    line += std::string(" cmd=") + (client.last_command ? client.last_command : "NULL");
    line += " user=" + client.user + " redir=-1 resp=" + std::to_string(client.resp);
    line += " lib-name=" + client.lib_name + " lib-ver=" + client.lib_ver;
    line += " tot-net-in=" + number(client.net_in) + " tot-net-out=" + number(client.net_out);
    line += " tot-cmds=" + number(client.commands);
    return line;
}

ClientRegistry::~ClientRegistry() {
    while (first_ != nullptr) remove(*first_);
}

Client& ClientRegistry::create() {
    auto* client = new Client(next_id_++);
    client->prev = last_;
    (last_ ? last_->next : first_) = client;
    last_ = client;
    by_id_.emplace(client->id, client);
    return *client;
}

void ClientRegistry::remove(Client& client) {
    (client.prev ? client.prev->next : first_) = client.next;
    (client.next ? client.next->prev : last_) = client.prev;
    by_id_.erase(client.id);
    delete &client;
}

Client* ClientRegistry::find(uint64_t id) {
    const auto found = by_id_.find(id);
    return found == by_id_.end() ? nullptr : found->second;
}

}  // namespace rota
