// SPDX-License-Identifier: BSD-3-Clause
// Large regions of zeroed memory, on huge pages where the machine has them. A region belongs to one
// owner; its bytes may be used from any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "platform/result.h"

namespace rota {

inline constexpr size_t kHugePageBytes = size_t{2} << 20;

// normal: 4 KB pages. transparent: asks the kernel to merge pages as it can. reserved: from the
// pool that the administrator set aside (vm.nr_hugepages).
enum class PageKind : uint8_t { normal, transparent, reserved };

class MappedRegion {
public:
    MappedRegion() = default;
    MappedRegion(MappedRegion&& other) noexcept { swap(other); }
    MappedRegion& operator=(MappedRegion&& other) noexcept {
        swap(other);
        return *this;
    }
    MappedRegion(const MappedRegion&) = delete;
    MappedRegion& operator=(const MappedRegion&) = delete;
    ~MappedRegion();

    // At least `bytes`, rounded up to whole pages of the kind. Where the kind cannot be had the
    // next smaller one is used, and kind() tells. Huge kinds are aligned to kHugePageBytes.
    static Result<MappedRegion> map(size_t bytes, PageKind wanted);

    char* data() const { return data_; }
    size_t size() const { return size_; }
    PageKind kind() const { return kind_; }

    // Gives the memory of whole pages inside [offset, offset + bytes) back to the kernel; they read
    // as zeros afterwards and may be written again.
    void release_range(size_t offset, size_t bytes);

private:
    MappedRegion(char* data, size_t size, PageKind kind) : data_(data), size_(size), kind_(kind) {}
    void swap(MappedRegion& other) noexcept;
    static char* map_aligned(size_t size);

    char* data_ = nullptr;
    size_t size_ = 0;
    PageKind kind_ = PageKind::normal;
};

// The machine's setting for transparent huge pages. `root` is "" but in tests.
enum class ThpMode : uint8_t { always, madvise, never, unknown };
ThpMode read_thp_mode(const std::string& root = "");

// For this process and its children: no transparent huge pages, whatever the machine says. They
// make copy-on-write during a save expensive.
Result<> disable_thp();
bool thp_disabled();

}  // namespace rota
