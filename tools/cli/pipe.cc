// SPDX-License-Identifier: BSD-3-Clause
// --pipe: standard input goes to the server as it is, replies are read at the same time (a server
// that nobody reads from would stop reading), and an ECHO of random bytes marks the end.
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <random>

#include "proto/command_writer.h"
#include "tools/cli/modes.h"

namespace rota {
namespace {

constexpr size_t kChunk = 64 * 1024;

class Pipe {
public:
    Pipe(int fd, int64_t timeout_s) : fd_(fd), timeout_s_(timeout_s), marker_(random_marker()) {}

    Result<> run();
    int64_t errors() const { return errors_; }
    int64_t replies() const { return replies_; }

private:
    static std::string random_marker();
    Result<> read_input();
    Result<> write_some();
    Result<> read_replies();
    void count(const ReplyValue& reply);

    const int fd_;
    const int64_t timeout_s_;
    const std::string marker_;
    Buffer out_, in_;
    ReplyParser parser_;
    int64_t errors_ = 0, replies_ = 0;
    bool input_ended_ = false;
    bool finished_ = false;
};

std::string Pipe::random_marker() {
    constexpr Slice kLetters = "0123456789abcdefghijklmnopqrstuvwxyz";
    std::random_device random;
    std::string marker(32, ' ');
    for (char& letter : marker) letter = kLetters[random() % kLetters.size()];
    return marker;
}

Result<> Pipe::run() {
    if (::fcntl(fd_, F_SETFL, ::fcntl(fd_, F_GETFL) | O_NONBLOCK) != 0)
        return fail_errno("cannot make the connection non-blocking", errno);
    int64_t heard_us = monotonic_us();
    while (!finished_) {
        if (out_.empty() && !input_ended_)
            if (Result<> done = read_input(); !done) return done;
        const auto wanted = static_cast<short>(out_.empty() ? POLLIN : POLLIN | POLLOUT);
        pollfd waiting{fd_, wanted, 0};
        const int ready = ::poll(&waiting, 1, 1000);
        if (ready < 0 && errno != EINTR) return fail_errno("poll", errno);
        if (ready > 0) heard_us = monotonic_us();
        if (ready > 0 && (waiting.revents & ~POLLOUT) != 0)
            if (Result<> done = read_replies(); !done) return done;
        if (ready > 0 && (waiting.revents & POLLOUT) != 0)
            if (Result<> done = write_some(); !done) return done;
        const bool too_late = monotonic_us() - heard_us > timeout_s_ * 1'000'000;
        if (input_ended_ && timeout_s_ > 0 && too_late) {
            ++errors_;
            return fail("No replies for " + std::to_string(timeout_s_) + " seconds: exiting.");
        }
    }
    return {};
}

Result<> Pipe::read_input() {
    const ssize_t got = ::read(STDIN_FILENO, out_.extend(kChunk), kChunk);
    if (got < 0 && errno == EINTR) return {};
    if (got < 0) return fail_errno("Error reading from stdin", errno);
    if (got > 0) {
        out_.commit(static_cast<size_t>(got));
        return {};
    }
    input_ended_ = true;
    // The empty line ends a last inline command that came without one.
    out_.append("\r\n");
    append_command(out_, {"ECHO", marker_});
    std::printf("All data transferred. Waiting for the last reply...\n");
    std::fflush(stdout);
    return {};
}

Result<> Pipe::write_some() {
    if (out_.empty()) return {};
    const ssize_t sent = ::send(fd_, out_.data(), out_.size(), MSG_NOSIGNAL);
    if (sent < 0 && (errno == EAGAIN || errno == EINTR)) return {};
    if (sent < 0) return fail_errno("Error writing to the server", errno);
    out_.drop_front(static_cast<size_t>(sent));
    return {};
}

Result<> Pipe::read_replies() {
    const ssize_t got = ::recv(fd_, in_.extend(kChunk), kChunk, 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return {};
    if (got < 0) return fail_errno("Error reading from the server", errno);
    if (got == 0) return fail("Error reading from the server: it closed the connection");
    in_.commit(static_cast<size_t>(got));
    for (;;) {
        const ParseStatus status = parser_.parse(in_.view());
        if (status == ParseStatus::need_more) return {};
        if (status == ParseStatus::invalid)
            return fail("Error reading replies from server: " + std::string(parser_.error()));
        in_.drop_front(parser_.consumed());
        count(parser_.value());
    }
}

void Pipe::count(const ReplyValue& reply) {
    if (reply.type == ReplyType::push) return;
    if (reply.is_error()) {
        std::fprintf(stderr, "%s\n", reply.text.c_str());
        ++errors_;
    }
    if (input_ended_ && reply.type == ReplyType::bulk && reply.text == marker_) {
        std::printf("Last reply received from server.\n");
        finished_ = true;
    } else {
        ++replies_;
    }
}

}  // namespace

int run_pipe(ClientConnection& connection, const CliOptions& options) {
    Pipe pipe(connection.fd(), options.pipe_timeout_s);
    const Result<> done = pipe.run();
    if (!done) std::fprintf(stderr, "%s\n", done.error().message.c_str());
    std::printf("errors: %lld, replies: %lld\n", static_cast<long long>(pipe.errors()),
                static_cast<long long>(pipe.replies()));
    return done && pipe.errors() == 0 ? 0 : 1;
}

}  // namespace rota
