// SPDX-License-Identifier: BSD-3-Clause
// A history: what some connections asked a server, what it answered, and when. Times are of one
// monotonic clock: an operation took effect somewhere between the moment before its first byte was
// sent and the moment after its last byte was received.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace rota::history {

enum class Verb : uint8_t { get, set, del, append, incr, strlen, getrange, exists, mget, mset };

bool is_read(Verb);

// One command. Keys are numbers here; key_name() says what the server calls them.
struct Call {
    Verb verb = Verb::get;
    std::vector<uint32_t> keys;
    std::vector<std::string> values;  // set, append: one; mset: one for each key
    int64_t first = 0, last = -1;     // getrange only
};

inline constexpr int64_t kNever = std::numeric_limits<int64_t>::max();

// What takes effect at once: one command, or all commands of a MULTI .. EXEC.
struct Operation {
    uint32_t client = 0;  // the connection; its operations stand in the order it sent them
    int64_t invoked_ns = 0;
    int64_t returned_ns = kNever;  // kNever: the connection ended first; it may have happened
    bool transaction = false;
    std::vector<Call> calls;
    std::string reply;  // as it came, RESP2; of a transaction what EXEC answered
};

struct History {
    std::string key_prefix;  // keeps the keys of one history apart from those of another
    uint32_t keys = 0;
    std::vector<Operation> operations;
};

std::string key_name(const History&, uint32_t key);

// The words of the command as they are sent.
std::vector<std::string> words(const History&, const Call&);

// One line for people: client, times relative to `zero_ns`, command and reply, long values cut.
std::string describe(const History&, const Operation&, int64_t zero_ns);

// Text with bytes that do not print escaped, and cut in the middle when it is long.
std::string shorten(const std::string& text);

}  // namespace rota::history
