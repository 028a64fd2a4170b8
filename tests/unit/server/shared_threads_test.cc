// SPDX-License-Identifier: BSD-3-Clause
// Shared mode: the real server with IO threads over epoll, turned by hand. Its transport lets a
// test hold up a thread in the middle of a job.
#include "server/shared_threads.h"

#include <sys/socket.h>

#include <condition_variable>
#include <mutex>
#include <set>
#include <string>

#include "server_fixture.h"
#include "threads_fixture.h"
#include "transports/transports.h"

namespace rota {
namespace {

// Everything is epoll's, but receiving on another thread can be held up.
class GatedTransport final : public Transport {
public:
    const char* name() const override { return "epoll"; }
    Result<ListenerId> listen(const Endpoint& where, const ListenOptions& options) override {
        return real_->listen(where, options);
    }
    void update_listener(ListenerId id, const ListenOptions& options) override {
        real_->update_listener(id, options);
    }
    void unlisten(ListenerId id) override { real_->unlisten(id); }
    Endpoint local_endpoint(ListenerId id) const override { return real_->local_endpoint(id); }
    Result<ConnId> connect(const Endpoint& where, const ConnectOptions& options) override {
        return real_->connect(where, options);
    }
    Result<ConnId> adopt(int descriptor) override { return real_->adopt(descriptor); }
    bool detach(ConnId id) override { return real_->detach(id); }
    void set_user(ConnId id, void* user) override { real_->set_user(id, user); }
    size_t send_now(ConnId id, Slice bytes) override { return real_->send_now(id, bytes); }
    SendStatus send(ConnId id, std::span<const Slice> chunks) override {
        return real_->send(id, chunks);
    }
    void pause_receive(ConnId id) override { real_->pause_receive(id); }
    void resume_receive(ConnId id) override { real_->resume_receive(id); }
    void recycle(BufferId buffer) override { real_->recycle(buffer); }
    void close(ConnId id) override { real_->close(id); }
    void close_after_send(ConnId id) override { real_->close_after_send(id); }
    std::string peer_name(ConnId id) const override { return real_->peer_name(id); }
    std::string local_name(ConnId id) const override { return real_->local_name(id); }
    bool peer_is_local(ConnId id) const override { return real_->peer_is_local(id); }
    int descriptor(ConnId id) const override { return real_->descriptor(id); }
    size_t poll(std::span<Event> out, int64_t wait_ns) override {
        return real_->poll(out, wait_ns);
    }
    void wake() noexcept override { real_->wake(); }
    const TransportStats& stats() const override { return real_->stats(); }
    bool can_share() const override { return true; }
    bool share_input(bool on) override { return real_->share_input(on); }
    Loan lend(ConnId id) override { return real_->lend(id); }
    void take_back(ConnId id, const Loan& loan) override { real_->take_back(id, loan); }
    size_t send_lent(Loan& loan, Slice bytes) const override {
        note("send");
        return real_->send_lent(loan, bytes);
    }
    std::unique_ptr<PollReport> make_report() override { return real_->make_report(); }
    void lend_poll() override { real_->lend_poll(); }
    void take_report(PollReport& report) override { real_->take_report(report); }
    void poll_lent(PollReport& report) const override {
        note("poll");
        real_->poll_lent(report);
    }
    size_t receive_lent(Loan& loan, std::span<char> space) const override {
        if (std::this_thread::get_id() != owner_) {
            note("receive");
            std::unique_lock lock(mutex_);
            if (std::exchange(hold_next_, false)) {
                held_ = true;
                changed_.notify_all();
                changed_.wait(lock, [&] { return !held_; });
            }
        }
        return real_->receive_lent(loan, space);
    }

    // The next thread that receives waits for let_go().
    void hold_next() {
        const std::scoped_lock lock(mutex_);
        hold_next_ = true;
    }
    bool holds() const {
        const std::scoped_lock lock(mutex_);
        return held_;
    }
    void let_go() {
        const std::scoped_lock lock(mutex_);
        hold_next_ = held_ = false;
        changed_.notify_all();
    }
    std::vector<std::string> done() const {
        const std::scoped_lock lock(mutex_);
        return done_;
    }
    size_t pollers() const {
        const std::scoped_lock lock(mutex_);
        return pollers_.size();
    }

private:
    void note(const char* what) const {
        if (std::this_thread::get_id() == owner_) return;
        const std::scoped_lock lock(mutex_);
        done_.push_back(what);
        if (done_.back() == "poll") pollers_.insert(std::this_thread::get_id());
    }

    const std::unique_ptr<Transport> real_ = std::move(*make_transport("epoll"));
    const std::thread::id owner_ = std::this_thread::get_id();
    mutable std::mutex mutex_;
    mutable std::condition_variable changed_;
    mutable bool hold_next_ = false, held_ = false;
    mutable std::vector<std::string> done_;
    mutable std::set<std::thread::id> pollers_;
};

class SharedMode : public ThreadsFixture {
protected:
    SharedMode() { options_.server.io_dispatch = IoDispatch::shared; }
    ~SharedMode() override {
        if (transport_ != nullptr) transport_->let_go();
    }

