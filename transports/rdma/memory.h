// SPDX-License-Identifier: BSD-3-Clause
// Memory that a NIC may reach. Pages: chunks of a power of two out of 2 MB slabs, on the NIC's NUMA
// node, in huge pages where the machine has some to give, never seen by a child process. Region: a
// chunk registered for one protection domain.
//
// Every connection registers its own buffers in a domain of its own: with a shared one, each peer
// could write into the buffers of all others by guessing a 32-bit key.
// Threading: one owner. Slabs stay mapped until the end; the peak is what they cost.
#pragma once

#include <infiniband/verbs.h>

#include <array>
#include <cstddef>
#include <utility>
#include <vector>

#include "platform/result.h"

namespace rota::rdma {

class Pages {
public:
    explicit Pages(int numa_node) : node_(numa_node) {}
    ~Pages();
    Pages(const Pages&) = delete;
    Pages& operator=(const Pages&) = delete;

    static constexpr size_t kLeast = 4096;
    // At least so many bytes; null: the machine has no more.
    char* take(size_t bytes);
    void give_back(char* chunk, size_t bytes);
    size_t mapped() const { return mapped_; }

private:
    struct Slab {
        void* at;
        size_t bytes;
    };
    bool grow(size_t bytes);

    int node_;
    size_t mapped_ = 0;
    std::vector<Slab> slabs_;
    std::array<std::vector<char*>, 32> free_;  // by log2 of the size
};

class Region {
public:
    Region() = default;
    Region(Region&& other) noexcept { *this = std::move(other); }
    Region& operator=(Region&& other) noexcept {
        std::swap(pages_, other.pages_);
        std::swap(data_, other.data_);
        std::swap(bytes_, other.bytes_);
        std::swap(mr_, other.mr_);
        return *this;
    }
    ~Region() { reset(); }

    // `access` as ibv_reg_mr() has it.
    static Result<Region> make(Pages& pages, ibv_pd* domain, size_t bytes, int access);
    void reset();
    // The NIC may not reach it any more; the bytes stay.
    void forget_key();

    char* data() const { return data_; }
    size_t size() const { return bytes_; }
    uint32_t local_key() const { return mr_->lkey; }
    uint32_t remote_key() const { return mr_->rkey; }
    explicit operator bool() const { return mr_ != nullptr; }

private:
    Pages* pages_ = nullptr;
    char* data_ = nullptr;
    size_t bytes_ = 0;
    ibv_mr* mr_ = nullptr;
};

}  // namespace rota::rdma
