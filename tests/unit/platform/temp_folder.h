// SPDX-License-Identifier: BSD-3-Clause
// A folder of one test, gone when the test ends.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace rota {

class TempFolder {
public:
    TempFolder() {
        std::string name = (std::filesystem::temp_directory_path() / "rota-test-XXXXXX").string();
        EXPECT_NE(::mkdtemp(name.data()), nullptr);
        folder_ = name;
    }
    ~TempFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(folder_, ignored);
    }
    TempFolder(const TempFolder&) = delete;
    TempFolder& operator=(const TempFolder&) = delete;

    std::string path(const std::string& name) const { return (folder_ / name).string(); }
    std::string root() const { return folder_.string(); }
    size_t entries() const {
        return static_cast<size_t>(std::distance(std::filesystem::directory_iterator(folder_), {}));
    }
    // Writes a file and the folders above it.
    void put(const std::string& name, const std::string& text) const {
        const std::filesystem::path target = folder_ / name;
        std::filesystem::create_directories(target.parent_path());
        std::ofstream(target) << text;
    }

private:
    std::filesystem::path folder_;
};

}  // namespace rota
