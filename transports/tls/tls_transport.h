// SPDX-License-Identifier: BSD-3-Clause
// TlsTransport: TLS on top of any byte stream. Endpoints of kind tls are its own: their bytes are
// encrypted on the way down and decrypted on the way up; everything else goes straight to the host,
// and while there is neither a TLS listener nor a connection, so does every call.
//
// Names of connections and listeners are the host's. A buffer of decrypted bytes keeps the host's
// buffer that they came in, so that whoever is slow to recycle is held up as with the host alone.
//
// Sharing (lend() and so on) is the host's, for connections that are not TLS; listening with TLS
// while input is shared fails.
#pragma once

#include <deque>
#include <memory>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "transports/tls/tls_session.h"
#include "transports/transport.h"

namespace rota {

class TlsTransport final : public Transport {
public:
    explicit TlsTransport(std::unique_ptr<Transport> host) : host_(std::move(host)) {}

    const char* name() const override { return host_->name(); }
    Result<ListenerId> listen(const Endpoint& where, const ListenOptions& options) override;
    void update_listener(ListenerId id, const ListenOptions& options) override {
        host_->update_listener(id, options);
    }
    void unlisten(ListenerId id) override;
    Endpoint local_endpoint(ListenerId id) const override;
    Result<ConnId> connect(const Endpoint& where, const ConnectOptions& options) override;
    Result<ConnId> adopt(int descriptor) override;
    bool detach(ConnId id) override;
    void set_user(ConnId id, void* user) override;
    size_t send_now(ConnId id, Slice bytes) override;
    SendStatus send(ConnId id, std::span<const Slice> chunks) override;
    void pause_receive(ConnId id) override { host_->pause_receive(id); }
    void resume_receive(ConnId id) override { host_->resume_receive(id); }
    void recycle(BufferId buffer) override;
    void close(ConnId id) override;
    void close_after_send(ConnId id) override;
    std::string peer_name(ConnId id) const override { return host_->peer_name(id); }
    std::string local_name(ConnId id) const override { return host_->local_name(id); }
    bool peer_is_local(ConnId id) const override { return host_->peer_is_local(id); }
    int descriptor(ConnId id) const override { return host_->descriptor(id); }
    size_t poll(std::span<Event> out, int64_t wait_max_ns) override;
    void gather_for(int64_t ns) override { host_->gather_for(ns); }
    void wake() noexcept override { host_->wake(); }
    const TransportStats& stats() const override;
    bool watch(int descriptor) override { return host_->watch(descriptor); }
    Result<> use_tls(TlsRole role, const TlsSettings& settings) override;

    bool can_share() const override { return host_->can_share(); }
    bool share_input(bool on) override;
    Loan lend(ConnId id) override { return host_->lend(id); }
    void take_back(ConnId id, const Loan& loan) override { host_->take_back(id, loan); }
    size_t receive_lent(Loan& loan, std::span<char> space) const override {
        return host_->receive_lent(loan, space);
    }
    size_t send_lent(Loan& loan, Slice bytes) const override {
        return host_->send_lent(loan, bytes);
    }
    std::unique_ptr<PollReport> make_report() override { return host_->make_report(); }
    void lend_poll() override { host_->lend_poll(); }
    void take_report(PollReport& report) override { host_->take_report(report); }
    void poll_lent(PollReport& report) const override { host_->poll_lent(report); }

private:
    struct Connection {
        ConnId id{};
        std::unique_ptr<TlsSession> session;
        void* user = nullptr;
        std::deque<Slice> unsent;  // plain, as send() was given it
        Buffer in_flight;          // ciphertext that the host sends
        bool flight_pending = false;
        bool owes_sent = false;  // the end of a send() is to be told
        bool dialled = false;     // by connect(); `connecting` until the host has connected
        bool connecting = false, detaching = false;
        bool eof_told = false;
        bool closing = false;             // no more events but the last
        bool closing_after_send = false;  // and the host does not know of it yet
    };
    struct Decrypted {
        Buffer bytes;
        BufferId source = kNoBuffer;
    };

    Connection* find(ConnId id);
    // The host has nothing of it that has not left.
    static bool all_out(const Connection& connection) {
        return !connection.flight_pending && connection.session->output().empty();
    }
    Connection& add(ConnId id, std::unique_ptr<TlsSession> session);
    bool idle() const { return connections_.empty() && listeners_.empty() && told_.empty(); }
    void handle(Event event);
    void accepted(const Event& event);
    void received(Connection& connection, const Event& event);
    void detached(Connection& connection, Event event);
    void gone(Connection& connection, Event event);
    void drop_told(ConnId id);
    void tell(Connection& connection, Event::Kind kind);
    void tell_eof(Connection& connection);
    void go_on(Connection& connection);
    void fail_connection(Connection& connection);
    bool flush(Connection& connection);
    void push_out(Connection& connection);
    size_t encrypt(Connection& connection, Slice bytes);
    void finish_close(Connection& connection);
    Decrypted& take_decrypted(BufferId& name);

    std::unique_ptr<Transport> host_;
    TlsContext server_, client_;  // of connections from now on; null before use_tls()
    std::unordered_map<ConnId, std::unique_ptr<Connection>> connections_;
    std::unordered_set<ListenerId> listeners_;
    std::deque<Event> told_;  // for the next poll()
    std::vector<Event> events_;
    std::deque<Decrypted> decrypted_;  // by number
    std::vector<uint32_t> free_decrypted_;
    bool shared_ = false;
    uint64_t cipher_in_ = 0, plain_in_ = 0, cipher_out_ = 0, plain_out_ = 0;
    mutable TransportStats stats_;
};

}  // namespace rota
