// SPDX-License-Identifier: BSD-3-Clause
#include "server/client_limit.h"

#include <algorithm>

#include "platform/log.h"

namespace rota {
namespace {

constexpr uint64_t kLimitMin = 128 << 10;  // with less, nobody could raise it any more

bool is_limited(const Client& client) {
    const bool may_have_more =
        client.type == ClientType::replica || client.type == ClientType::primary;
    return !may_have_more && !client.internal;
}

}  // namespace

uint64_t ClientLimit::bytes() const {
    const int64_t limit = options_.maxmemory_clients;
    if (limit >= 0) return limit == 0 ? 0 : std::max(static_cast<uint64_t>(limit), kLimitMin);
    if (store_.maxmemory == 0) return 0;
    const double share = static_cast<double>(store_.maxmemory) * static_cast<double>(-limit) / 100;
    return std::max(static_cast<uint64_t>(share), kLimitMin);
}

void ClientLimit::count(Client& client) {
    if (client.closing) return;
    const size_t bytes = client.executor_memory();
    executor_bytes_ += bytes - client.counted_bytes;
    client.counted_bytes = bytes;
}

void ClientLimit::count_all() {
    clients_.for_each([this](Client& client) { count(client); });
}

void ClientLimit::forget(Client& client) {
    executor_bytes_ -= client.counted_bytes;
    client.counted_bytes = 0;
}

std::vector<Client*> ClientLimit::choose(uint64_t io_bytes) {
    const uint64_t limit = bytes();
    if (limit == 0 || hopeless_ || io_bytes + executor_bytes_ < limit) return {};
    uint64_t held = 0;
    std::vector<Candidate> candidates;
    clients_.for_each([&](Client& client) {
        if (client.closing || !is_limited(client)) return;
        count(client);  // what the sum has missed or still has too much, it now has right
        const uint64_t bytes = client.counted_bytes + client.io.memory();
        held += bytes;
        if (!client.no_evict) candidates.push_back({bytes, &client});
    });
    const auto smaller = [](const Candidate& a, const Candidate& b) { return a.bytes < b.bytes; };
    std::ranges::make_heap(candidates, smaller);
    std::vector<Client*> chosen;
    while (held >= limit && !candidates.empty()) {
        std::ranges::pop_heap(candidates, smaller);
        held -= candidates.back().bytes;
        chosen.push_back(candidates.back().client);
        candidates.pop_back();
    }
    hopeless_ = held >= limit;
    if (hopeless_)
        log(LogLevel::warning, "Over client maxmemory after evicting all evictable clients");
    return chosen;
}

}  // namespace rota
