// SPDX-License-Identifier: BSD-3-Clause
#include "transports/transports.h"

#include <unistd.h>

#include <string>

#include "transports/beside.h"
#include "transports/io_uring/seal.h"
#ifdef ROTA_TLS
#include "transports/tls/tls_handover.h"
#include "transports/tls/tls_transport.h"
#endif

// ROTA_TRANSPORT_ROWS comes from meson.build: "ROW(epoll) ROW(...)", one per transport built.

namespace rota {

#define ROW(name) \
    Result<std::unique_ptr<Transport>> make_##name##_transport(const TransportOptions&);
ROTA_TRANSPORT_ROWS
#undef ROW

#ifdef ROTA_RDMA
Result<std::unique_ptr<Guest>> make_rdma_transport(const TransportOptions&);
bool rdma_is_here();
#else
static Result<std::unique_ptr<Guest>> make_rdma_transport(const TransportOptions&) {
    return fail("RDMA is not in this build");
}
static bool rdma_is_here() { return false; }
#endif

namespace {

#define ROW(name) {#name, make_##name##_transport},
constexpr TransportRow kRows[] = {ROTA_TRANSPORT_ROWS};
#undef ROW

}  // namespace

std::span<const TransportRow> built_transports() { return kRows; }

// Completions of the others come to one thread by nature.
bool transport_shares(Slice name) { return name == "epoll"; }

bool rdma_is_usable() { return rdma_is_here(); }

Result<> add_rdma(std::unique_ptr<Transport>& host, const TransportOptions& options) {
    auto guest = make_rdma_transport(options);
    if (!guest) return std::unexpected(guest.error());
    return BesideTransport::join(host, std::move(*guest));
}

Result<std::unique_ptr<Transport>> make_rdma(const TransportOptions& options) {
    auto made = make_rdma_transport(options);
    if (!made) return std::unexpected(made.error());
    return std::unique_ptr<Transport>(std::move(*made));
}

#ifdef ROTA_TLS
void add_tls(std::unique_ptr<Transport>& host) {
    host = std::make_unique<TlsTransport>(std::move(host));
}

void abandon(int descriptor) {
    (void)tls_handover::take(descriptor);
    ::close(descriptor);
}
#else
void add_tls(std::unique_ptr<Transport>&) {}
void abandon(int descriptor) { ::close(descriptor); }
#endif

Result<> seal_transports(const TransportOptions& options) {
    return options.io_uring.restrict ? uring::forbid_new_rings() : Result<>();
}

Result<std::unique_ptr<Transport>> make_transport(Slice name, const TransportOptions& options) {
    std::string built;
    for (const TransportRow& row : kRows) {
        if (name == row.name) return row.make(options);
        built += built.empty() ? "" : ", ";
        built += row.name;
    }
    return fail("no transport '" + std::string(name) + "' in this build, which has: " + built);
}

}  // namespace rota
