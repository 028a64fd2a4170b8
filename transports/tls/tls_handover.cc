// SPDX-License-Identifier: BSD-3-Clause
#include "transports/tls/tls_handover.h"

#include <mutex>
#include <unordered_map>

namespace rota::tls_handover {
namespace {

std::mutex mutex;
std::unordered_map<int, std::unique_ptr<TlsSession>> under_way;

}  // namespace

void put(int descriptor, std::unique_ptr<TlsSession> session) {
    const std::lock_guard lock(mutex);
    under_way[descriptor] = std::move(session);
}

std::unique_ptr<TlsSession> take(int descriptor) {
    const std::lock_guard lock(mutex);
    const auto found = under_way.find(descriptor);
    if (found == under_way.end()) return nullptr;
    std::unique_ptr<TlsSession> session = std::move(found->second);
    under_way.erase(found);
    return session;
}

}  // namespace rota::tls_handover
