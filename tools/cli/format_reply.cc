// SPDX-License-Identifier: BSD-3-Clause
#include "tools/cli/format_reply.h"

#include "platform/text.h"
#include "tools/cli/quote.h"

namespace rota {
namespace {

using Type = ReplyType;

const char* empty_name(Type type) {
    switch (type) {
        case Type::map:
            return "(empty hash)\n";
        case Type::set:
            return "(empty set)\n";
        case Type::push:
            return "(empty push)\n";
        default:
            return "(empty array)\n";
    }
}

void append_tty(std::string& out, const ReplyValue& value, const std::string& indent);

// A nested value of several lines begins on a line of its own, all of it at the same depth.
void append_map_value(std::string& out, const ReplyValue& value, const std::string& indent) {
    const size_t begin = out.size();
    append_tty(out, value, indent);
    const bool several_lines = out.find('\n', begin) + 1 < out.size();
    if (!value.elements.empty() && several_lines) out.insert(begin, "\n" + indent);
}

// "1) ", "2~ ", "3# ": numbers are padded to the widest, and nested replies move right by as much.
void append_tty_elements(std::string& out, const ReplyValue& value, const std::string& indent) {
    const bool is_map = value.type == Type::map;
    const size_t step = is_map ? 2 : 1;
    const char mark = is_map ? '#' : value.type == Type::set ? '~' : ')';
    const size_t width = std::to_string(value.elements.size() / step).size();
    const std::string nested_indent = indent + std::string(width + 2, ' ');
    for (size_t i = 0; i + step <= value.elements.size(); i += step) {
        if (i != 0) out += indent;  // the caller has indented the first
        const std::string number = std::to_string(i / step + 1);
        out.append(width - number.size(), ' ').append(number) += mark;
        out += ' ';
        append_tty(out, value.elements[i], nested_indent);
        if (!is_map) continue;
        out.pop_back();  // the key's newline
        out += " => ";
        append_map_value(out, value.elements[i + 1], nested_indent);
    }
}

void append_tty(std::string& out, const ReplyValue& value, const std::string& indent) {
    switch (value.type) {
        case Type::error:
            out.append("(error) ").append(value.text) += '\n';
            return;
        case Type::integer:
            out.append("(integer) ").append(value.text) += '\n';
            return;
        case Type::real:
            out.append("(double) ").append(value.text) += '\n';
            return;
        case Type::bulk:
            append_repr(out, value.text);
            out += '\n';
            return;
        case Type::boolean:
            out += value.boolean ? "(true)\n" : "(false)\n";
            return;
        case Type::null:
            out += "(nil)\n";
            return;
        case Type::array:
        case Type::map:
        case Type::set:
        case Type::push:
            if (value.elements.empty())
                out += empty_name(value.type);
            else
                append_tty_elements(out, value, indent);
            return;
        default:
            out.append(value.text) += '\n';
            return;  // simple, verbatim, big number
    }
}

void append_raw(std::string& out, const ReplyValue& value, const std::string& delimiter) {
    switch (value.type) {
        case Type::error:
            out.append(value.text) += '\n';
            return;
        case Type::integer:
            out += value.text;
            return;
        case Type::boolean:
            out += value.boolean ? "(true)" : "(false)";
            return;
        case Type::null:
            return;
        case Type::array:
        case Type::set:
        case Type::push:
            for (size_t i = 0; i < value.elements.size(); ++i) {
                if (i != 0) out += delimiter;
                append_raw(out, value.elements[i], delimiter);
            }
            return;
        case Type::map:
            for (size_t i = 0; i + 1 < value.elements.size(); i += 2) {
                if (i != 0) out += delimiter;
                append_raw(out, value.elements[i], delimiter);
                out += ' ';
                append_raw(out, value.elements[i + 1], delimiter);
            }
            return;
        default:
            out += value.text;
            return;
    }
}

void append_csv(std::string& out, const ReplyValue& value) {
    switch (value.type) {
        case Type::error:
            out += "ERROR,";
            append_repr(out, value.text);
            return;
        case Type::integer:
            out += value.text;
            return;
        case Type::real:
        case Type::big_number:
            out += value.text;
            return;
        case Type::boolean:
            out += value.boolean ? "true" : "false";
            return;
        case Type::null:
            out += "NULL";
            return;
        case Type::array:
        case Type::map:
        case Type::set:
        case Type::push:
            for (size_t i = 0; i < value.elements.size(); ++i) {
                if (i != 0) out += ',';
                append_csv(out, value.elements[i]);
            }
            return;
        default:
            append_repr(out, value.text);
            return;
    }
}

void append_json_text(std::string& out, Slice text, bool ascii) {
    if (ascii)
        append_ascii_json_string(out, text);
    else
        append_json_string(out, text);
}

void append_json(std::string& out, const ReplyValue& value, bool ascii);

// A JSON key must be a string: other keys are written as JSON inside a string.
void append_json_key(std::string& out, const ReplyValue& key, bool ascii) {
    std::string text;
    append_json(text, key, ascii);
    if (text.starts_with('"'))
        out += text;
    else
        append_json_string(out, text);
}

void append_json_elements(std::string& out, const ReplyValue& value, bool ascii) {
    const bool is_map = value.type == Type::map;
    const size_t step = is_map ? 2 : 1;
    out += is_map ? '{' : '[';
    for (size_t i = 0; i + step <= value.elements.size(); i += step) {
        if (i != 0) out += ',';
        if (is_map) append_json_key(out, value.elements[i], ascii), out += ':';
        append_json(out, value.elements[i + step - 1], ascii);
    }
    out += is_map ? '}' : ']';
}

void append_json(std::string& out, const ReplyValue& value, bool ascii) {
    switch (value.type) {
        case Type::error:
            out += "error:";
            append_json_text(out, value.text, ascii);
            return;
        case Type::integer:
            out += value.text;
            return;
        case Type::real:
        case Type::big_number:
            out += value.text;
            return;
        case Type::boolean:
            out += value.boolean ? "true" : "false";
            return;
        case Type::null:
            out += "null";
            return;
        case Type::array:
        case Type::map:
        case Type::set:
        case Type::push:
            append_json_elements(out, value, ascii);
            return;
        default:
            append_json_text(out, value.text, ascii);
            return;
    }
}

bool is_invalidation(const ReplyValue& push) {
    return push.type == Type::push && push.elements.size() == 2 &&
           push.elements[0].text == "invalidate" && push.elements[1].type == Type::array;
}

}  // namespace

std::string format_reply(const ReplyValue& reply, const FormatOptions& options, bool verbatim) {
    std::string out;
    if (verbatim) {
        append_raw(out, reply, options.bulk_delimiter);
        return out;
    }
    switch (options.mode) {
        case OutputMode::standard:
            append_tty(out, reply, "");
            break;
        case OutputMode::raw:
            append_raw(out, reply, options.bulk_delimiter);
            out += options.command_delimiter;
            break;
        case OutputMode::csv:
            append_csv(out, reply);
            out += '\n';
            break;
        case OutputMode::json:
        case OutputMode::quoted_json:
            append_json(out, reply, options.mode == OutputMode::quoted_json);
            out += '\n';
            break;
    }
    return out;
}

std::string format_push(const ReplyValue& push, const FormatOptions& options) {
    if (options.mode != OutputMode::standard || !is_invalidation(push))
        return format_reply(push, options, false);
    std::string out = "-> invalidate: ";
    for (size_t i = 0; i < push.elements[1].elements.size(); ++i) {
        if (i != 0) out += ", ";
        out.append("'").append(push.elements[1].elements[i].text) += '\'';
    }
    return out += '\n';
}

}  // namespace rota
