// SPDX-License-Identifier: BSD-3-Clause
#include "transports/tls/tls_session.h"

#include <openssl/err.h>

#include <algorithm>
#include <climits>

#include "platform/assert.h"

namespace rota {
namespace {

constexpr int kRecordMax = 16 << 10;  // plain bytes in one, RFC 8446

SSL* make_ssl(const TlsContext& context) {
    SSL* ssl = SSL_new(context.get());
    BIO* in = BIO_new(BIO_s_mem());
    BIO* out = BIO_new(BIO_s_mem());
    if (ssl == nullptr || in == nullptr || out == nullptr) {
        SSL_free(ssl);
        BIO_free(in);
        BIO_free(out);
        return nullptr;
    }
    BIO_set_mem_eof_return(in, -1);  // an empty one means "later", not "the end"
    SSL_set_bio(ssl, in, out);
    return ssl;
}

}  // namespace

TlsSession::TlsSession(SSL* ssl, TlsContext context)
    : context_(std::move(context)), ssl_(ssl, SSL_free) {}

std::unique_ptr<TlsSession> TlsSession::accept(const TlsContext& context) {
    SSL* ssl = make_ssl(context);
    if (ssl == nullptr) return nullptr;
    SSL_set_accept_state(ssl);
    return std::unique_ptr<TlsSession>(new TlsSession(ssl, context));
}

std::unique_ptr<TlsSession> TlsSession::connect(const TlsContext& context,
                                                const std::string& host) {
    SSL* ssl = make_ssl(context);
    if (ssl == nullptr) return nullptr;
    SSL_set_connect_state(ssl);
    if (!host.empty()) {
        SSL_set_tlsext_host_name(ssl, host.c_str());
        SSL_set1_host(ssl, host.c_str());
    }
    std::unique_ptr<TlsSession> made(new TlsSession(ssl, context));
    made->shake_hands();
    return made;
}

void TlsSession::take(Slice ciphertext) {
    if (failed()) return;
    BIO* in = SSL_get_rbio(ssl_.get());
    while (!ciphertext.empty()) {
        const int count = static_cast<int>(std::min<size_t>(ciphertext.size(), INT_MAX));
        const int taken = BIO_write(in, ciphertext.data(), count);
        if (taken <= 0) {
            failure_ = "out of memory";
            return;
        }
        ciphertext.remove_prefix(static_cast<size_t>(taken));
    }
    if (!established_) shake_hands();
}

void TlsSession::shake_hands() {
    ERR_clear_error();
    const int result = SSL_do_handshake(ssl_.get());
    if (result == 1)
        established_ = true;
    else
        note_failure(result);
    collect();
}

void TlsSession::read(Buffer& to) {
    if (!established_ || failed() || peer_finished_) return;
    ERR_clear_error();
    while (true) {
        const int count = SSL_read(ssl_.get(), to.extend(kRecordMax), kRecordMax);
        if (count <= 0) {
            note_failure(count);
            break;
        }
        to.commit(static_cast<size_t>(count));
    }
    collect();  // a key update is answered
}

void TlsSession::write(Slice plain) {
    ASSERT(established_ && !finished_);
    ERR_clear_error();
    while (!plain.empty() && !failed()) {
        const int most = static_cast<int>(std::min<size_t>(plain.size(), INT_MAX));
        const int count = SSL_write(ssl_.get(), plain.data(), most);
        if (count <= 0) {
            note_failure(count);
            break;
        }
        plain.remove_prefix(static_cast<size_t>(count));
    }
    collect();
}

void TlsSession::finish() {
    if (!established_ || finished_ || failed()) return;
    finished_ = true;
    ERR_clear_error();
    SSL_shutdown(ssl_.get());
    ERR_clear_error();
    collect();
}

void TlsSession::note_failure(int result) {
    switch (SSL_get_error(ssl_.get(), result)) {
        case SSL_ERROR_WANT_READ:
        case SSL_ERROR_WANT_WRITE:
            return;
        case SSL_ERROR_ZERO_RETURN:
            peer_finished_ = true;
            return;
        default:
            failure_ = tls_error();
    }
}

// Moves what OpenSSL wrote to where the transport sends from.
void TlsSession::collect() {
    BIO* out = SSL_get_wbio(ssl_.get());
    const size_t size = BIO_ctrl_pending(out);
    if (size == 0) return;
    const int count = BIO_read(out, output_.extend(size), static_cast<int>(size));
    ASSERT(count == static_cast<int>(size));
    output_.commit(size);
}

}  // namespace rota
