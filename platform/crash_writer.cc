// SPDX-License-Identifier: BSD-3-Clause
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>

#include "platform/crash.h"

namespace rota {

CrashWriter& CrashWriter::text(Slice bytes) {
    while (!bytes.empty()) {
        if (used_ == sizeof buffer_) flush();
        const size_t taken = std::min(bytes.size(), sizeof buffer_ - used_);
        std::copy_n(bytes.data(), taken, buffer_ + used_);
        used_ += taken;
        bytes.remove_prefix(taken);
    }
    return *this;
}

CrashWriter& CrashWriter::decimal(int64_t value) {
    char digits[24];
    const auto done = std::to_chars(digits, digits + sizeof digits, value);
    return text({digits, static_cast<size_t>(done.ptr - digits)});
}

CrashWriter& CrashWriter::hex(uint64_t value) {
    char digits[24];
    const auto done = std::to_chars(digits, digits + sizeof digits, value, 16);
    return text("0x").text({digits, static_cast<size_t>(done.ptr - digits)});
}

void CrashWriter::flush() {
    size_t done = 0;
    while (done < used_) {
        const ssize_t written = ::write(fd_, buffer_ + done, used_ - done);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) break;  // a full disk: the rest is lost
        done += static_cast<size_t>(written);
    }
    used_ = 0;
}

}  // namespace rota
