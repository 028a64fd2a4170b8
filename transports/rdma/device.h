// SPDX-License-Identifier: BSD-3-Clause
// Device: what one thread has of one RDMA device: a completion channel, the completion queues of
// its connections, and memory near the device. A queue that overflows is lost with all its
// connections, so each reserves its share, and a further queue is made when none has room.
// Threading: one owner.
#pragma once

#include <infiniband/verbs.h>

#include <memory>
#include <vector>

#include "transports/rdma/memory.h"

namespace rota::rdma {

template <auto destroy>
struct Destroy {
    template <class T>
    void operator()(T* object) const {
        destroy(object);
    }
};
using Domain = std::unique_ptr<ibv_pd, Destroy<ibv_dealloc_pd>>;
using Channel = std::unique_ptr<ibv_comp_channel, Destroy<ibv_destroy_comp_channel>>;
using CompletionQueue = std::unique_ptr<ibv_cq, Destroy<ibv_destroy_cq>>;

class Device {
public:
    struct Queue {
        CompletionQueue cq;
        uint32_t free = 0;     // entries that no connection has reserved
        uint32_t unacked = 0;  // events; acknowledged in bulk, as each costs a lock
        bool armed = false;
    };

    // completion_vector: which interrupt; -1: the device's first.
    static Result<std::unique_ptr<Device>> make(ibv_context* context, int completion_vector);
    ~Device();

    ibv_context* context() const { return context_; }
    int descriptor() const { return channel_->fd; }
    Pages& pages() { return pages_; }
    std::vector<std::unique_ptr<Queue>>& queues() { return queues_; }

    // A queue with so many entries reserved; null: none can be made.
    Queue* reserve(uint32_t entries);
    static void release(Queue& queue, uint32_t entries) { queue.free += entries; }

    // Asks for an event with the next completion. Completions from before bring none.
    void arm();
    // Takes the events that are there.
    void take_events();

private:
    Device(ibv_context* context, Channel channel, int vector, uint32_t queue_most, int node);

    ibv_context* context_;
    int vector_;
    uint32_t queue_most_;
    Pages pages_;
    Channel channel_;
    std::vector<std::unique_ptr<Queue>> queues_;
};

}  // namespace rota::rdma
