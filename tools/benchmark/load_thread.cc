// SPDX-License-Identifier: BSD-3-Clause
#include "tools/benchmark/load_thread.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "platform/assert.h"
#include "platform/text.h"

namespace rota {

namespace {

constexpr int64_t kNsPerMs = 1'000'000;
constexpr int64_t kPollMaxNs = 100 * kNsPerMs;  // how long a thread overlooks that another failed
constexpr int64_t kSetupMaxNs = 30'000 * kNsPerMs;  // for all connections together
constexpr int64_t kDrainMaxNs = 1000 * kNsPerMs;  // after --duration: blocked commands never answer
constexpr int64_t kSpinNs = 60'000;               // a due time closer than this is not slept for
constexpr int64_t kPortionMax = 4096;             // units drawn at once
constexpr size_t kErrorTextMax = 512;

}  // namespace

LoadThread::LoadThread(LoadShared& shared, std::unique_ptr<Transport> transport, uint64_t index,
                       uint64_t clients)
    : shared_(shared),
      plan_(shared.plan),
      transport_(std::move(transport)),
      random_(plan_.seed + index * 0x9e3779b97f4a7c15),
      numbers_{plan_.keyspace, &random_, plan_.sequence},
      connections_(clients),
      free_(clients) {
    if (plan_.requests == nullptr) return;
    const Slice bytes = plan_.requests->bytes();
    scratch_ = std::make_unique_for_overwrite<char[]>(bytes.size());
    std::memcpy(scratch_.get(), bytes.data(), bytes.size());
}

Result<> LoadThread::setup() {
    now_ns_ = shared_.clock.monotonic_ns();
    const int64_t deadline_ns = now_ns_ + kSetupMaxNs;
    for (Connection& connection : connections_) {
        if (auto ok = open(connection); !ok) return ok;
    }
    while (ready_ < connections_.size()) {
        poll(kPollMaxNs);
        if (error_) return std::unexpected(*error_);
        if (shared_.stop.load(std::memory_order_relaxed)) return {};
        if (now_ns_ > deadline_ns) {
            return fail(format("only %llu of %zu connections could be opened within 30 seconds",
                               static_cast<unsigned long long>(ready_), connections_.size()));
        }
    }
    return {};
}

Result<> LoadThread::run() {
    if (shared_.stop.load(std::memory_order_relaxed)) return {};  // some setup has failed
    running_ = true;
    now_ns_ = shared_.clock.monotonic_ns();
    last_reply_ns_ = shared_.measure_from_ns;
    if (plan_.rps != 0) {
        const double commands = static_cast<double>(plan_.requests->unit_commands() *
                                                    plan_.requests->pipeline() * plan_.threads);
        pacer_.emplace(shared_.start_ns, commands * 1e9 / static_cast<double>(plan_.rps));
    }
    if (!plan_.idle) {
        for (Connection& connection : connections_) next(connection);
    }
    while (!is_over()) {
        if (pacer_) pump();
        poll(poll_wait_ns());
    }
    if (error_) return std::unexpected(*error_);
    return {};
}

bool LoadThread::is_over() const {
    if (error_ || shared_.stop.load(std::memory_order_relaxed)) return true;
    if (plan_.idle) return false;
    if (exhausted_ && busy_ == 0) return true;
    if (plan_.duration_ns == 0) return false;
    return now_ns_ > end_ns() + kDrainMaxNs;
}

Result<> LoadThread::open(Connection& connection) {
    auto id = transport_->connect(plan_.server, plan_.connect);
    if (!id) return fail("Could not connect to server: " + id.error().message, id.error().code);
    connection.id = *id;
    connection.phase = Phase::connecting;
    connection.skipper.reset();
    transport_->set_user(*id, &connection);
    return {};
}

size_t LoadThread::poll(int64_t wait_ns) {
    const size_t count = transport_->poll(events_, wait_ns);
    now_ns_ = shared_.clock.monotonic_ns();
    for (size_t i = 0; i < count; ++i) {
        handle(events_[i]);
        if (error_) break;
    }
    replies_shown_.store(latency_ns_.count(), std::memory_order_relaxed);
    latency_shown_.store(latency_ns_.sum(), std::memory_order_relaxed);
    return count;
}

void LoadThread::handle(const Event& event) {
    ASSERT(event.user != nullptr);
    Connection& connection = *static_cast<Connection*>(event.user);
    switch (event.kind) {
        case Event::Kind::connected:
            connected(connection);
            break;
        case Event::Kind::received:
            received(connection, event.data);
            transport_->recycle(event.buffer);
            break;
        case Event::Kind::sent:
            if (connection.pending) spare_.push_back(std::move(connection.pending));
            break;
        case Event::Kind::eof:
            if (connection.phase != Phase::closing) closed(connection, 0);
            break;
        case Event::Kind::closed:
            closed(connection, event.error);
            break;
        case Event::Kind::accepted:
        case Event::Kind::readable:
        case Event::Kind::detached:
            UNREACHABLE();
    }
}

void LoadThread::connected(Connection& connection) {
    connection.phase = Phase::greeting;
    connection.replies_left = plan_.greeting_replies;
    if (plan_.greeting_replies == 0) return replied(connection, 0);
    const Slice greeting = plan_.greeting;
    transport_->send(connection.id, {&greeting, 1});  // lives as long as the plan
}

void LoadThread::received(Connection& connection, Slice data) {
    const ReplySkipper before = connection.skipper;
    const ReplyCount count = connection.skipper.skip(data);
    if (count.errors != 0 || count.invalid) [[unlikely]] {
        return fail_with(count.errors != 0
                             ? "Error from server: " + error_text(before, data)
                             : std::string("Protocol error: the server's reply makes no sense"));
    }
    if (count.replies > connection.replies_left) [[unlikely]] {
        return fail_with("Protocol error: a reply that nobody asked for");
    }
    if (count.replies != 0) replied(connection, count.replies);
}

void LoadThread::replied(Connection& connection, uint64_t replies) {
    connection.replies_left -= replies;
    if (connection.phase == Phase::busy) {
        // The clock is asked for every batch of replies: one poll can bring hundreds of them, and
        // each ends at its own time.
        now_ns_ = shared_.clock.monotonic_ns();
        if (connection.start_ns >= shared_.measure_from_ns) {
            const int64_t latency_ns = std::max<int64_t>(now_ns_ - connection.start_ns, 1);
            latency_ns_.record(static_cast<uint64_t>(latency_ns), replies);
            last_reply_ns_ = now_ns_;
        }
    }
    if (connection.replies_left != 0) return;
    if (connection.phase == Phase::greeting) {
        connection.phase = Phase::free;
        ++ready_;
        if (running_) next(connection);
    } else if (connection.phase == Phase::busy) {
        --busy_;
        connection.phase = Phase::free;
        if (plan_.keep_alive) return next(connection);
        connection.phase = Phase::closing;
        transport_->close(connection.id);
    }
}

void LoadThread::closed(Connection& connection, int error) {
    if (connection.pending) spare_.push_back(std::move(connection.pending));
    if (connection.phase == Phase::closing) {
        // --keepalive 0: the next pipeline comes on a connection of its own.
        if (exhausted_) return;
        if (auto ok = open(connection); !ok) error_ = ok.error();
        return;
    }
    if (connection.phase == Phase::connecting) {
        return fail_with(std::string("Could not connect to server at ") + plan_.server.to_string() +
                         ": " + std::strerror(error));
    }
    fail_with(error == 0
                  ? std::string("Error: Server closed the connection")
                  : std::string("Error: Server closed the connection: ") + std::strerror(error));
}

// The connection is free: what it does next.
void LoadThread::next(Connection& connection) {
    if (pacer_) {
        free_[(free_head_ + free_count_++) % free_.size()] = &connection;
        return;
    }
    if (const size_t units = draw_units(now_ns_); units != 0)
        send_pipeline(connection, units, now_ns_);
}

// How many units may be sent that start at start_ns; none when the test is at its end.
size_t LoadThread::draw_units(int64_t start_ns) {
    const auto pipeline = static_cast<int64_t>(plan_.requests->pipeline());
    if (exhausted_) return 0;
    if (start_ns < shared_.measure_from_ns) return static_cast<size_t>(pipeline);  // warming up
    if (plan_.duration_ns != 0) {
        exhausted_ = start_ns >= end_ns();
        return exhausted_ ? 0 : static_cast<size_t>(pipeline);
    }
    if (portion_ < pipeline) {
        // Large enough to leave the shared line alone, small enough that threads end together.
        const int64_t all = static_cast<int64_t>(LoadShared::units_of(plan_));
        const int64_t share = all / static_cast<int64_t>(plan_.threads * 64) + 1;
        const int64_t want = std::max(pipeline, std::min(share, kPortionMax));
        const int64_t left = shared_.units_left.fetch_sub(want, std::memory_order_relaxed);
        portion_ += std::clamp<int64_t>(left, 0, want);
    }
    const int64_t units = std::min(portion_, pipeline);
    portion_ -= units;
    exhausted_ = units == 0;
    return static_cast<size_t>(units);
}

void LoadThread::send_pipeline(Connection& connection, size_t units, int64_t start_ns) {
    const RequestTemplate& requests = *plan_.requests;
    if (requests.has_placeholders()) requests.patch(scratch_.get(), units, numbers_);
    connection.phase = Phase::busy;
    connection.replies_left = units * requests.unit_commands();
    connection.start_ns = start_ns;
    ++busy_;
    sent_ += connection.replies_left;
    const Slice bytes(scratch_.get(), units * requests.unit_bytes());
    if (transport_->send(connection.id, {&bytes, 1}) == SendStatus::done) return;
    // The transport still reads these bytes: they stay with the connection, the next pipeline gets
    // others. Only a full socket leads here, so the few blocks that are ever needed are soon there.
    connection.pending = std::move(scratch_);
    if (spare_.empty()) {
        scratch_ = std::make_unique_for_overwrite<char[]>(requests.bytes().size());
        std::memcpy(scratch_.get(), requests.bytes().data(), requests.bytes().size());
    } else {
        scratch_ = std::move(spare_.back());
        spare_.pop_back();
    }
}

// Open loop: sends what is due as long as there are connections for it.
void LoadThread::pump() {
    now_ns_ = shared_.clock.monotonic_ns();
    while (free_count_ != 0 && !exhausted_ && pacer_->is_due(now_ns_)) {
        const size_t units = draw_units(pacer_->due_ns());
        if (units == 0) return;
        Connection& connection = *free_[free_head_];
        free_head_ = (free_head_ + 1) % free_.size();
        --free_count_;
        send_pipeline(connection, units, pacer_->take());
    }
    if (plan_.duration_ns != 0 && pacer_->due_ns() >= end_ns()) exhausted_ = true;
}

int64_t LoadThread::poll_wait_ns() const {
    if (!pacer_ || free_count_ == 0 || exhausted_) return kPollMaxNs;
    const int64_t left_ns = pacer_->wait_ns(now_ns_);
    return left_ns < kSpinNs ? 0 : std::min(left_ns - kSpinNs / 2, kPollMaxNs);
}

uint64_t LoadThread::unsent() const {
    if (!pacer_ || exhausted_ || plan_.duration_ns == 0) return 0;
    Pacer rest = *pacer_;
    uint64_t pipelines = 0;
    for (; rest.due_ns() < end_ns(); rest.take()) ++pipelines;
    return pipelines * plan_.requests->pipeline() * plan_.requests->unit_commands();
}

void LoadThread::fail_with(std::string message) {
    if (!error_) error_ = Error{0, std::move(message)};
}

// The first error reply in `data`: skipping it again one reply at a time finds where it begins.
std::string LoadThread::error_text(ReplySkipper skipper, Slice data) {
    while (!data.empty()) {
        const bool starts_here = !skipper.in_reply();
        const ReplyCount one = skipper.skip(data, 1);
        if (one.errors != 0) {
            Slice text = starts_here ? data : Slice();
            if (!text.empty()) text.remove_prefix(1);
            text = text.substr(0, std::min(text.find_first_of("\r\n"), kErrorTextMax));
            return std::string(text);
        }
        if (one.consumed == 0) break;
        data.remove_prefix(one.consumed);
    }
    return "(its text was not kept)";
}

}  // namespace rota
