// SPDX-License-Identifier: BSD-3-Clause
#include "platform/huge_pages.h"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "platform/assert.h"
#include "platform/file.h"
#include "platform/text.h"

namespace rota {

static size_t round_up(size_t bytes, size_t unit) { return (bytes + unit - 1) / unit * unit; }

static size_t page_bytes(PageKind kind) {
    return kind == PageKind::reserved ? kHugePageBytes
                                      : static_cast<size_t>(::sysconf(_SC_PAGESIZE));
}

static char* map_pages(size_t size, int extra_flags) {
    void* pages = ::mmap(nullptr, size, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS | extra_flags, -1, 0);
    return pages == MAP_FAILED ? nullptr : static_cast<char*>(pages);
}

MappedRegion::~MappedRegion() {
    if (data_ != nullptr) ::munmap(data_, size_);
}

void MappedRegion::swap(MappedRegion& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(kind_, other.kind_);
}

// Maps one huge page too much and cuts both ends off, since mmap aligns to small pages only.
char* MappedRegion::map_aligned(size_t size) {
    char* raw = map_pages(size + kHugePageBytes, 0);
    if (raw == nullptr) return nullptr;
    const size_t before =
        (kHugePageBytes - reinterpret_cast<uintptr_t>(raw) % kHugePageBytes) % kHugePageBytes;
    if (before != 0) ::munmap(raw, before);
    if (before != kHugePageBytes) ::munmap(raw + before + size, kHugePageBytes - before);
    return raw + before;
}

Result<MappedRegion> MappedRegion::map(size_t bytes, PageKind wanted) {
    ASSERT(bytes > 0);
    if (bytes > SIZE_MAX / 2) return fail_errno("cannot map a region", ENOMEM);
    const size_t small_size = round_up(bytes, page_bytes(PageKind::normal));
    const size_t huge_size = round_up(bytes, kHugePageBytes);
    if (wanted == PageKind::reserved) {
        if (char* data = map_pages(huge_size, MAP_HUGETLB)) {
            return MappedRegion(data, huge_size, PageKind::reserved);
        }
        wanted = PageKind::transparent;
    }
    if (wanted == PageKind::transparent) {
        if (char* data = map_aligned(huge_size)) {
            const bool advised = ::madvise(data, huge_size, MADV_HUGEPAGE) == 0;
            return MappedRegion(data, huge_size,
                                advised ? PageKind::transparent : PageKind::normal);
        }
    }
    if (char* data = map_pages(small_size, 0)) {
        return MappedRegion(data, small_size, PageKind::normal);
    }
    return fail_errno(format("cannot map a region of %zu bytes", bytes), errno);
}

void MappedRegion::release_range(size_t offset, size_t bytes) {
    ASSERT(offset <= size_);
    ASSERT(bytes <= size_ - offset);
    const size_t unit = page_bytes(kind_);
    const size_t first = round_up(offset, unit);
    const size_t end = (offset + bytes) / unit * unit;
    if (first < end) ::madvise(data_ + first, end - first, MADV_DONTNEED);
}

ThpMode read_thp_mode(const std::string& root) {
    const auto text = read_file(root + "/sys/kernel/mm/transparent_hugepage/enabled");
    if (!text) return ThpMode::unknown;
    if (text->find("[always]") != std::string::npos) return ThpMode::always;
    if (text->find("[madvise]") != std::string::npos) return ThpMode::madvise;
    if (text->find("[never]") != std::string::npos) return ThpMode::never;
    return ThpMode::unknown;
}

Result<> disable_thp() {
    if (::prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0) == 0) return {};
    return fail_errno("cannot disable transparent huge pages", errno);
}

bool thp_disabled() { return ::prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0) > 0; }

}  // namespace rota
