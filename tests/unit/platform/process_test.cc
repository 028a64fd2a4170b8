// SPDX-License-Identifier: BSD-3-Clause
#include "platform/process.h"

#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <set>

#include "platform/file.h"
#include "temp_folder.h"

namespace rota {
namespace {

// Runs `body` in a child of this process; true if it returned true.
template <class Body>
bool in_child(Body body) {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(body() ? 0 : 1);
    int status = 0;
    ::waitpid(child, &status, 0);
    return status == 0;
}

TEST(PidFile, HoldsTheProcessIdUntilRemoved) {
    const TempFolder folder;
    const std::string path = folder.path("rota.pid");
    ASSERT_TRUE(write_pid_file(path));
    EXPECT_EQ(read_file(path).value(), std::to_string(::getpid()) + "\n");
    remove_pid_file(path);
    EXPECT_FALSE(file_exists(path));
    remove_pid_file(path);
    EXPECT_FALSE(write_pid_file("/nonexistent/rota.pid"));
}

TEST(Daemonize, LeavesTheTerminalAndTheParent) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const pid_t starter = ::fork();
    if (starter == 0) {
        if (!daemonize()) ::_exit(9);
        const bool leads = ::getsid(0) == ::getpid();
        char target[32] = {};
        const bool silent = ::readlink("/proc/self/fd/1", target, sizeof target - 1) > 0 &&
                            std::string(target) == "/dev/null";
        const char said = leads && silent ? 'y' : 'n';
        ::_exit(::write(ends[1], &said, 1) == 1 ? 0 : 1);
    }
    ::close(ends[1]);
    int status = 0;
    ::waitpid(starter, &status, 0);
    EXPECT_EQ(status, 0);  // whoever started it gets its prompt back
    char said = 0;
    EXPECT_EQ(::read(ends[0], &said, 1), 1);
    EXPECT_EQ(said, 'y');
    ::close(ends[0]);
}

// What exec leaves: the arguments and the environment in one run of bytes.
TEST(ProcessTitle, UsesTheRoomOfArgumentsAndEnvironment) {
    EXPECT_TRUE(in_child([] {
        static char block[] = "prog\0--x\0KEY=value";
        char* argv[] = {block, block + 5, nullptr};
        static char* variables[] = {block + 9, nullptr};
        environ = variables;
        ProcessTitle title(2, argv);
        const bool copied = title.args() == std::vector<std::string>{"prog", "--x"} &&
                            std::string(environ[0]) == "KEY=value" && environ[0] != block + 9;
        title.set("rota *:6379");
        const bool shown = std::string(block) == "rota *:6379";
        title.set(std::string(100, 'z'));
        const bool cut = std::string(block) == std::string(title.room(), 'z');
        title.set("a");
        const bool cleared =
            std::all_of(block + 1, block + sizeof block, [](char c) { return !c; });
        return copied && shown && cut && cleared && title.room() == sizeof block - 1 &&
               std::string(::getenv("KEY")) == "value";
    }));
}

TEST(OpenFiles, AreRaisedAsFarAsAllowed) {
    EXPECT_TRUE(in_child([] {
        const struct rlimit low = {64, 128};
        if (::setrlimit(RLIMIT_NOFILE, &low) != 0) return false;
        if (raise_open_files_limit(32) != 64) return false;
        if (raise_open_files_limit(100) != 100) return false;
        const uint64_t got = raise_open_files_limit(200);  // more than 128 for root only
        struct rlimit now;
        ::getrlimit(RLIMIT_NOFILE, &now);
        return got == now.rlim_cur && (got == 200 || got == 128);
    }));
}

TEST(OomScore, IsWrittenAndReadBack) {
    EXPECT_TRUE(in_child([] {
        const int before = oom_score_adj().value();
        if (!set_oom_score_adj(before + 1)) return false;
        return oom_score_adj().value() == before + 1;
    }));
    EXPECT_FALSE(set_oom_score_adj(5000));
}

TEST(Random, DiffersEachTime) {
    std::set<std::string> seen;
    for (int round = 0; round < 100; ++round) seen.insert(random_hex(40));
    EXPECT_EQ(seen.size(), 100u);
    EXPECT_EQ(seen.begin()->size(), 40u);
    EXPECT_EQ(seen.begin()->find_first_not_of("0123456789abcdef"), std::string::npos);
    EXPECT_NE(random_uint64(), random_uint64());
    EXPECT_EQ(random_hex(0), "");
}

TEST(ExecutablePath, NamesThisProgram) {
    EXPECT_TRUE(executable_path()->ends_with("/test_platform"));
}

}  // namespace
}  // namespace rota
