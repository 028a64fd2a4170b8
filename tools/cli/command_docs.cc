// SPDX-License-Identifier: BSD-3-Clause
#include "tools/cli/command_docs.h"

#include <algorithm>
#include <span>

#include "platform/text.h"

namespace rota {
namespace {

// A map of RESP3 and the flat array that RESP2 makes of it look alike here.
const ReplyValue* field(const ReplyValue& map, Slice name) {
    for (size_t i = 0; i + 1 < map.elements.size(); i += 2)
        if (map.elements[i].text == name) return &map.elements[i + 1];
    return nullptr;
}

std::string field_text(const ReplyValue& map, Slice name) {
    const ReplyValue* value = field(map, name);
    return value != nullptr ? value->text : std::string();
}

bool has_flag(const ReplyValue& argument, Slice flag) {
    const ReplyValue* flags = field(argument, "flags");
    if (flags == nullptr) return false;
    return std::any_of(flags->elements.begin(), flags->elements.end(),
                       [&](const ReplyValue& one) { return one.text == flag; });
}

CommandDoc::Piece piece_from(const ReplyValue& argument);

// The inside of a oneof or block: its arguments, joined.
void describe_group(const ReplyValue& argument, bool is_oneof, CommandDoc::Piece& piece) {
    const ReplyValue* parts = field(argument, "arguments");
    if (parts == nullptr) return;
    piece.words = 0;
    bool first = true;
    for (const ReplyValue& part : parts->elements) {
        const CommandDoc::Piece inner = piece_from(part);
        if (!first) piece.text += is_oneof ? " | " : " ";
        piece.text += inner.text;
        piece.words = is_oneof ? std::max(piece.words, inner.words) : piece.words + inner.words;
        if (is_oneof || first)
            piece.tokens.insert(piece.tokens.end(), inner.tokens.begin(), inner.tokens.end());
        first = false;
    }
}

CommandDoc::Piece piece_from(const ReplyValue& argument) {
    CommandDoc::Piece piece;
    const std::string type = field_text(argument, "type");
    const std::string token = field_text(argument, "token");
    if (type == "oneof" || type == "block") {
        describe_group(argument, type == "oneof", piece);
    } else if (type != "pure-token") {
        piece.text = field_text(argument, "display_text");
        if (piece.text.empty()) piece.text = field_text(argument, "name");
    }
    const std::string once = piece.text;
    if (!token.empty()) {
        if (type == "oneof") piece.text = "<" + piece.text + ">";
        piece.text = piece.text.empty() ? token : token + " " + piece.text;
        piece.words = type == "pure-token" ? 1 : piece.words + 1;
        piece.tokens = {token};
    }
    piece.optional = has_flag(argument, "optional");
    piece.multiple = has_flag(argument, "multiple");
    if (piece.multiple)
        piece.text += " [" + (has_flag(argument, "multiple_token") ? piece.text : once) + " ...]";
    if (piece.optional)
        piece.text = "[" + piece.text + "]";
    else if (type == "oneof" && token.empty())
        piece.text = "<" + piece.text + ">";
    return piece;
}

std::string display_name(Slice wire_name) {
    std::string name = to_upper(wire_name);
    std::replace(name.begin(), name.end(), '|', ' ');
    return name;
}

void add_command(std::vector<CommandDoc>& out, Slice name, const ReplyValue& map) {
    CommandDoc doc;
    doc.name = display_name(name);
    doc.summary = field_text(map, "summary");
    doc.since = field_text(map, "since");
    doc.group = field_text(map, "group");
    if (const ReplyValue* arguments = field(map, "arguments"))
        for (const ReplyValue& argument : arguments->elements)
            doc.pieces.push_back(piece_from(argument));
    const ReplyValue* subcommands = field(map, "subcommands");
    doc.container = subcommands != nullptr && !subcommands->elements.empty();
    out.push_back(std::move(doc));
    if (subcommands == nullptr) return;
    for (size_t i = 0; i + 1 < subcommands->elements.size(); i += 2)
        add_command(out, subcommands->elements[i].text, subcommands->elements[i + 1]);
}

// The words of a line that may still be in the middle of a quoted one.
std::vector<std::string> words_so_far(Slice line) {
    if (auto words = split_args(line)) return std::move(*words);
    std::vector<std::string> words;
    size_t at = 0;
    while ((at = line.find_first_not_of(' ', at)) != Slice::npos) {
        const size_t end = std::min(line.find(' ', at), line.size());
        words.emplace_back(line.substr(at, end - at));
        at = end;
    }
    return words;
}

std::string name_of(const std::vector<std::string>& words, size_t count) {
    std::string name;
    for (size_t i = 0; i < count; ++i) name += (i != 0 ? " " : "") + to_upper(words[i]);
    return name;
}

bool begins_with_token(const CommandDoc::Piece& piece, Slice word) {
    return std::any_of(piece.tokens.begin(), piece.tokens.end(),
                       [&](const std::string& token) { return equals_ignore_case(token, word); });
}

// The pieces that `typed` has not used up. Required values go in order; behind them options may
// come in any order, each recognised by its keyword.
std::vector<bool> used_pieces(const CommandDoc& doc, std::span<const std::string> typed) {
    std::vector<bool> used(doc.pieces.size(), false);
    size_t next = 0;
    for (size_t at = 0; at < typed.size();) {
        size_t hit = doc.pieces.size();
        for (size_t i = next; i < doc.pieces.size() && hit == doc.pieces.size(); ++i) {
            const CommandDoc::Piece& piece = doc.pieces[i];
            if (used[i]) continue;
            if (begins_with_token(piece, typed[at]))
                hit = i;
            else if (!piece.optional && piece.tokens.empty()) {
                hit = i;
                next = i + 1;
            }
        }
        if (hit == doc.pieces.size()) return used;
        if (doc.pieces[hit].multiple && !doc.pieces[hit].optional) return used;
        used[hit] = true;
        at += std::max<size_t>(1, doc.pieces[hit].words);
    }
    return used;
}

std::string describe(const CommandDoc& doc, bool style) {
    const char* bold = style ? "\033[1m" : "";
    const char* grey = style ? "\033[90m" : "";
    const char* yellow = style ? "\033[33m" : "";
    const char* plain = style ? "\033[0m" : "";
    std::string out = format("\n  %s%s%s %s%s%s\n", bold, doc.name.c_str(), plain, grey,
                             doc.syntax().c_str(), plain);
    append_format(out, "  %ssummary:%s %s\n", yellow, plain, doc.summary.c_str());
    append_format(out, "  %ssince:%s %s\n", yellow, plain, doc.since.c_str());
    append_format(out, "  %sgroup:%s %s\n", yellow, plain, doc.group.c_str());
    return out;
}

}  // namespace

std::string CommandDoc::syntax() const {
    std::string out;
    for (const Piece& piece : pieces) out.append(out.empty() ? "" : " ").append(piece.text);
    return out;
}

CommandDocs CommandDocs::from_reply(const ReplyValue& reply) {
    CommandDocs docs;
    for (size_t i = 0; i + 1 < reply.elements.size(); i += 2)
        add_command(docs.commands_, reply.elements[i].text, reply.elements[i + 1]);
    std::sort(
        docs.commands_.begin(), docs.commands_.end(),
        [](const CommandDoc& left, const CommandDoc& right) { return left.name < right.name; });
    return docs;
}

std::vector<std::string> CommandDocs::complete(Slice line) const {
    constexpr Slice kHelp = "help ";
    const bool help = starts_with_ignore_case(line, kHelp);
    const Slice prefix = help ? line.substr(kHelp.size()) : line;
    std::vector<std::string> out;
    for (const CommandDoc& doc : commands_) {
        if (!starts_with_ignore_case(doc.name, prefix)) continue;
        // Subcommands only once their container is typed: they would bury everything else.
        if (doc.name.find(' ', prefix.size()) != std::string::npos) continue;
        out.push_back((help ? std::string(kHelp) : std::string()) + doc.name);
    }
    return out;
}

const CommandDoc* CommandDocs::longest_match(const std::vector<std::string>& words,
                                             size_t& used) const {
    for (used = std::min<size_t>(2, words.size()); used > 0; --used) {
        const std::string name = name_of(words, used);
        const auto found = std::lower_bound(
            commands_.begin(), commands_.end(), name,
            [](const CommandDoc& doc, const std::string& wanted) { return doc.name < wanted; });
        if (found != commands_.end() && found->name == name) return &*found;
    }
    return nullptr;
}

std::string CommandDocs::hint(Slice line) const {
    std::vector<std::string> words = words_so_far(line);
    // "5 incr x" repeats a command.
    if (words.size() > 1 && parse_uint64(words.front())) words.erase(words.begin());
    size_t used = 0;
    const CommandDoc* doc = longest_match(words, used);
    if (doc == nullptr) return {};
    // The word under the cursor is not finished yet.
    const bool finished = line.back() == ' ';
    if (!finished && words.size() > used) words.pop_back();
    if (doc->container && doc->pieces.empty()) return "subcommand";
    const std::span<const std::string> typed(words.begin() + static_cast<ptrdiff_t>(used),
                                             words.end());
    const std::vector<bool> gone = used_pieces(*doc, typed);
    std::string out;
    for (size_t i = 0; i < gone.size(); ++i)
        if (!gone[i]) out.append(out.empty() ? "" : " ").append(doc->pieces[i].text);
    return out;
}

std::string CommandDocs::help(const std::vector<std::string>& words, bool style) const {
    std::string out;
    const bool by_group = words.size() == 1 && words.front().starts_with('@');
    const std::string wanted = name_of(words, words.size());
    for (const CommandDoc& doc : commands_) {
        const bool wants_group = by_group && equals_ignore_case(doc.group, words[0].substr(1));
        // A container's name shows its subcommands too.
        const bool wants_name = doc.name == wanted || doc.name.starts_with(wanted + " ");
        if (wants_group || (!by_group && wants_name)) out += describe(doc, style);
    }
    if (out.empty())
        out = "No help for that. Try help <command> or help @<group>.\n";
    else
        out += '\n';
    return out;
}

}  // namespace rota
