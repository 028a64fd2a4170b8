// SPDX-License-Identifier: BSD-3-Clause
#include "platform/file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>

#include "temp_folder.h"

namespace rota {
namespace {

TEST(File, WritesAtomicallyAndReadsBack) {
    const TempFolder folder;
    const std::string path = folder.path("conf");
    ASSERT_TRUE(write_file_atomic(path, "old"));
    ASSERT_TRUE(write_file_atomic(path, Slice("new\0text", 8), 0600));
    EXPECT_EQ(read_file(path).value(), std::string("new\0text", 8));
    EXPECT_EQ(file_size(path).value(), 8u);
    struct stat info;
    ASSERT_EQ(::stat(path.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0600u);
    EXPECT_EQ(folder.entries(), 1u);  // no temporary file stays behind
}

TEST(File, KeepsTheOldBytesWhenTheReplaceFails) {
    const TempFolder folder;
    const std::string path = folder.path("taken");
    ASSERT_TRUE(make_directory(path));  // a file cannot replace a folder
    ASSERT_TRUE(append_file(folder.path("taken/x"), "x"));
    const auto failed = write_file_atomic(path, "new");
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code, EISDIR);
    EXPECT_NE(failed.error().message.find(path), std::string::npos);
    EXPECT_EQ(folder.entries(), 1u);
}

TEST(File, RefusesFilesAboveTheBound) {
    const TempFolder folder;
    const std::string path = folder.path("big");
    ASSERT_TRUE(append_file(path, std::string(200'000, 'x')));
    EXPECT_EQ(read_file(path, 200'000)->size(), 200'000u);
    const auto refused = read_file(path, 199'999);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, EFBIG);
}

TEST(File, SaysWhatIsMissing) {
    const auto missing = read_file("/nonexistent/file");
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().code, ENOENT);
    EXPECT_EQ(missing.error().message, "cannot open /nonexistent/file: No such file or directory");
    EXPECT_FALSE(write_file_atomic("/nonexistent/file", "x"));
    EXPECT_FALSE(sync_directory("/nonexistent"));
    EXPECT_FALSE(file_exists("/nonexistent"));
}

TEST(File, AppendsRenamesAndRemoves) {
    const TempFolder folder;
    ASSERT_TRUE(append_file(folder.path("a"), "1"));
    ASSERT_TRUE(append_file(folder.path("a"), "2"));
    ASSERT_TRUE(rename_file(folder.path("a"), folder.path("b")));
    EXPECT_EQ(read_file(folder.path("b")).value(), "12");
    EXPECT_TRUE(unlink_if_exists(folder.path("b")));
    EXPECT_TRUE(unlink_if_exists(folder.path("b")));
    EXPECT_FALSE(file_exists(folder.path("b")));
}

TEST(File, MakesAFolderOnce) {
    const TempFolder folder;
    EXPECT_TRUE(make_directory(folder.path("sub")));
    EXPECT_TRUE(make_directory(folder.path("sub")));
    ASSERT_TRUE(append_file(folder.path("file"), ""));
    EXPECT_FALSE(make_directory(folder.path("file")));
}

TEST(File, KnowsTheParent) {
    EXPECT_EQ(parent_directory("a"), ".");
    EXPECT_EQ(parent_directory("/a"), "/");
    EXPECT_EQ(parent_directory("/a/b"), "/a");
}

}  // namespace
}  // namespace rota
