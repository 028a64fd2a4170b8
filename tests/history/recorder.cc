// SPDX-License-Identifier: BSD-3-Clause
#include "tests/history/recorder.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <thread>

#include "proto/command_writer.h"
#include "proto/reply_skipper.h"

namespace rota::history {
namespace {

constexpr size_t kReadChunk = 64 * 1024;
constexpr uint32_t kCutOneIn = 8;  // so many pipelines are sent in two parts

int64_t now_ns() {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(
               std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

void append_request(Buffer& out, const std::vector<std::string>& words) {
    append_command(out, std::vector<Slice>(words.begin(), words.end()));
}

// One connection: sends the operations of its workload and fits the replies to them.
class Line {
public:
    Line(const ConnectTarget& target, const Plan& plan, const History& history,
         std::atomic<uint32_t>& clients)
        : target_(target), plan_(plan), history_(history), clients_(clients) {}

    bool is_done() const { return sent_ == plan_.operations && waiting_.empty(); }
    bool is_idle() const { return waiting_.empty(); }
    int fd() const { return connection_.fd(); }
    std::vector<Operation>& operations() { return operations_; }

    Result<> send();
    Result<> receive();

private:
    Result<> open();
    void queue(const Operation&);
    Result<> send_bytes(Slice);
    Result<> take_reply(Slice reply, int64_t now);

    const ConnectTarget& target_;
    const Plan& plan_;
    const History& history_;
    std::atomic<uint32_t>& clients_;
    ClientConnection connection_;
    std::optional<Workload> workload_;
    std::vector<Operation> operations_;
    struct Waiting {
        size_t operation;
        size_t replies;  // of a transaction: those of MULTI and of what it queues, and EXEC's
    };
    std::deque<Waiting> waiting_;
    uint32_t sent_ = 0;
    Buffer out_;
    std::string in_;
};

Result<> Line::open() {
    auto connection = ClientConnection::open(target_);
    if (!connection) return std::unexpected(connection.error());
    connection_ = std::move(*connection);
    const int on = 1;  // fails on a Unix socket, which needs no such thing
    ::setsockopt(connection_.fd(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    // An ended connection is another client: what it left open may still happen.
    workload_.emplace(plan_, clients_.fetch_add(1, std::memory_order_relaxed));
    in_.clear();
    return {};
}

void Line::queue(const Operation& operation) {
    if (operation.transaction) append_command(out_, {"MULTI"});
    for (const Call& call : operation.calls) append_request(out_, words(history_, call));
    if (operation.transaction) append_command(out_, {"EXEC"});
}

Result<> Line::send_bytes(Slice bytes) {
    while (!bytes.empty()) {
        const ssize_t count = ::send(connection_.fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return fail_errno("send", errno);
        bytes.remove_prefix(static_cast<size_t>(count));
    }
    return {};
}

// A whole pipeline; if it hangs up, the connection is closed right behind it.
Result<> Line::send() {
    if (!connection_.is_open())
        if (auto opened = open(); !opened) return opened;
    out_.clear();
    const size_t first = operations_.size();
    for (uint32_t left = workload_->pipeline(); left && sent_ < plan_.operations; --left, ++sent_) {
        Operation operation = workload_->next();
        queue(operation);
        waiting_.push_back(
            {operations_.size(), operation.transaction ? operation.calls.size() + 2 : 1});
        operations_.push_back(std::move(operation));
    }
    const int64_t now = now_ns();
    for (size_t i = first; i < operations_.size(); ++i) operations_[i].invoked_ns = now;
    const Slice wire = out_.view();
    const size_t cut =
        workload_->below(kCutOneIn) ? 0 : workload_->below(static_cast<uint32_t>(wire.size()));
    if (auto sent = send_bytes(wire.substr(0, cut)); !sent) return sent;
    if (auto sent = send_bytes(wire.substr(cut)); !sent) return sent;
    if (workload_->hangs_up()) {
        waiting_.clear();
        connection_.close();
    }
    return {};
}

Result<> Line::take_reply(Slice reply, int64_t now) {
    if (waiting_.empty())
        return fail("a reply that nobody asked for: " + shorten(std::string(reply)));
    Waiting& next = waiting_.front();
    Operation& operation = operations_[next.operation];
    if (--next.replies > 0) {
        const bool first = next.replies == operation.calls.size() + 1;
        if (reply == (first ? "+OK\r\n" : "+QUEUED\r\n")) return {};
        return fail("a transaction was answered " + shorten(std::string(reply)));
    }
    operation.reply = reply;
    operation.returned_ns = now;
    waiting_.pop_front();
    return {};
}

Result<> Line::receive() {
    char chunk[kReadChunk];
    const ssize_t count = ::recv(connection_.fd(), chunk, sizeof chunk, MSG_DONTWAIT);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return {};
    if (count < 0) return fail_errno("recv", errno);
    if (count == 0) return fail("the server hung up");
    const int64_t now = now_ns();
    in_.append(chunk, static_cast<size_t>(count));
    size_t taken = 0;
    while (true) {
        const Slice rest = Slice(in_).substr(taken);
        const ReplyCount found = ReplySkipper().skip(rest, 1);
        if (found.invalid) return fail("not a reply: " + shorten(std::string(rest)));
        if (found.replies == 0) break;
        if (auto good = take_reply(rest.substr(0, found.consumed), now); !good) return good;
        taken += found.consumed;
    }
    in_.erase(0, taken);
    return {};
}

// All connections of one thread: whoever is idle sends, whoever has something gets it read.
Result<> drive(std::vector<std::unique_ptr<Line>>& lines) {
    std::vector<pollfd> polled;
    while (true) {
        std::vector<Line*> busy;
        polled.clear();
        for (const auto& line : lines) {
            while (!line->is_done() && line->is_idle())
                if (auto sent = line->send(); !sent) return sent;
            if (line->is_done()) continue;
            busy.push_back(line.get());
            polled.push_back({line->fd(), POLLIN, 0});
        }
        if (busy.empty()) return {};
        const int ready = ::poll(polled.data(), polled.size(), kSilenceMaxMs);
        if (ready == 0) return fail("no reply within the time allowed");
        for (size_t i = 0; i < busy.size() && ready > 0; ++i)
            if (polled[i].revents)
                if (auto received = busy[i]->receive(); !received) return received;
    }
}

}  // namespace

Result<History> record(const ConnectTarget& target, const Plan& plan, uint32_t threads) {
    History history;
    history.key_prefix = "history:" + std::to_string(plan.seed) + ":";
    history.keys = plan.keys;
    std::atomic<uint32_t> clients = 0;
    std::vector<std::vector<std::unique_ptr<Line>>> lines(threads);
    for (uint32_t i = 0; i < plan.connections; ++i)
        lines[i % threads].push_back(std::make_unique<Line>(target, plan, history, clients));
    std::vector<Result<>> results(threads);
    std::vector<std::thread> running;
    for (uint32_t i = 0; i < threads; ++i)
        running.emplace_back([&, i] { results[i] = drive(lines[i]); });
    for (std::thread& thread : running) thread.join();
    for (const Result<>& result : results)
        if (!result) return std::unexpected(result.error());
    for (auto& mine : lines)
        for (const auto& line : mine)
            for (Operation& operation : line->operations())
                history.operations.push_back(std::move(operation));
    return history;
}

Result<bool> has_transactions(const ConnectTarget& target) {
    auto connection = ClientConnection::open(target);
    if (!connection) return std::unexpected(connection.error());
    const auto reply = connection->call({"MULTI"});
    if (!reply) return std::unexpected(reply.error());
    return !reply->is_error();
}

Result<> forget(const ConnectTarget& target, const History& history) {
    auto connection = ClientConnection::open(target);
    if (!connection) return std::unexpected(connection.error());
    for (uint32_t key = 0; key < history.keys; ++key) {
        const auto reply = connection->call({"DEL", key_name(history, key)});
        if (!reply) return std::unexpected(reply.error());
    }
    return {};
}

}  // namespace rota::history
