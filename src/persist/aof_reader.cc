// SPDX-License-Identifier: BSD-3-Clause
#include "persist/aof_reader.h"

#include <algorithm>
#include <climits>

#include "platform/text.h"

namespace rota {
namespace {

constexpr size_t kMarkMax = 32;              // "*<number>\r\n"
constexpr size_t kAnnotationMax = 1024;      // bytes
constexpr size_t kArgsMax = 1024 * 1024;     // as many as a request may have
constexpr size_t kArgMax = size_t{1} << 40;  // more than any string

// The digits that are there, at the end of a file, may be the beginning of a mark.
bool may_be_number(Slice rest) {
    if (rest.ends_with('\r')) rest.remove_suffix(1);
    return rest.size() < kMarkMax &&
           std::ranges::all_of(rest, [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

bool begins_like_rdb(Slice bytes) {
    return bytes.starts_with("REDIS") || bytes.starts_with("VALKEY");
}

AofReader::Step AofReader::fail(Step step, const char* reason) {
    reason_ = reason;
    failed_at_ = cursor_;
    return step;
}

// A mark: what ends with CRLF not far from here. nullopt: no end in sight.
std::optional<Slice> AofReader::line() {
    const Slice rest = bytes_.substr(cursor_, kMarkMax);
    const size_t end = rest.find("\r\n");
    if (end == Slice::npos) return std::nullopt;
    return rest.substr(0, end);
}

AofReader::Step AofReader::number(char sign, size_t max, size_t& into) {
    if (cursor_ == bytes_.size()) return fail(Step::truncated, "the file ends in a command");
    if (bytes_[cursor_] != sign)
        return fail(Step::damaged, sign == '*' ? "expected '*'" : "expected '$'");
    const auto text = line();
    if (!text && may_be_number(bytes_.substr(cursor_ + 1)))
        return fail(Step::truncated, "the file ends in a command");
    const auto value = text ? parse_uint64(text->substr(1)) : std::nullopt;
    if (!value || *value > max || (sign == '*' && *value == 0))
        return fail(Step::damaged, "a number that cannot be");
    into = static_cast<size_t>(*value);
    cursor_ += text->size() + 2;
    return Step::command;
}

AofReader::Step AofReader::command() {
    size_t count;
    if (const Step step = number('*', kArgsMax, count); step != Step::command) return step;
    args_.clear();
    for (; count > 0; --count) {
        size_t size;
        if (const Step step = number('$', kArgMax, size); step != Step::command) return step;
        if (bytes_.size() - cursor_ < size + 2)
            return fail(Step::truncated, "the file ends in an argument");
        if (bytes_.substr(cursor_ + size, 2) != "\r\n") {
            cursor_ += size;
            return fail(Step::damaged, "an argument does not end where it should");
        }
        args_.push_back(bytes_.substr(cursor_, size));
        cursor_ += size + 2;
    }
    end_ = cursor_;
    return Step::command;
}

AofReader::Step AofReader::next() {
    at_ = cursor_ = end_;
    if (cursor_ == bytes_.size()) return Step::end;
    if (bytes_[cursor_] != '#') return command();
    const Slice rest = bytes_.substr(cursor_, kAnnotationMax);
    const size_t end = rest.find("\r\n");
    if (end == Slice::npos) {
        const bool may_go_on = rest.size() < kAnnotationMax;
        return fail(may_go_on ? Step::truncated : Step::damaged, "an annotation without an end");
    }
    annotation_ = rest.substr(0, end);
    end_ = cursor_ + end + 2;
    return Step::annotation;
}

bool command_follows(Slice bytes, size_t from) {
    constexpr int kTriesMax = 1000;
    for (int tries = 0; tries < kTriesMax; ++tries) {
        const size_t at = bytes.find("\r\n*", from);
        if (at == Slice::npos) return false;
        from = at + 2;
        if (AofReader(bytes, from).next() == AofReader::Step::command) return true;
    }
    return false;
}

std::optional<int64_t> AofReader::timestamp() const {
    constexpr Slice kMark = "#TS:";
    if (!annotation_.starts_with(kMark)) return std::nullopt;
    return parse_int64(annotation_.substr(kMark.size()));
}

}  // namespace rota
