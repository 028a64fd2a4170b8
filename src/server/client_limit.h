// SPDX-License-Identifier: BSD-3-Clause
// ClientLimit: maxmemory-clients, how much memory all clients together may hold. Beyond it the
// largest client ends, then the next, until the rest is within it. CLIENT NO-EVICT exempts a client
// from ending, not from being counted.
//
// Nobody waits for a client to end: its memory may be with an IO thread for a while. So what ending
// clients still hold is no reason to end another one.
//
// Whether there is too much is asked in every turn, and costs no look at any client: what IO halves
// hold is summed by IoCounters, what executor halves hold by count(). Only beyond the limit are all
// clients looked at.
//
// Threading: the executor.
#pragma once

#include <cstdint>
#include <vector>

#include "client/options.h"
#include "client/registry.h"
#include "store/options.h"

namespace rota {

class ClientLimit {
public:
    ClientLimit(const ClientOptions& options, const StoreOptions& store, ClientRegistry& clients)
        : options_(options), store_(store), clients_(clients) {}

    bool is_on() const { return options_.maxmemory_clients != 0; }
    // 0: there is none.
    uint64_t bytes() const;

    // Something of the executor half of a client may have changed; only needed while is_on().
    void count(Client&);
    void count_all();
    // It ends; its executor half holds nothing more.
    void forget(Client&);

    // The clients that must end so that the others are within the limit, the largest first.
    // `io_bytes`: what all IO halves hold.
    std::vector<Client*> choose(uint64_t io_bytes);
    // If nobody was left to end, choose() looks again only after this. From cron.
    void tend() { hopeless_ = false; }

private:
    struct Candidate {
        uint64_t bytes;
        Client* client;
    };

    const ClientOptions& options_;
    const StoreOptions& store_;
    ClientRegistry& clients_;
    uint64_t executor_bytes_ = 0;  // Client::counted_bytes of all
    bool hopeless_ = false;
};

}  // namespace rota
