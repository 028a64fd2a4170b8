// SPDX-License-Identifier: BSD-3-Clause
// This process as the system sees it: background, pid file, title, limits, randomness.
// Call from the main thread at start, except random_bytes and random_hex (any thread).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "platform/result.h"
#include "platform/slice.h"

namespace rota {

// Goes on in a child without terminal; the parent exits 0. stdin, stdout, stderr become /dev/null.
// Before any thread is started: threads do not survive it.
Result<> daemonize();

Result<> write_pid_file(const std::string& path);
void remove_pid_file(const std::string& path);

// What ps shows. The kernel shows the bytes where argv and the environment were at exec, so both
// are first copied elsewhere: make it before anything keeps pointers into them, and use args() from
// then on.
class ProcessTitle {
public:
    ProcessTitle(int argc, char** argv);
    ProcessTitle(const ProcessTitle&) = delete;
    ProcessTitle& operator=(const ProcessTitle&) = delete;

    // Cut to the room there is.
    void set(Slice title);
    size_t room() const { return room_; }
    const std::vector<std::string>& args() const { return args_; }

private:
    std::vector<std::string> args_;
    char* area_ = nullptr;
    size_t room_ = 0;
};

// Raises the limit of open files towards `wanted`, as far as the system lets us. Returns the limit
// then in force, which may be smaller or (if it was before) larger.
uint64_t raise_open_files_limit(uint64_t wanted);

// How readily the kernel's out-of-memory killer takes this process; -1000 (never) to 1000.
Result<> set_oom_score_adj(int value);
Result<int> oom_score_adj();

// From the kernel's generator, fit for keys.
void random_bytes(std::span<char> out);
uint64_t random_uint64();
// Lower-case hexadecimal digits; 40 of them make a run id.
std::string random_hex(size_t digits);

// Absolute path of the running program.
Result<std::string> executable_path();

}  // namespace rota
