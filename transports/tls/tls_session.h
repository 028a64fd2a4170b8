// SPDX-License-Identifier: BSD-3-Clause
// TlsSession: one end of a TLS connection, without a connection. Ciphertext goes in by take() and
// comes out in output(); plain bytes come out by read() and go in by write(). It never waits.
// Threading: one owner at a time; it may be handed to another thread.
#pragma once

#include <memory>
#include <string>

#include "platform/buffer.h"
#include "platform/slice.h"
#include "transports/tls/tls_context.h"

namespace rota {

class TlsSession {
public:
    // Null without memory. host: for a client, the name that the server is to be asked for and that
    // its certificate must have; empty: any.
    static std::unique_ptr<TlsSession> accept(const TlsContext& context);
    static std::unique_ptr<TlsSession> connect(const TlsContext& context, const std::string& host);

    // What came from the peer. Goes on with the handshake.
    void take(Slice ciphertext);
    // Decrypts all that has arrived whole and appends it.
    void read(Buffer& to);
    // Once established. Encrypts all of it.
    void write(Slice plain);
    // Says that nothing more will be written.
    void finish();
    // What is for the peer.
    Buffer& output() { return output_; }

    bool established() const { return established_; }
    // The peer has said that it will write no more.
    bool peer_finished() const { return peer_finished_; }
    bool failed() const { return !failure_.empty(); }
    const std::string& failure() const { return failure_; }  // why, for a log line

private:
    TlsSession(SSL* ssl, TlsContext context);
    void shake_hands();
    void note_failure(int result);
    void collect();

    TlsContext context_;  // outlives the session that was made from it
    std::unique_ptr<SSL, void (*)(SSL*)> ssl_;
    Buffer output_;
    bool established_ = false, peer_finished_ = false, finished_ = false;
    std::string failure_;
};

}  // namespace rota
