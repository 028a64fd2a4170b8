// SPDX-License-Identifier: BSD-3-Clause
// What TLS connections are made from: certificate, key, whom to trust, versions and ciphers. A
// context does not change once it is made; a reload makes another one, for connections from then
// on.
// Threading: any thread; a context may be used by many at once.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>

#include "platform/result.h"
#include "transports/endpoint.h"

namespace rota {

using TlsContext = std::shared_ptr<SSL_CTX>;

// Fails, with what OpenSSL says, where a file cannot be read, does not belong to the other, or a
// name is none of a version or a cipher.
Result<TlsContext> make_tls_context(const TlsSettings& settings, bool server);

// The last error that OpenSSL noted on this thread, in words; forgets all of them.
std::string tls_error();

}  // namespace rota
