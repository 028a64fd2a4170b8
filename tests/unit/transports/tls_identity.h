// SPDX-License-Identifier: BSD-3-Clause
// A key and a certificate that vouches for itself, made for the test at hand.
#pragma once

#include <string>

#include "transports/endpoint.h"

namespace rota {

struct TlsIdentity {
    std::string cert_file, key_file;

    // Writes both into the folder, under this name.
    static TlsIdentity make(const std::string& folder, const std::string& name);
    // A server that asks for no certificate.
    TlsSettings settings() const;
};

}  // namespace rota
