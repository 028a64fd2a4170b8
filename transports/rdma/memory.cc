// SPDX-License-Identifier: BSD-3-Clause
#include "transports/rdma/memory.h"

#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <cerrno>

#include "platform/numa.h"

namespace rota::rdma {
namespace {

constexpr size_t kSlab = size_t{2} << 20;

size_t rounded(size_t bytes) { return std::bit_ceil(std::max(bytes, Pages::kLeast)); }
size_t class_of(size_t bytes) { return static_cast<size_t>(std::countr_zero(rounded(bytes))); }

void* map_huge(size_t bytes) {
    void* at = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
    return at == MAP_FAILED ? nullptr : at;
}

}  // namespace

Pages::~Pages() {
    for (const Slab& slab : slabs_) ::munmap(slab.at, slab.bytes);
}

bool Pages::grow(size_t bytes) {
    const size_t size = std::max(kSlab, bytes);
    void* at = map_huge(size);
    if (at == nullptr) {
        const Result<void*> mapped = map_on_node(size, node_);
        if (!mapped) return false;
        at = *mapped;
    }
    // Registered pages must stay the parent's own when a snapshot forks.
    ::madvise(at, size, MADV_DONTFORK);
    slabs_.push_back({at, size});
    mapped_ += size;
    for (size_t offset = 0; offset < size; offset += rounded(bytes))
        free_[class_of(bytes)].push_back(static_cast<char*>(at) + offset);
    return true;
}

char* Pages::take(size_t bytes) {
    std::vector<char*>& chunks = free_[class_of(bytes)];
    if (chunks.empty() && !grow(rounded(bytes))) return nullptr;
    char* chunk = chunks.back();
    chunks.pop_back();
    return chunk;
}

void Pages::give_back(char* chunk, size_t bytes) { free_[class_of(bytes)].push_back(chunk); }

Result<Region> Region::make(Pages& pages, ibv_pd* domain, size_t bytes, int access) {
    Region region;
    region.data_ = pages.take(bytes);
    if (region.data_ == nullptr) return fail_errno("memory for RDMA", ENOMEM);
    region.pages_ = &pages;
    region.bytes_ = bytes;
    region.mr_ = ::ibv_reg_mr(domain, region.data_, bytes, access);
    if (region.mr_ == nullptr) return fail_errno("ibv_reg_mr", errno);
    return region;
}

void Region::forget_key() {
    if (mr_ != nullptr) ::ibv_dereg_mr(std::exchange(mr_, nullptr));
}

void Region::reset() {
    forget_key();
    if (data_ != nullptr) pages_->give_back(std::exchange(data_, nullptr), bytes_);
}

}  // namespace rota::rdma
