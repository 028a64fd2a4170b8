// SPDX-License-Identifier: BSD-3-Clause
#include "tests/history/history.h"

#include "platform/assert.h"
#include "platform/text.h"

namespace rota::history {
namespace {

constexpr size_t kShownMax = 48;  // longer texts lose their middle when shown

const char* name_of(Verb verb) {
    switch (verb) {
        case Verb::get:
            return "GET";
        case Verb::set:
            return "SET";
        case Verb::del:
            return "DEL";
        case Verb::append:
            return "APPEND";
        case Verb::incr:
            return "INCR";
        case Verb::strlen:
            return "STRLEN";
        case Verb::getrange:
            return "GETRANGE";
        case Verb::exists:
            return "EXISTS";
        case Verb::mget:
            return "MGET";
        case Verb::mset:
            return "MSET";
    }
    UNREACHABLE();
}

std::string describe(const History& history, const Call& call) {
    std::string text;
    for (const std::string& word : words(history, call))
        text += (text.empty() ? "" : " ") + shorten(word);
    return text;
}

}  // namespace

bool is_read(Verb verb) {
    switch (verb) {
        case Verb::get:
        case Verb::strlen:
        case Verb::getrange:
        case Verb::exists:
        case Verb::mget:
            return true;
        default:
            return false;
    }
}

std::string key_name(const History& history, uint32_t key) {
    return history.key_prefix + std::to_string(key);
}

std::vector<std::string> words(const History& history, const Call& call) {
    std::vector<std::string> made{name_of(call.verb)};
    for (size_t i = 0; i < call.keys.size(); ++i) {
        made.push_back(key_name(history, call.keys[i]));
        if (i < call.values.size()) made.push_back(call.values[i]);
    }
    if (call.verb == Verb::getrange) {
        made.push_back(std::to_string(call.first));
        made.push_back(std::to_string(call.last));
    }
    return made;
}

std::string shorten(const std::string& text) {
    std::string shown;
    const size_t half = kShownMax / 2;
    for (size_t i = 0; i < text.size(); ++i) {
        if (text.size() > kShownMax && i == half) {
            append_format(shown, "..(%zu bytes)..", text.size());
            i = text.size() - half;
        }
        if (text[i] == '\r' || text[i] == '\n')
            shown += text[i] == '\r' ? "\\r" : "\\n";
        else
            shown += text[i];
    }
    return shown;
}

std::string describe(const History& history, const Operation& operation, int64_t zero_ns) {
    const bool ended = operation.returned_ns != kNever;
    std::string text = format("client %-3u %10.1f us .. ", operation.client,
                              static_cast<double>(operation.invoked_ns - zero_ns) / 1e3);
    text += ended
                ? format("%10.1f us  ", static_cast<double>(operation.returned_ns - zero_ns) / 1e3)
                : std::string("     (never)  ");
    if (operation.transaction) text += "MULTI ";
    for (size_t i = 0; i < operation.calls.size(); ++i)
        text += (i ? "; " : "") + describe(history, operation.calls[i]);
    if (operation.transaction) text += " EXEC";
    return text + " -> " + (ended ? shorten(operation.reply) : "?");
}

}  // namespace rota::history
