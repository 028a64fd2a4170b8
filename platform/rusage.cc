// SPDX-License-Identifier: BSD-3-Clause
#include "platform/rusage.h"

#include <sys/resource.h>
#include <unistd.h>

#include <cstdlib>

#include "platform/assert.h"
#include "platform/file.h"

namespace rota {

static int64_t to_us(const struct timeval& time) {
    return int64_t{time.tv_sec} * 1'000'000 + time.tv_usec;
}

CpuTime cpu_time(CpuTimeOf whose) {
    static constexpr int kWho[] = {RUSAGE_SELF, RUSAGE_CHILDREN, RUSAGE_THREAD};
    struct rusage usage;
    const int failed = ::getrusage(kWho[static_cast<size_t>(whose)], &usage);
    ASSERT(failed == 0);
    return {to_us(usage.ru_utime), to_us(usage.ru_stime)};
}

uint64_t resident_bytes() {
    const auto text = read_file("/proc/self/statm");  // pages: total resident shared ...
    if (!text) return 0;
    const size_t blank = text->find(' ');
    if (blank == std::string::npos) return 0;
    const uint64_t pages = std::strtoull(text->c_str() + blank, nullptr, 10);
    return pages * static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
}

uint64_t peak_resident_bytes() {
    struct rusage usage;
    if (::getrusage(RUSAGE_SELF, &usage) != 0) return 0;
    return static_cast<uint64_t>(usage.ru_maxrss) * 1024;
}

uint64_t system_memory_bytes() {
    const long pages = ::sysconf(_SC_PHYS_PAGES);
    return pages <= 0
               ? 0
               : static_cast<uint64_t>(pages) * static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace rota
