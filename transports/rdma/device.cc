// SPDX-License-Identifier: BSD-3-Clause
#include "transports/rdma/device.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include "platform/file.h"
#include "platform/numa.h"
#include "platform/text.h"

namespace rota::rdma {
namespace {

constexpr uint32_t kQueueFirst = 4096;
constexpr uint32_t kQueueMost = 32768;
constexpr uint32_t kAckEvery = 64;

int node_of(ibv_context* context) {
    const std::string path = std::string(context->device->ibdev_path) + "/device/numa_node";
    const auto text = read_file(path);
    const auto node = text ? parse_int64(trim(*text)) : std::nullopt;
    return node && *node >= 0 && *node < numa_nodes() ? static_cast<int>(*node) : 0;
}

}  // namespace

Result<std::unique_ptr<Device>> Device::make(ibv_context* context, int completion_vector) {
    ibv_device_attr attributes{};
    if (const int code = ::ibv_query_device(context, &attributes); code != 0)
        return fail_errno("ibv_query_device", code);
    Channel channel(::ibv_create_comp_channel(context));
    if (channel == nullptr) return fail_errno("ibv_create_comp_channel", errno);
    ::fcntl(channel->fd, F_SETFL, ::fcntl(channel->fd, F_GETFL) | O_NONBLOCK);
    const int vector =
        completion_vector < 0 ? 0 : completion_vector % std::max(context->num_comp_vectors, 1);
    const auto most = std::min(kQueueMost, static_cast<uint32_t>(attributes.max_cqe));
    return std::unique_ptr<Device>(
        new Device(context, std::move(channel), vector, most, node_of(context)));
}

Device::Device(ibv_context* context, Channel channel, int vector, uint32_t queue_most, int node)
    : context_(context),
      vector_(vector),
      queue_most_(queue_most),
      pages_(node),
      channel_(std::move(channel)) {}

Device::~Device() {
    // A queue cannot go before its events are acknowledged.
    take_events();
    for (const auto& queue : queues_)
        if (queue->unacked != 0) ::ibv_ack_cq_events(queue->cq.get(), queue->unacked);
}

Device::Queue* Device::reserve(uint32_t entries) {
    for (const auto& queue : queues_) {
        if (queue->free < entries) continue;
        queue->free -= entries;
        return queue.get();
    }
    auto queue = std::make_unique<Queue>();
    const uint32_t size = std::min(queues_.empty() ? kQueueFirst : kQueueMost, queue_most_);
    if (size < entries) return nullptr;
    queue->cq.reset(
        ::ibv_create_cq(context_, static_cast<int>(size), queue.get(), channel_.get(), vector_));
    if (queue->cq == nullptr) return nullptr;
    queue->free = size - entries;
    queues_.push_back(std::move(queue));
    return queues_.back().get();
}

void Device::arm() {
    for (const auto& queue : queues_) {
        if (queue->armed) continue;
        queue->armed = ::ibv_req_notify_cq(queue->cq.get(), 0) == 0;
    }
}

void Device::take_events() {
    ibv_cq* cq = nullptr;
    void* context = nullptr;
    while (::ibv_get_cq_event(channel_.get(), &cq, &context) == 0) {
        auto& queue = *static_cast<Queue*>(context);
        queue.armed = false;
        if (++queue.unacked < kAckEvery) continue;
        ::ibv_ack_cq_events(queue.cq.get(), queue.unacked);
        queue.unacked = 0;
    }
}

}  // namespace rota::rdma
