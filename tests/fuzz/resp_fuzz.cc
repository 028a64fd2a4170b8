// SPDX-License-Identifier: BSD-3-Clause
// Requests from a hostile client. The input's first byte chooses the limits, the rest is the wire.
// However the wire is cut, the same requests, the same error and the same count of consumed bytes
// must come out, equal to those of a plain model that looks at the whole input at once.
#include <algorithm>
#include <string>
#include <vector>

#include "platform/text.h"
#include "proto/command_writer.h"
#include "proto/request_parser.h"
#include "tests/fuzz/check.h"

namespace rota::fuzz {
namespace {

struct Request {
    std::vector<std::string> args;
    size_t end;  // where it ends in the wire
    bool operator==(const Request&) const = default;
};

struct Outcome {
    std::vector<Request> requests;
    std::string error;
    bool operator==(const Outcome&) const = default;
};

RequestLimits limits_of(uint8_t choice) {
    RequestLimits limits = (choice & 1) ? RequestLimits::before_auth() : RequestLimits();
    if (choice & 2) limits.inline_len_max = 32;
    if (choice & 4) limits.bulk_len_max = 20;
    return limits;
}

// Pieces arrive one after the other; before each look the unconsumed bytes move to new memory.
Outcome parse_in_pieces(Slice wire, const RequestLimits& limits, Cutter cutter) {
    Outcome outcome;
    RequestParser parser;
    size_t begin = 0, arrived = 0;
    while (arrived < wire.size() && outcome.error.empty()) {
        arrived += cutter.next(wire.size() - arrived);
        while (true) {
            const ExactCopy bytes(wire.substr(begin, arrived - begin));
            const ParseStatus status = parser.parse(bytes.view(), limits);
            ASSERT(parser.memory_bytes() <= 256 + 64 * wire.size());
            if (status == ParseStatus::need_more) break;
            if (status == ParseStatus::invalid) {
                outcome.error = parser.error();
                ASSERT(!outcome.error.empty());
                break;
            }
            ASSERT(parser.consumed() > 0);
            ASSERT(parser.consumed() <= bytes.view().size());
            ASSERT(!parser.in_request());
            begin += parser.consumed();
            outcome.requests.push_back({{parser.args().begin(), parser.args().end()}, begin});
        }
    }
    return outcome;
}

// The model: whole lines by search, numbers by the strict reader, no state kept anywhere.
class Model {
public:
    Model(Slice wire, const RequestLimits& limits) : wire_(wire), limits_(limits) {}

    Outcome run() {
        while (at_ < wire_.size() && (wire_[at_] == '*' ? read_array() : read_inline())) continue;
        return std::move(outcome_);
    }

private:
    bool fail(const std::string& text) {
        outcome_.error = "Protocol error: " + text;
        return false;
    }

    // A header line behind `at`: false if it is unfinished or wrong.
    bool read_header(size_t& at, const char* too_long, const char* bad_number, int64_t& number,
                     bool check_type) {
        const size_t end = wire_.find('\r', at);
        if (end == Slice::npos || end - at > limits_.inline_len_max) {
            return wire_.size() - at > limits_.inline_len_max ? fail(too_long) : false;
        }
        if (end + 1 == wire_.size()) return false;
        if (check_type && wire_[at] != '$') {
            return fail(std::string("expected '$', got '") + wire_[at] + "'");
        }
        if (wire_[end + 1] != '\n') return fail("invalid CRLF in request");
        const auto value = parse_int64(wire_.substr(at + 1, end - at - 1));
        if (!value) return fail(bad_number);
        number = *value;
        at = end + 2;
        return true;
    }

    bool read_array() {
        size_t at = at_;
        int64_t count = 0;
        if (!read_header(at, "too big mbulk count string", "invalid multibulk length", count,
                         false)) {
            return false;
        }
        if (count > limits_.args_max) return fail("invalid multibulk length");
        if (!limits_.authenticated && count > 10) return fail("unauthenticated multibulk length");
        std::vector<std::string> args;
        for (int64_t i = 0; i < count; ++i) {
            if (!read_bulk(at, args)) return false;
        }
        at_ = at;
        outcome_.requests.push_back({std::move(args), at_});
        return true;
    }

