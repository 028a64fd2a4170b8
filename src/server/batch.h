// SPDX-License-Identifier: BSD-3-Clause
// Batch: requests of many clients on their way to the executor, and the replies on their way back.
// It is the one thing that IO loops and the executor hand each other; the received bytes that its
// arguments point into stay alive until it is back.
//
// Threading: owned by one side at a time; what hands it over publishes it. The IO loop that made it
// fills the requests, the executor runs them and writes the replies, the loop sends those and uses
// the batch again. The executor may also send one of its own, with nothing but output.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "client/client.h"
#include "commands/command_table.h"
#include "platform/assert.h"
#include "platform/buffer.h"
#include "platform/slice.h"
#include "store/entry.h"
#include "transports/transport.h"

namespace rota {

inline constexpr size_t kBatchMax = 64;  // requests run together: the distance of a prefetch

struct Request {
    enum class Kind : uint8_t {
        command,
        protocol_error,  // its one argument is the text; the client ends after it
    };
    Client* client;
    RegisteredCommand* command;     // null: unknown
    Slice raw;                      // its bytes, to be kept if the client must wait
    uint32_t first_arg, arg_count;  // in Batch::args
    uint64_t key_hash;              // of the first key; 0: none
    Entry* prepared = nullptr;      // the entry that a plain SET is to publish; the taker clears it
    Kind kind = Kind::command;
};

// Bytes for one client, or only news for its IO half.
struct Outgoing {
    Client* client;
    size_t begin, end;  // in Batch::out
    ClientTerms terms;
};

struct alignas(kCacheLine) Batch {
    Batch() = default;
    Batch(const Batch&) = delete;

    // From the IO loop.
    std::vector<Request> requests;
    std::vector<Slice> args;
    std::vector<Buffer> borrowed;   // bytes that requests point into, beside received buffers
    std::vector<BufferId> buffers;  // received, to be recycled when the batch is back
    std::vector<Client*> readers;   // shared mode: on loan to be read until the batch is taken
    // From the executor.
    Buffer out;
    std::vector<Outgoing> outgoing;
    size_t terms_taken = 0;  // outgoing[0..] whose terms the loop has taken
    uint16_t loop = 0;       // whose clients it is about
    uint16_t home = 0;       // shared mode: the thread that made it and is to have it back
    bool own = false;  // made by the executor: only output, back to the executor it never goes

    // Memory of its own for what is received into it. Room for one receive, if there is any.
    bool has_input_room() const { return input_used_ + kReceiveBytes <= kInputBytes; }
    std::span<char> input_room(bool big) {
        ASSERT(has_input_room());
        if (!input_) input_ = std::make_unique_for_overwrite<char[]>(kInputBytes);
        const size_t most = big ? kReceiveBigBytes : kReceiveBytes;
        return {input_.get() + input_used_, std::min(most, kInputBytes - input_used_)};
    }
    // So many bytes of the last room are in use until the requests are cleared.
    void keep_input(std::span<char> room, size_t count) {
        const size_t end = static_cast<size_t>(room.data() - input_.get()) + count;
        input_used_ = (end + kCacheLine - 1) & ~(kCacheLine - 1);
    }
    void drop_input() { input_used_ = 0; }

    std::span<const Slice> args_of(const Request& request) const {
        return std::span<const Slice>(args).subspan(request.first_arg, request.arg_count);
    }
    ~Batch() { drop_prepared(); }
    // Entries that nobody has taken.
    void drop_prepared() {
        for (Request& request : requests) {
            if (request.prepared != nullptr) Entry::destroy(request.prepared);
        }
    }
    bool has_output() const { return !outgoing.empty(); }
    void clear_requests() {
        drop_prepared();
        empty(requests);
        empty(args);
        empty(borrowed);
        drop_input();
    }
    void clear_output() {
        constexpr size_t kKeep = size_t{1} << 20;  // a larger reply buffer is given back
        outgoing.clear();
        terms_taken = 0;
        out.clear();
        if (out.capacity() > kKeep) out.release();
    }

private:
    // A flood of tiny requests makes long lists, which are then given back.
    template <class Item>
    static void empty(std::vector<Item>& list) {
        constexpr size_t kKeep = 64 * kBatchMax;
        if (list.capacity() > kKeep) return std::vector<Item>().swap(list);
        list.clear();
    }

    static constexpr size_t kReceiveBytes = size_t{16} << 10;
    static constexpr size_t kReceiveBigBytes = size_t{64} << 10;  // when the last one was full
    static constexpr size_t kInputBytes = size_t{128} << 10;  // when little is left, a new batch

    std::unique_ptr<char[]> input_;
    size_t input_used_ = 0;
};

}  // namespace rota
