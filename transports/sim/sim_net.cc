// SPDX-License-Identifier: BSD-3-Clause
#include "transports/sim/sim_net.h"

#include <algorithm>
#include <cerrno>

#include "platform/assert.h"

namespace rota {

SimLink::SimLink(SimNet& net, std::string dialler, std::string listener, Endpoint::Kind kind)
    : net_(net), kind_(kind) {
    ends_[0].name = std::move(dialler);
    ends_[1].name = std::move(listener);
}

size_t SimLink::write(int end, Slice bytes) {
    End& own = ends_[end];
    End& other = ends_[1 - end];
    const SimOptions& options = net_.options();
    if (own.error != 0 || own.closed || own.output_ended || bytes.empty()) return 0;
    if (other.closed ||
        (options.reset_one_in != 0 && net_.random_below(options.reset_one_in) == 0)) {
        break_for(end, other.closed ? EPIPE : ECONNRESET);
        break_for(1 - end, ECONNRESET);
        return 0;
    }
    size_t count = std::min(bytes.size(), options.window - std::min(options.window, other.unread));
    if (options.partial_sends && count > 1) count = 1 + net_.random_below(count);
    for (Slice left = bytes.substr(0, count); !left.empty();) {
        const size_t piece =
            options.piece_max == 0
                ? left.size()
                : std::min<size_t>(left.size(), 1 + net_.random_below(options.piece_max));
        const auto delay_ns = static_cast<int64_t>(
            net_.random_below(static_cast<uint64_t>(options.delay_max_ns) + 1));
        other.last_due_ns = std::max(other.last_due_ns, net_.now_ns() + delay_ns);
        other.incoming.push_back({std::string(left.substr(0, piece)), other.last_due_ns});
        left.remove_prefix(piece);
    }
    other.unread += count;
    return count;
}

size_t SimLink::readable(int end) const {
    size_t count = 0;
    for (const Piece& piece : ends_[end].incoming) {
        if (piece.due_ns > net_.now_ns()) break;
        count += piece.bytes.size();
    }
    return count;
}

// One piece at a time where bytes are split, so that the splits reach the reader.
std::string SimLink::read(int end, size_t most) {
    End& own = ends_[end];
    std::string bytes;
    while (!own.incoming.empty() && own.incoming.front().due_ns <= net_.now_ns()) {
        std::string& piece = own.incoming.front().bytes;
        const size_t count = std::min(piece.size(), most - bytes.size());
        if (count == 0) break;
        bytes.append(piece, 0, count);
        piece.erase(0, count);
        if (piece.empty()) own.incoming.pop_front();
        if (net_.options().piece_max != 0) break;
    }
    own.unread -= bytes.size();
    return bytes;
}

bool SimLink::at_end(int end) const {
    const End& other = ends_[1 - end];
    return ends_[end].incoming.empty() && (other.output_ended || other.closed) &&
           other.end_due_ns <= net_.now_ns();
}

void SimLink::end_output(int end) {
    End& own = ends_[end];
    if (own.output_ended || own.closed) return;
    own.output_ended = true;
    own.end_due_ns = std::max(ends_[1 - end].last_due_ns, net_.now_ns());
}

void SimLink::close(int end) {
    End& own = ends_[end];
    if (own.closed) return;
    if (own.unread != 0) return reset(end);
    end_output(end);
    own.closed = true;
}

void SimLink::reset(int end) {
    ends_[end].closed = true;
    break_for(1 - end, ECONNRESET);
}

// What was under way to that end is destroyed.
void SimLink::break_for(int end, int error) {
    End& own = ends_[end];
    if (own.closed || own.error != 0) return;
    own.error = error;
    own.incoming.clear();
    own.unread = 0;
}

void SimPeer::State::flush() {
    if (link == nullptr) return;
    unsent.erase(0, link->write(0, unsent));
    if (unsent.empty() && half_close_asked) link->end_output(0);
}

void SimPeer::send(Slice bytes) {
    ASSERT(!state_->half_close_asked);
    state_->unsent.append(bytes);
    state_->flush();
}

size_t SimPeer::read_some(size_t most) {
    if (state_->link == nullptr) return 0;
    size_t count = 0;
    while (count < most) {
        const std::string bytes = state_->link->read(0, most - count);
        if (bytes.empty()) break;
        state_->received += bytes;
        count += bytes.size();
    }
    return count;
}

const std::string& SimPeer::received() {
    read_some(SIZE_MAX);
    return state_->received;
}

std::string SimPeer::take() {
    read_some(SIZE_MAX);
    return std::exchange(state_->received, {});
}

std::string SimPeer::take_read() { return std::exchange(state_->received, {}); }

void SimPeer::half_close() {
    state_->half_close_asked = true;
    state_->flush();
}

void SimPeer::close() {
    if (state_->link != nullptr) state_->link->close(0);
}

void SimPeer::reset() {
    if (state_->link != nullptr) state_->link->reset(0);
}

bool SimPeer::at_end() const {
    return state_->link != nullptr && state_->link->error(0) == 0 && state_->link->at_end(0);
}

bool SimPeer::eof() {
    read_some(SIZE_MAX);
    return at_end();
}

int SimPeer::error() const {
    return state_->link == nullptr ? ECONNREFUSED : state_->link->error(0);
}

size_t SimPeer::unsent() const { return state_->unsent.size(); }

std::string SimPeer::name() const { return state_->link ? state_->link->name(0) : std::string(); }

// SplitMix64: tiny, and the same everywhere.
uint64_t SimNet::random() {
    uint64_t mixed = random_ += 0x9e3779b97f4a7c15;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
    return mixed ^ (mixed >> 31);
}

int SimNet::park(Parked what) {
    parked_.emplace(next_descriptor_, std::move(what));
    return next_descriptor_++;
}

SimNet::Parked SimNet::unpark(int descriptor) {
    auto node = parked_.extract(descriptor);
    return node.empty() ? Parked{} : std::move(node.mapped());
}

void SimNet::advance(int64_t ns) {
    ASSERT(ns >= 0);
    now_ns_ += ns;
    std::erase_if(peers_, [](const auto& peer) { return peer.expired(); });
    for (const auto& peer : peers_) peer.lock()->flush();
}

SimPeer SimNet::dial(const Endpoint& where) {
    SimPeer peer;
    peer.state_ = std::make_shared<SimPeer::State>();
    peer.state_->link = connect(where);
    peers_.push_back(peer.state_);
    return peer;
}

std::shared_ptr<SimLink> SimNet::connect(const Endpoint& where, const std::string& from) {
    const auto listener = listening_.find(where.to_string());
    if (listener == listening_.end()) return nullptr;
    const bool is_unix = where.kind == Endpoint::Kind::unix_socket;
    const std::string far = is_unix ? where.host + ":0" : where.to_string();
    const std::string host = from.empty() ? "127.0.0.1" : from;
    const std::string near = is_unix ? far : format_host_port(host, next_port());
    auto link = std::make_shared<SimLink>(*this, near, far, where.kind);
    listener->second.push_back(link);
    return link;
}

uint16_t SimNet::next_port() {
    if (next_port_ == 0) next_port_ = kFirstPort;
    return next_port_++;
}

bool SimNet::open_port(Endpoint& where) {
    if (where.kind == Endpoint::Kind::tcp && where.port == 0) where.port = next_port();
    return listening_.try_emplace(where.to_string()).second;
}

void SimNet::close_port(const Endpoint& where) {
    const auto listener = listening_.find(where.to_string());
    if (listener == listening_.end()) return;
    for (const auto& link : listener->second) link->reset(1);
    listening_.erase(listener);
}

std::shared_ptr<SimLink> SimNet::next_pending(const Endpoint& where) {
    const auto listener = listening_.find(where.to_string());
    if (listener == listening_.end() || listener->second.empty()) return nullptr;
    auto link = std::move(listener->second.front());
    listener->second.pop_front();
    return link;
}

}  // namespace rota
