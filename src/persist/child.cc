// SPDX-License-Identifier: BSD-3-Clause
#include "persist/child.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <new>
#include <utility>

#include "platform/assert.h"
#include "platform/file.h"

namespace rota {
namespace {

// What this process no longer shares with its parent.
uint64_t private_bytes() {
    const auto text = read_file("/proc/self/smaps_rollup");
    if (!text) return 0;
    const size_t at = text->find("Private_Dirty:");
    if (at == std::string::npos) return 0;
    return std::strtoull(text->c_str() + at + 14, nullptr, 10) * 1024;
}

void* shared_page(size_t size) {
    void* page = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) throw std::bad_alloc();
    return page;
}

}  // namespace

Child::Child() : progress_(new (shared_page(sizeof(Progress))) Progress) {}

Child::~Child() {
    if (running()) (void)kill();
    ::munmap(progress_, sizeof(Progress));
}

void Child::run(const std::function<Result<>()>& work) {
    for (const int signal : {SIGTERM, SIGINT, SIGUSR1, SIGHUP}) ::signal(signal, SIG_DFL);
    // Nothing of the parent's connections may live on here.
    (void)::close_range(STDERR_FILENO + 1, ~0u, 0);
    const Result<> done = work();
    progress_->cow_bytes.store(private_bytes(), std::memory_order_relaxed);
    if (!done) {
        const std::string line = "Child: " + done.error().message + "\n";
        (void)!::write(STDERR_FILENO, line.data(), line.size());
    }
    ::_exit(done ? 0 : 1);
}

Result<> Child::start(const std::function<Result<>()>& work) {
    ASSERT(!running());
    progress_->keys_done.store(0, std::memory_order_relaxed);
    progress_->cow_bytes.store(0, std::memory_order_relaxed);
    const pid_t pid = ::fork();
    if (pid == 0) run(work);
    if (pid < 0) return fail_errno("fork", errno);
    pid_ = pid;
    return {};
}

std::optional<int> Child::ended() {
    int status;
    if (!running() || ::waitpid(pid_, &status, WNOHANG) != pid_) return std::nullopt;
    pid_ = -1;
    return status;
}

int Child::kill() {
    ::kill(pid_, SIGUSR1);
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    return status;
}

}  // namespace rota
