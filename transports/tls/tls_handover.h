// SPDX-License-Identifier: BSD-3-Clause
// TLS sessions on their way from one transport to another: whoever carries one sees only its
// descriptor. Any thread.
#pragma once

#include <memory>

#include "transports/tls/tls_session.h"

namespace rota::tls_handover {

void put(int descriptor, std::unique_ptr<TlsSession> session);
// Null: there is none for it.
std::unique_ptr<TlsSession> take(int descriptor);

}  // namespace rota::tls_handover
