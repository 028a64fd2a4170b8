// SPDX-License-Identifier: BSD-3-Clause
// The transports of this build, by the name that a user writes. Adding one means a folder here and
// a word in meson_options.txt: the folder defines make_<name>_transport().
#pragma once

#include <memory>
#include <span>

#include "platform/result.h"
#include "transports/options.h"
#include "transports/transport.h"

namespace rota {

struct TransportRow {
    const char* name;
    Result<std::unique_ptr<Transport>> (*make)(const TransportOptions&);
};

// In the order of the build option; the default is the first that works on this machine.
std::span<const TransportRow> built_transports();

// Whether connections of such a transport can be shared by threads.
bool transport_shares(Slice name);

// Called on the thread that will own the transport. Fails for a name that is not built, and where
// the machine lacks what the transport needs.
Result<std::unique_ptr<Transport>> make_transport(Slice name, const TransportOptions& options = {});

// Whether this build and this machine have RDMA.
bool rdma_is_usable();
// Lets a transport also listen and connect at endpoints of kind rdma. On failure it stays as it
// was.
Result<> add_rdma(std::unique_ptr<Transport>& host, const TransportOptions& options = {});
// RDMA alone, for programs that speak nothing else.
Result<std::unique_ptr<Transport>> make_rdma(const TransportOptions& options = {});

// Lets a transport also listen at endpoints of kind tls, once use_tls() was called. Without TLS in
// the build it stays as it is.
void add_tls(std::unique_ptr<Transport>& host);
// Closes what detach() or a listener with hand_over gave out and nobody will adopt. Any thread.
void abandon(int descriptor);

// After the last transport has been made: gives up what only making one needs, where the options
// ask for it. No transport of a kind that gave something up can be made any more.
Result<> seal_transports(const TransportOptions& options);

}  // namespace rota
