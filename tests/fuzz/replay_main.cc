// SPDX-License-Identifier: BSD-3-Clause
// Runs a fuzz target over its corpus without a fuzzer, as an ordinary test: every file, and every
// file cut short. Usage: replay_<target> <file or folder>...
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

constexpr size_t kPrefixesMax = 256;  // of one file: enough for small seeds, quick for large ones

void run(const std::string& input) {
    // A copy of the exact size, so that a sanitizer sees a read behind the end.
    const std::vector<uint8_t> bytes(input.begin(), input.end());
    LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
}

void replay(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    const std::string input((std::istreambuf_iterator<char>(file)), {});
    std::fprintf(stderr, "%s: %zu bytes\n", path.c_str(), input.size());
    run(input);
    for (size_t size = 0; size < std::min(input.size(), kPrefixesMax); ++size) {
        run(input.substr(0, size));
    }
}

}  // namespace

int main(int argc, char** argv) {
    std::vector<std::filesystem::path> files;
    for (int i = 1; i < argc; ++i) {
        if (!std::filesystem::is_directory(argv[i])) {
            files.emplace_back(argv[i]);
            continue;
        }
        for (const auto& entry : std::filesystem::directory_iterator(argv[i])) {
            if (entry.is_regular_file()) files.push_back(entry.path());
        }
    }
    std::sort(files.begin(), files.end());
    for (const auto& file : files) replay(file);
    std::fprintf(stderr, "%zu files replayed\n", files.size());
    return files.empty() ? 1 : 0;
}
