// SPDX-License-Identifier: BSD-3-Clause
// Arrays within arrays are a stack of open aggregates, not recursion: a reply can stop anywhere and
// go on with the next read.
#include "proto/reply_parser.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <iterator>
#include <utility>

#include "platform/assert.h"
#include "platform/text.h"

namespace rota {

namespace {

bool is_known_type(char type) { return std::strchr("+-:$*_,#(=!%~>|", type) && type != 0; }

// RESP allows a plus sign; otherwise the canonical form.
bool read_integer(Slice text, int64_t& value) {
    if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
    const auto number = parse_int64(text);
    if (number) value = *number;
    return number.has_value();
}

bool read_real(Slice text, double& value) {
    if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
    const char* const end = text.data() + text.size();
    const auto done = std::from_chars(text.data(), end, value);
    return done.ec == std::errc() && done.ptr == end;
}

ReplyType aggregate_type(char type) {
    switch (type) {
        case '%':
        case '|':
            return ReplyType::map;
        case '~':
            return ReplyType::set;
        case '>':
            return ReplyType::push;
        default:
            return ReplyType::array;
    }
}

}  // namespace

ParseStatus ReplyParser::parse(Slice bytes) {
    if (open_.empty()) {
        if (bytes.empty()) return ParseStatus::need_more;
        reset();
        open_.emplace_back().left = 1;
    }
    ASSERT(position_ <= bytes.size());
    while (true) {
        while (open_.back().left == 0 && open_.size() > 1) close();
        if (open_.back().left == 0) break;
        const ParseStatus status = read_value(bytes);
        if (status != ParseStatus::complete) return status;
    }
    value_ = std::move(open_.back().value.elements.front());
    open_.clear();
    consumed_ = position_;
    return ParseStatus::complete;
}

ParseStatus ReplyParser::read_value(Slice bytes) {
    if (bulk_type_ == 0) {
        const ParseStatus status = read_line(bytes);
        if (status != ParseStatus::complete || bulk_type_ == 0) return status;
    }
    return read_body(bytes);
}

ParseStatus ReplyParser::read_line(Slice bytes) {
    if (line_ == bytes.size()) return ParseStatus::need_more;
    const char type = bytes[line_];
    if (!is_known_type(type)) {
        return refuse(std::string("unknown reply type '") + type + "'");
    }
    const size_t stop = std::min(bytes.size(), line_ + limits_.line_len_max + 1);
    const void* found = nullptr;
    if (position_ < stop) found = std::memchr(bytes.data() + position_, '\r', stop - position_);
    if (found == nullptr) {
        position_ = stop;
        if (stop - line_ > limits_.line_len_max) return refuse("reply line too long");
        return ParseStatus::need_more;
    }
    position_ = static_cast<size_t>(static_cast<const char*>(found) - bytes.data());
    if (position_ + 1 == bytes.size()) return ParseStatus::need_more;
    if (bytes[position_ + 1] != '\n') return refuse("reply line does not end with CRLF");
    const Slice line = bytes.substr(line_ + 1, position_ - line_ - 1);
    line_ = position_ += 2;
    return accept_line(type, line);
}

ParseStatus ReplyParser::accept_line(char type, Slice line) {
    if (std::strchr("$=!*%~>|", type) == nullptr) return accept_scalar(type, line);
    const auto announced = parse_int64(line);
    if (!announced) return refuse("bad length in a reply");
    const int64_t number = *announced;
    if (number == -1 && (type == '$' || type == '*')) return add({});
    if (number < 0) return refuse("negative length in a reply");
    if (type == '$' || type == '=' || type == '!') return accept_bulk_len(type, number);
    return open(type, number);
}

ParseStatus ReplyParser::accept_scalar(char type, Slice line) {
    ReplyValue value;
    value.text.assign(line);
    switch (type) {
        case '+':
            value.type = ReplyType::simple;
            break;
        case '-':
            value.type = ReplyType::error;
            break;
        case '(':
            value.type = ReplyType::big_number;
            break;
        case ':':
            value.type = ReplyType::integer;
            if (!read_integer(line, value.integer)) return refuse("bad integer in a reply");
            break;
        case ',':
            value.type = ReplyType::real;
            if (!read_real(line, value.real)) return refuse("bad double in a reply");
            break;
        case '#':
            value.type = ReplyType::boolean;
            if (line != "t" && line != "f") return refuse("bad boolean in a reply");
            value.boolean = line == "t";
            break;
        default:
            if (!line.empty()) return refuse("bad null in a reply");
    }
    return add(std::move(value));
}

ParseStatus ReplyParser::accept_bulk_len(char type, int64_t len) {
    if (len > limits_.bulk_len_max) return refuse("bulk string in a reply too long");
    if (type == '=' && len < 4) return refuse("verbatim string in a reply too short");
    bulk_type_ = type;
    bulk_len_ = static_cast<size_t>(len);
    return ParseStatus::complete;
}

ParseStatus ReplyParser::read_body(Slice bytes) {
    if (bytes.size() - position_ < bulk_len_ + 2) return ParseStatus::need_more;
    Slice body = bytes.substr(position_, bulk_len_);
    const char* const end = body.data() + body.size();
    if (end[0] != '\r' || end[1] != '\n') return refuse("bulk string does not end with CRLF");
    ReplyValue value;
    value.type = bulk_type_ == '!' ? ReplyType::error : ReplyType::bulk;
    if (bulk_type_ == '=') {
        if (body[3] != ':') return refuse("verbatim string without its format");
        value.type = ReplyType::verbatim;
        std::copy_n(body.data(), 3, value.format);
        body.remove_prefix(4);
    }
    value.text.assign(body);
    line_ = position_ += bulk_len_ + 2;
    bulk_type_ = 0;
    return add(std::move(value));
}

ParseStatus ReplyParser::open(char type, int64_t count) {
    if (count > limits_.count_max) return refuse("too many elements announced in a reply");
    if (open_.size() > limits_.depth_max) return refuse("reply nested too deep");
    Open& aggregate = open_.emplace_back();
    aggregate.value.type = aggregate_type(type);
    aggregate.left = aggregate.value.type == ReplyType::map ? count * 2 : count;
    aggregate.is_attribute = type == '|';
    return ParseStatus::complete;
}

ParseStatus ReplyParser::add(ReplyValue&& value) {
    Open& aggregate = open_.back();
    value.attributes = std::exchange(aggregate.attributes, {});
    aggregate.value.elements.push_back(std::move(value));
    --aggregate.left;
    return ParseStatus::complete;
}

void ReplyParser::close() {
    Open done = std::move(open_.back());
    open_.pop_back();
    if (!done.is_attribute) {
        add(std::move(done.value));
        return;
    }
    std::vector<ReplyValue>& pending = open_.back().attributes;
    pending.insert(pending.end(), std::make_move_iterator(done.value.elements.begin()),
                   std::make_move_iterator(done.value.elements.end()));
}

ParseStatus ReplyParser::refuse(std::string text) {
    open_.clear();
    error_ = std::move(text);
    return ParseStatus::invalid;
}

void ReplyParser::reset() {
    open_.clear();
    value_ = {};
    error_.clear();
    line_ = position_ = consumed_ = bulk_len_ = 0;
    bulk_type_ = 0;
}

}  // namespace rota
