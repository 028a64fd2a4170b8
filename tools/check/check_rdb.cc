// SPDX-License-Identifier: BSD-3-Clause
// rota-check-rdb: whether a snapshot can be read, and if not, at which byte and why. Changes
// nothing.
#include <cstdio>
#include <string>

#include "persist/mapped_file.h"
#include "tools/check/rdb_summary.h"

namespace rota {
namespace {

int check(const std::string& path) {
    std::printf("[offset 0] Checking RDB file %s\n", path.c_str());
    const auto file = MappedFile::open(path);
    if (!file) {
        std::printf("Cannot open file: %s\n", file.error().message.c_str());
        return 1;
    }
    const auto report = look_through_rdb(file->view());
    if (!report) {
        std::printf("--- RDB ERROR DETECTED ---\n%s\n", report.error().message.c_str());
        return 1;
    }
    if (!report->written_by.empty())
        std::printf("[info] written by version %s\n", report->written_by.c_str());
    std::printf("[offset %llu] \\o/ RDB looks OK! \\o/\n",
                static_cast<unsigned long long>(report->end));
    std::printf("[info] %llu keys read\n", static_cast<unsigned long long>(report->keys));
    if (report->end < report->bytes)
        std::printf("[info] %llu bytes follow the snapshot\n",
                    static_cast<unsigned long long>(report->bytes - report->end));
    return 0;
}

}  // namespace
}  // namespace rota

int main(int argc, char** argv) {
    if (argc == 2 && std::string(argv[1]) != "--help") return rota::check(argv[1]);
    std::fprintf(stderr, "Usage: %s <rdb-file-name>\n", argv[0]);
    return 1;
}
