// SPDX-License-Identifier: BSD-3-Clause
// Every directive of the server in one table, as main() joins them.
#pragma once

#include "acl/options.h"
#include "client/options.h"
#include "config/inert_options.h"
#include "config/table.h"
#include "metrics/options.h"
#include "server/options.h"
#include "store/options.h"

namespace rota {

struct AllOptions {
    AllOptions() {
        add_server_options(table, server);
        add_inert_options(table, inert);
        table.add(acl_config_rows(), &acl);
        table.add(client_config_rows(), &client);
        table.add(metrics_config_rows(), &metrics);
        table.add(store_config_rows(), &store);
    }

    // The reply of CONFIG SET: "OK" or the error.
    std::string set(std::initializer_list<ConfigTable::Pair> pairs, SetContext context = {}) {
        const std::vector<ConfigTable::Pair> list(pairs);
        const auto outcome = table.set_many(list, context);
        return outcome ? "OK" : outcome.error().message;
    }
    std::string set(Slice name, Slice value) { return set({{name, value}}); }

    ServerOptions server;
    InertOptions inert;
    AclOptions acl;
    ClientOptions client;
    MetricsOptions metrics;
    StoreOptions store;
    ConfigTable table;
};

}  // namespace rota
