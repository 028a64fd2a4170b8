// SPDX-License-Identifier: BSD-3-Clause
// ClientOptions: the directives that bound what one client may cost. Field = directive, '_' for
// '-'. Threading: written by the executor (CONFIG SET) or before it starts.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "client/client.h"
#include "config/row.h"

namespace rota {

// A client whose unsent reply exceeds hard_bytes, or soft_bytes for soft_seconds, is closed. 0:
// none.
struct OutputLimit {
    uint64_t hard_bytes = 0;
    uint64_t soft_bytes = 0;
    int64_t soft_seconds = 0;
    friend bool operator==(const OutputLimit&, const OutputLimit&) = default;
};

// By ClientType: normal, replica, pubsub.
using OutputLimits = std::array<OutputLimit, 3>;

struct ClientOptions {
    OutputLimits client_output_buffer_limit = {OutputLimit{},
                                               OutputLimit{256u << 20, 64u << 20, 60},
                                               OutputLimit{32u << 20, 8u << 20, 60}};
    uint64_t client_query_buffer_limit = uint64_t{1} << 30;
    uint32_t maxclients = 10000;
    int64_t maxmemory_clients = 0;  // bytes; negative: percent of maxmemory; 0: no limit
    int64_t proto_max_bulk_len = 512 << 20;
    int32_t timeout = 0;  // seconds without a command; 0: never
    uint64_t tracking_table_max_keys = 1000000;

    // A primary's link is as big as its replica needs: it has the limits of a normal client.
    const OutputLimit& output_limit(ClientType type) const {
        const size_t index = static_cast<size_t>(type);
        return client_output_buffer_limit[index < 3 ? index : 0];
    }
};

std::span<const ConfigRow> client_config_rows();

}  // namespace rota
