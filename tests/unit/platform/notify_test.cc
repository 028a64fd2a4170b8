// SPDX-License-Identifier: BSD-3-Clause
#include "platform/notify.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

#include "platform/file.h"
#include "temp_folder.h"

namespace rota {
namespace {

class Notify : public testing::Test {
protected:
    Notify() {
        ::unsetenv("NOTIFY_SOCKET");
        ::unsetenv("UPSTART_JOB");
    }
    ~Notify() override {
        ::unsetenv("NOTIFY_SOCKET");
        ::unsetenv("UPSTART_JOB");
    }
};

TEST_F(Notify, SendsTheStateToTheManagersSocket) {
    const TempFolder folder;
    const std::string path = folder.path("notify");
    const FileDescriptor manager(::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0));
    struct sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    ASSERT_EQ(::bind(manager.get(), reinterpret_cast<struct sockaddr*>(&address), sizeof address),
              0);
    ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
    EXPECT_EQ(detect_supervisor(), Supervisor::systemd);
    EXPECT_TRUE(notify_systemd("READY=1\nSTATUS=Ready\n").value());
    char text[64] = {};
    EXPECT_GT(::recv(manager.get(), text, sizeof text - 1, 0), 0);
    EXPECT_STREQ(text, "READY=1\nSTATUS=Ready\n");
}

TEST_F(Notify, IsSilentWithoutAManager) {
    EXPECT_EQ(detect_supervisor(), Supervisor::none);
    EXPECT_FALSE(notify_systemd("READY=1").value());
    EXPECT_FALSE(stop_for_upstart());
}

TEST_F(Notify, FailsWhenTheManagerIsGone) {
    ::setenv("NOTIFY_SOCKET", "/nonexistent/socket", 1);
    EXPECT_FALSE(notify_systemd("READY=1"));
}

TEST_F(Notify, StopsItselfForUpstart) {
    const pid_t child = ::fork();
    if (child == 0) {
        ::setenv("UPSTART_JOB", "rota", 1);
        const bool upstart = detect_supervisor() == Supervisor::upstart;
        const bool stopped = stop_for_upstart();
        ::_exit(upstart && stopped && std::getenv("UPSTART_JOB") == nullptr ? 0 : 1);
    }
    int status = 0;
    ::waitpid(child, &status, WUNTRACED);
    EXPECT_TRUE(WIFSTOPPED(status));
    ::kill(child, SIGCONT);
    ::waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace rota
