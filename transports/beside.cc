// SPDX-License-Identifier: BSD-3-Clause
#include "transports/beside.h"

#include <algorithm>

#include "platform/assert.h"

namespace rota {
namespace {

// Slots and listeners stay below 2^31, and so do buffers, but for kNoBuffer.
constexpr uint64_t kGuestBit = uint64_t{1} << 31;
constexpr uint32_t kGuestBuffer = uint32_t{1} << 30;

template <class Name>
Name marked(Name name) {
    return Name{static_cast<std::underlying_type_t<Name>>(static_cast<uint64_t>(name) | kGuestBit)};
}
template <class Name>
Name bare(Name name) {
    return Name{
        static_cast<std::underlying_type_t<Name>>(static_cast<uint64_t>(name) & ~kGuestBit)};
}
template <class Name>
uint64_t word(Name name) {
    return static_cast<uint64_t>(name);
}

}  // namespace

Result<> BesideTransport::join(std::unique_ptr<Transport>& host, std::unique_ptr<Guest> guest) {
    if (!host->watch(guest->wait_descriptor()))
        return fail(std::string("transport ") + host->name() + " cannot have " + guest->name() +
                    " beside it");
    host = std::unique_ptr<Transport>(new BesideTransport(std::move(host), std::move(guest)));
    return {};
}

Transport& BesideTransport::of(uint64_t name) const {
    return (name & kGuestBit) != 0 ? static_cast<Transport&>(*guest_) : *host_;
}

Result<ListenerId> BesideTransport::listen(const Endpoint& where, const ListenOptions& options) {
    if (where.kind != Endpoint::Kind::rdma) return host_->listen(where, options);
    const Result<ListenerId> id = guest_->listen(where, options);
    return id ? Result<ListenerId>(marked(*id)) : id;
}

void BesideTransport::update_listener(ListenerId id, const ListenOptions& options) {
    of(word(id)).update_listener(bare(id), options);
}

void BesideTransport::unlisten(ListenerId id) { of(word(id)).unlisten(bare(id)); }

Endpoint BesideTransport::local_endpoint(ListenerId id) const {
    return of(word(id)).local_endpoint(bare(id));
}

Result<ConnId> BesideTransport::connect(const Endpoint& where, const ConnectOptions& options) {
    if (where.kind != Endpoint::Kind::rdma) return host_->connect(where, options);
    const Result<ConnId> id = guest_->connect(where, options);
    return id ? Result<ConnId>(marked(*id)) : id;
}

// A descriptor says whose it is: the guest leaves alone what is not its own.
Result<ConnId> BesideTransport::adopt(int descriptor) {
    if (!guest_->adopts(descriptor)) return host_->adopt(descriptor);
    const Result<ConnId> id = guest_->adopt(descriptor);
    return id ? Result<ConnId>(marked(*id)) : id;
}

bool BesideTransport::detach(ConnId id) { return of(word(id)).detach(bare(id)); }
void BesideTransport::set_user(ConnId id, void* user) { of(word(id)).set_user(bare(id), user); }

size_t BesideTransport::send_now(ConnId id, Slice bytes) {
    return of(word(id)).send_now(bare(id), bytes);
}

SendStatus BesideTransport::send(ConnId id, std::span<const Slice> chunks) {
    return of(word(id)).send(bare(id), chunks);
}

void BesideTransport::pause_receive(ConnId id) { of(word(id)).pause_receive(bare(id)); }
void BesideTransport::resume_receive(ConnId id) { of(word(id)).resume_receive(bare(id)); }

void BesideTransport::recycle(BufferId buffer) {
    const auto number = static_cast<uint32_t>(buffer);
    const bool guests = buffer != kNoBuffer && (number & kGuestBuffer) != 0;
    if (guests) return guest_->recycle(BufferId{number & ~kGuestBuffer});
    host_->recycle(buffer);
}

void BesideTransport::close(ConnId id) { of(word(id)).close(bare(id)); }
void BesideTransport::close_after_send(ConnId id) { of(word(id)).close_after_send(bare(id)); }

std::string BesideTransport::peer_name(ConnId id) const { return of(word(id)).peer_name(bare(id)); }

std::string BesideTransport::local_name(ConnId id) const {
    return of(word(id)).local_name(bare(id));
}

bool BesideTransport::peer_is_local(ConnId id) const {
    return of(word(id)).peer_is_local(bare(id));
}

int BesideTransport::descriptor(ConnId id) const { return of(word(id)).descriptor(bare(id)); }

size_t BesideTransport::poll_guest(std::span<Event> out) {
    const size_t count = guest_->poll(out, 0);
    for (Event& event : out.first(count)) {
        event.conn = marked(event.conn);
        event.listener = marked(event.listener);
        if (event.buffer != kNoBuffer)
            event.buffer = BufferId{static_cast<uint32_t>(event.buffer) | kGuestBuffer};
    }
    return count;
}

size_t BesideTransport::poll(std::span<Event> out, int64_t wait_max_ns) {
    if (guest_->idle()) return host_->poll(out, wait_max_ns);
    if (out.size() == 1 && (host_first_ = !host_first_)) {
        const size_t found = host_->poll(out, 0);
        if (found != 0) return found;
    }
    size_t count = poll_guest(out.first(std::max<size_t>(out.size() / 2, 1)));
    if (count == out.size()) return count;
    const int64_t wait_ns = count != 0 || wait_max_ns == 0 ? 0 : guest_->prepare_wait(wait_max_ns);
    count += host_->poll(out.subspan(count), wait_ns);
    if (count == 0 && wait_max_ns != 0) count = poll_guest(out);
    return count;
}

const TransportStats& BesideTransport::stats() const {
    const TransportStats &host = host_->stats(), &guest = guest_->stats();
    stats_ = {.polls = host.polls,
              .reads = host.reads + guest.reads,
              .writes = host.writes + guest.writes,
              .bytes_in = host.bytes_in + guest.bytes_in,
              .bytes_out = host.bytes_out + guest.bytes_out,
              .wakeups = host.wakeups,
              .syscalls = host.syscalls + guest.syscalls};
    return stats_;
}

}  // namespace rota