    bool read_bulk(size_t& at, std::vector<std::string>& args) {
        int64_t len = 0;
        if (at == wire_.size()) return false;
        if (!read_header(at, "too big bulk count string", "invalid bulk length", len, true)) {
            return false;
        }
        if (len < 0 || len > limits_.bulk_len_max) return fail("invalid bulk length");
        if (!limits_.authenticated && len > 16384) return fail("unauthenticated bulk length");
        const size_t size = static_cast<size_t>(len);
        if (wire_.size() - at < size + 2) return false;
        if (wire_.substr(at + size, 2) != "\r\n") return fail("invalid CRLF in request");
        args.emplace_back(wire_.substr(at, size));
        at += size + 2;
        return true;
    }

    bool read_inline() {
        const size_t end = wire_.find('\n', at_);
        if (end == Slice::npos || end - at_ > limits_.inline_len_max) {
            return wire_.size() - at_ > limits_.inline_len_max ? fail("too big inline request")
                                                               : false;
        }
        std::vector<std::string> args;
        Slice line = wire_.substr(at_, end - at_);
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (!split(line, args)) return fail("unbalanced quotes in request");
        at_ = end + 1;
        outcome_.requests.push_back({std::move(args), at_});
        return true;
    }

    static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

    static bool split(Slice line, std::vector<std::string>& args) {
        bool in_word = false;
        for (size_t i = 0; i < line.size(); ++i) {
            const char c = line[i];
            if (is_blank(c) || (!in_word && (c == '\v' || c == '\f'))) {
                in_word = false;
                continue;
            }
            if (!in_word) args.emplace_back();
            in_word = true;
            if (c != '"' && c != '\'') {
                args.back() += c;
            } else if (!take_quoted(line, i, args.back())) {
                return false;
            }
        }
        return true;
    }

    // i: the opening quote; afterwards the closing one.
    static bool take_quoted(Slice line, size_t& i, std::string& word) {
        const char quote = line[i];
        while (++i < line.size() && line[i] != quote) {
            const Slice rest = line.substr(i);
            // A backslash right before the line's last byte stands for itself.
            if (rest.size() <= 2) {
                word += rest[0];
            } else if (quote == '\'' && rest.substr(0, 2) == "\\'") {
                word += '\'';
                i += 1;
            } else if (quote == '\'' || rest[0] != '\\') {
                word += rest[0];
            } else if (rest[1] == 'x' && rest.size() > 3 && hex_digit(rest[2]) >= 0 &&
                       hex_digit(rest[3]) >= 0) {
                word += static_cast<char>(hex_digit(rest[2]) << 4 | hex_digit(rest[3]));
                i += 3;
            } else {
                const Slice from = "nrtba", to = "\n\r\t\b\a";
                const size_t known = from.find(rest[1]);
                word += known == Slice::npos ? rest[1] : to[known];
                i += 1;
            }
        }
        return i < line.size();
    }

    const Slice wire_;
    const RequestLimits limits_;
    size_t at_ = 0;
    Outcome outcome_;
};

// What a client of ours writes, the parser reads back.
void check_round_trip(const Request& request) {
    if (request.args.empty()) return;
    const std::vector<Slice> args(request.args.begin(), request.args.end());
    Buffer out;
    append_command(out, args);
    RequestParser parser;
    ASSERT(parser.parse(out.view(), {}) == ParseStatus::complete);
    ASSERT(parser.consumed() == out.size());
    ASSERT(std::ranges::equal(parser.args(), args));
}

}  // namespace
}  // namespace rota::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace rota::fuzz;
    if (size == 0) return 0;
    const rota::RequestLimits limits = limits_of(data[0]);
    const rota::Slice wire(reinterpret_cast<const char*>(data) + 1, size - 1);
    const Outcome model = Model(wire, limits).run();
    ASSERT(parse_in_pieces(wire, limits, {Cutter::Pieces::whole, 0}) == model);
    ASSERT(parse_in_pieces(wire, limits, {Cutter::Pieces::random, size}) == model);
    if (size <= 1024) {  // quadratic in the size
        ASSERT(parse_in_pieces(wire, limits, {Cutter::Pieces::single_bytes, 0}) == model);
    }
    for (const Request& request : model.requests) check_round_trip(request);
    return 0;
}