    void start(int io_threads) {
        auto transport = std::make_unique<GatedTransport>();
        transport_ = transport.get();
        ThreadsFixture::start(io_threads, std::move(transport));
    }

    GatedTransport* transport_ = nullptr;
};

TEST_F(SharedMode, ThreadsReceiveAndSend) {
    start(4);
    const int peer = connect();
    EXPECT_EQ(ask(peer, "SET k v"), "+OK\r\n");
    EXPECT_EQ(ask(peer, "GET k"), "$1\r\nv\r\n");
    EXPECT_EQ(info("io_threaded_reads_processed"), 3u);
    EXPECT_EQ(info("io_threaded_writes_processed"), 3u);
    EXPECT_EQ(info("total_reads_processed"), 3u) << "none by the executor";
    EXPECT_EQ(info("total_commands_processed"), 3u);
    EXPECT_EQ(info("io_threaded_reads_pending"), 0u);
    EXPECT_EQ(info("io_threaded_writes_pending"), 0u);
}

TEST_F(SharedMode, TheExecutorDoesAllItselfWhileNoThreadIsActive) {
    options_.server.io_threads_always_active = false;
    start(4);
    const int peer = connect();
    EXPECT_EQ(ask(peer, "SET k v"), "+OK\r\n");
    EXPECT_EQ(info("io_threaded_reads_processed"), 0u);
    EXPECT_EQ(info("total_reads_processed"), 2u);
}

TEST_F(SharedMode, ThreadsPollWhileJobsAreOut) {
    start(2);
    const int peer = connect();
    ASSERT_TRUE(until([&] {
        EXPECT_EQ(ask(peer, "PING"), "+PONG\r\n");
        return info("io_threaded_poll_processed") >= 3;
    }));
}

TEST_F(SharedMode, FromTenThreadsOnPollsGoRoundThePrivateInboxes) {
    start(SharedThreads::kPollsSharedUpTo + 3);
    const int peer = connect();
    ASSERT_TRUE(until([&] {
        EXPECT_EQ(ask(peer, "PING"), "+PONG\r\n");
        return info("io_threaded_poll_processed") >= 22;
    }));
    EXPECT_EQ(transport_->pollers(), 11u) << "each thread has had its turn";
}

TEST_F(SharedMode, WhatAFullQueueDoesNotTakeTheExecutorDoesItself) {
    start(2);  // one IO thread
    std::vector<int> peers;
    for (size_t i = 0; i < kSharedCells + 20; ++i) peers.push_back(connect());
    transport_->hold_next();
    say(peers[0], "PING");
    ASSERT_TRUE(until([&] { return transport_->holds(); }));
    const uint64_t before = info("total_reads_processed");
    // One after the other, each in a cell of its own.
    for (size_t i = 1; i < peers.size(); ++i) {
        say(peers[i], "PING");
        server_->turn(1'000'000);
    }
    std::string got;
    ASSERT_TRUE(until([&] { return !(got += take(peers.back())).empty(); }));
    EXPECT_EQ(got, "+PONG\r\n") << "the thread is held up, and yet it is answered";
    EXPECT_GE(info("total_reads_processed"), before + 1);
    EXPECT_GE(info("io_threaded_reads_pending"), kSharedCells / 2);
    EXPECT_GE(info("instantaneous_io_pending_jobs"), kSharedCells / 2);
    EXPECT_EQ(take(peers[0]), "");
    transport_->let_go();
    for (size_t i = 0; i + 1 < peers.size(); ++i) {
        const std::string early = take(peers[i]);
        EXPECT_EQ(early.empty() ? await(peers[i], 7) : early, "+PONG\r\n");
    }
    EXPECT_EQ(info("io_threaded_reads_pending"), 0u);
}

TEST_F(SharedMode, NothingIsSentToAClientWhileItIsRead) {
    start(3);
    const int watcher = connect();
    const int other = connect();
    EXPECT_EQ(ask(watcher, "MONITOR"), "+OK\r\n");
    transport_->hold_next();
    say(watcher, "PING");
    ASSERT_TRUE(until([&] { return transport_->holds(); }));
    const uint64_t writes = info("total_writes_processed");
    EXPECT_EQ(ask(other, "SET k v"), "+OK\r\n");
    EXPECT_EQ(info("total_writes_processed"), writes + 1) << "to the other alone";
    EXPECT_EQ(take(watcher), "");
    transport_->let_go();
    std::string got;
    const auto place = [&](const char* what) { return got.find(what); };
    ASSERT_TRUE(until([&] {
        got += take(watcher);
        return place("\"PING\"") != std::string::npos;
    })) << got;
    EXPECT_LT(place("\"SET\" \"k\" \"v\""), place("+PONG")) << got;
}

TEST_F(SharedMode, AClientThatIsKilledWhileItIsReadGoesWhenItIsBack) {
    start(3);
    const int victim = connect();
    const int other = connect();
    const std::string id = ask(victim, "CLIENT ID").substr(1);
    transport_->hold_next();
    say(victim, "SET k v");
    ASSERT_TRUE(until([&] { return transport_->holds(); }));
    EXPECT_EQ(ask(other, "CLIENT KILL ID " + id.substr(0, id.size() - 2)), ":1\r\n");
    for (int i = 0; i < 20; ++i) server_->turn(0);
    EXPECT_EQ(take(victim), "") << "nobody waits for the thread";
    EXPECT_EQ(info("connected_clients"), 2u);
    transport_->let_go();
    ASSERT_TRUE(until([&] { return take(victim).ends_with("end"); }));
    ASSERT_TRUE(until([&] { return info("connected_clients") == 1; }));
    EXPECT_EQ(ask(other, "GET k"), "$-1\r\n") << "its request did not run";
}

TEST_F(SharedMode, APeerThatEndsWhileItIsReadGoesWhenItIsBack) {
    start(2);
    const int peer = connect();
    transport_->hold_next();
    say(peer, "PING");
    ASSERT_TRUE(until([&] { return transport_->holds(); }));
    ::shutdown(peer, SHUT_RDWR);
    for (int i = 0; i < 20; ++i) server_->turn(0);
    EXPECT_EQ(info("connected_clients"), 1u);
    transport_->let_go();
    ASSERT_TRUE(until([&] { return info("connected_clients") == 0; }));
}

TEST_F(SharedMode, AThreadThatIsReadingDoesNotHoldUpFewerThreads) {
    start(3);
    const int peer = connect();
    const int other = connect();
    transport_->hold_next();
    say(peer, "PING");
    ASSERT_TRUE(until([&] { return transport_->holds(); }));
    EXPECT_EQ(ask(other, "CONFIG SET io-threads 1"), "+OK\r\n");
    EXPECT_EQ(ask(other, "PING"), "+PONG\r\n");
    EXPECT_EQ(ask(other, "CONFIG SET io-threads 4"), "+OK\r\n") << "wanted again before they end";
    EXPECT_EQ(ask(other, "PING"), "+PONG\r\n");
    transport_->let_go();
    EXPECT_EQ(await(peer, 7), "+PONG\r\n");
    ASSERT_TRUE(until([&] { return info("active_io_threads_num") == 4; }));
}

TEST_F(SharedMode, APipelineOfAnyLengthIsOneBatchAndKeepsItsOrder) {
    start(4);
    const int peer = connect();
    std::string bytes, wanted;
    for (int i = 0; i < 500; ++i) {
        bytes += request("ECHO " + std::to_string(1000 + i));
        wanted += "$4\r\n" + std::to_string(1000 + i) + "\r\n";
    }
    ASSERT_EQ(::send(peer, bytes.data(), bytes.size(), 0), static_cast<ssize_t>(bytes.size()));
    EXPECT_EQ(await(peer, wanted.size()), wanted);
}

TEST_F(SharedMode, WhatASocketDoesNotTakeTheExecutorSendsOn) {
    start(3);
    const int peer = connect();
    const std::string value(size_t{4} << 20, 'v');
    std::string wanted = "+OK\r\n";
    const std::string bytes = request("SET k " + value) + request("GET k") + request("PING");
    wanted += "$" + std::to_string(value.size()) + "\r\n" + value + "\r\n+PONG\r\n";
    Slice left = bytes;
    std::string got;
    ASSERT_TRUE(until([&] {
        const ssize_t sent = left.empty() ? 0 : ::send(peer, left.data(), left.size(), 0);
        if (sent > 0) left.remove_prefix(static_cast<size_t>(sent));
        got += take(peer);
        return got.size() >= wanted.size();
    }));
    EXPECT_TRUE(got == wanted);
}

TEST_F(SharedMode, ThePrivateInboxComesBeforeTheQueue) {
    start(1);
    GatedTransport transport;
    const std::atomic<int> active{1};
    ResultRing results;
    JobExchange exchange(results);
    ReadGate gate;
    Parts& parts = server_->parts();
    const IoThreadParts io{.clock = clock_,
                           .commands = parts.commands,
                           .keyspace = parts.keyspace,
                           .gate = gate,
                           .options = {},
                           .results = results,
                           .executor_transport = transport,
                           .make_transport = nullptr,
                           .settle = [](int) {}};
    exchange.prepare(1);
    const SharedParts shared{io, exchange, active};
    SharedThread thread(1, shared);
    Client client(1);
    Batch batch;
    batch.out.append("x");
    batch.outgoing.push_back({&client, 0, 1, client.terms()});
    const auto report = transport.make_report();
    const SharedJob write(SharedJobKind::write, &batch);
    ASSERT_EQ(exchange.hand_out({&write, 1}, 1), 1u);
    thread.post({SharedJobKind::poll, report.get()});
    thread.commit();
    thread.start();
    std::vector<ExecutorJob> came;
    ExecutorJob job;
    while (came.size() < 2) {
        if (exchange.answers({&job, 1}) == 1) came.push_back(job);
    }
    EXPECT_EQ(came[0].kind(), ToExecutor::polled);
    EXPECT_EQ(came[1].kind(), ToExecutor::written);
    thread.ask_to_stop();
    while (!thread.stopped()) (void)exchange.answers({&job, 1});
}

}  // namespace
}  // namespace rota
