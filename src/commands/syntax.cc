// SPDX-License-Identifier: BSD-3-Clause
#include "commands/syntax.h"

#include <algorithm>
#include <utility>

#include "platform/assert.h"
#include "platform/text.h"

namespace rota {
namespace {

// In the order of ArgumentType.
constexpr Slice kTypeNames[] = {"string",    "integer",    "double", "key",  "pattern",
                                "unix-time", "pure-token", "oneof",  "block"};

struct WordType {
    Slice word;
    ArgumentType type;
};

// Words that mean the same in nearly every command; the exceptions carry an annotation.
constexpr WordType kWords[] = {
    {"count", ArgumentType::integer},        {"cursor", ArgumentType::integer},
    {"db", ArgumentType::integer},           {"decrement", ArgumentType::integer},
    {"destination", ArgumentType::key},      {"destination-db", ArgumentType::integer},
    {"end", ArgumentType::integer},          {"end-slot", ArgumentType::integer},
    {"height", ArgumentType::real},          {"idle", ArgumentType::integer},
    {"increment", ArgumentType::integer},    {"index", ArgumentType::integer},
    {"latitude", ArgumentType::real},        {"limit", ArgumentType::integer},
    {"longitude", ArgumentType::real},       {"maxage", ArgumentType::integer},
    {"milliseconds", ArgumentType::integer}, {"offset", ArgumentType::integer},
    {"port", ArgumentType::integer},         {"radius", ArgumentType::real},
    {"score", ArgumentType::real},           {"seconds", ArgumentType::integer},
    {"slot", ArgumentType::integer},         {"source", ArgumentType::key},
    {"start", ArgumentType::integer},        {"start-slot", ArgumentType::integer},
    {"stop", ArgumentType::integer},         {"timeout", ArgumentType::real},
    {"weight", ArgumentType::integer},       {"width", ArgumentType::real},
};

// The number at the end of key1 and index2 says nothing about the type.
ArgumentType type_of_word(Slice word) {
    word = word.substr(0, word.find_last_not_of("0123456789") + 1);
    const auto* found = std::ranges::find(kWords, word, &WordType::word);
    if (found != std::end(kWords)) return found->type;
    if (word.starts_with("unix-time")) return ArgumentType::unix_time;
    if (word.starts_with("num") || word.ends_with("client-id")) return ArgumentType::integer;
    if (word.ends_with("pattern")) return ArgumentType::pattern;
    return word.ends_with("key") ? ArgumentType::key : ArgumentType::string;
}

bool is_token(Slice word) {
    const auto upper = [](char byte) { return byte >= 'A' && byte <= 'Z'; };
    const auto lower = [](char byte) { return byte >= 'a' && byte <= 'z'; };
    return std::ranges::any_of(word, upper) && std::ranges::none_of(word, lower);
}

// Recursive descent; every function leaves `at_` behind what it has read.
class Parser {
public:
    Parser(Slice text, size_t key_specs) : text_(text), key_specs_(key_specs) {}

    std::vector<Argument> parse() {
        std::vector<Argument> all = sequence(false);
        ASSERT(at_ == text_.size());
        return all;
    }

private:
    char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
    bool take(char byte) {
        if (peek() != byte) return false;
        ++at_;
        return true;
    }
    void skip_blanks() {
        while (take(' ')) {
        }
    }
    Slice word() {
        const size_t end = std::min(text_.find_first_of(" |[]<>=:#@!\"", at_), text_.size());
        return text_.substr(std::exchange(at_, end), end - at_);
    }

    // Items up to the end of the text, of the group or of the alternative. In a group, a token in
    // front belongs to all the items behind it. `token`: the one that these items stand behind.
    std::vector<Argument> sequence(bool in_group, Slice token = {}) {
        std::vector<Argument> items;
        Slice first_word;  // of the latest item: what a repetition of it starts with
        for (skip_blanks(); at_ < text_.size() && Slice("|]>").find(peek()) == Slice::npos;
             skip_blanks()) {
            if (!items.empty() && take_repetition(first_word, token, items.back())) continue;
            const size_t begin = at_;
            Argument item = named_item();
            if (item.type == ArgumentType::pure_token && binds_what_follows()) {
                auto bound = in_group && items.empty() ? sequence(false, item.token) : one_item();
                item = behind_token(std::move(item), std::move(bound));
            }
            first_word = leading_word(text_.substr(begin));
            items.push_back(std::move(item));
        }
        return items;
    }

    std::vector<Argument> one_item() {
        std::vector<Argument> items;
        items.push_back(named_item());
        return items;
    }

    // A token stands for itself in a group of its own and before an optional part, another token or
    // the end.
    bool binds_what_follows() {
        if (text_[at_ - 1] == ']' || text_[at_ - 1] == '>') return false;
        skip_blanks();
        const size_t begin = at_;
        Slice next = word();
        if (take('=')) next = word();
        const bool binds = !next.empty() ? !is_token(next) : peek() == '<';
        at_ = begin;
        return binds;
    }

    static Argument behind_token(Argument token, std::vector<Argument> bound) {
        Argument item;
        if (bound.size() == 1) {
            item = std::move(bound[0]);
        } else {
            item.type = ArgumentType::block;
            item.name = to_lower(token.token);
            item.parts = std::move(bound);
        }
        if (token.name != to_lower(token.token)) item.name = token.name;
        item.token = token.token;
        item.has_token = true;
        return item;
    }

    // What an item starts with, without its name.
    static Slice leading_word(Slice text) {
        const size_t end = std::min(text.find_first_of(" |[]<>=:#@!\""), text.size());
        if (end < text.size() && text[end] == '=') return leading_word(text.substr(end + 1));
        return end == 0 ? text.substr(0, 1) : text.substr(0, end);
    }

    // "[key ...]" behind `key`, "[...]" behind anything, "..." as the end of "[arg ...]".
    bool take_repetition(Slice first_word, Slice token, Argument& item) {
        if (text_.substr(at_).starts_with("...")) {
            at_ += 3;
            return item.multiple = true;
        }
        if (peek() != '[') return false;
        const size_t end = end_of_group();
        Slice inside = text_.substr(at_ + 1, end - at_ - 2);
        if (!inside.ends_with("...")) return false;
        inside.remove_suffix(3);
        if (item.has_token) token = item.token;
        const bool with_token = !token.empty() && leading_word(inside) == token;
        if (!inside.empty() && leading_word(inside) != first_word && !with_token) return false;
        item.multiple = true;
        item.multiple_token = with_token;
        at_ = end;
        return true;
    }

    size_t end_of_group() const {
        int depth = 0;
        size_t end = at_;
        do {
            ASSERT(end < text_.size());
            if (text_[end] == '[') ++depth;
            if (text_[end] == ']') --depth;
            ++end;
        } while (depth > 0);
        return end;
    }

    Argument named_item() {
        const size_t begin = at_;
        const Slice name = word();
        if (!name.empty() && take('=')) {
            Argument item = annotated_item();
            item.name = std::string(name);
            if (item.type == ArgumentType::pure_token) item.display = item.name;
            return item;
        }
        at_ = begin;
        return annotated_item();
    }

    Argument annotated_item() {
        Argument item = take('[')   ? group(']')
                        : take('<') ? group('>')
                        : take('"') ? quoted_token()
                                    : plain(word());
        for (;;) {
            if (take('@'))
                item.since = word();
            else if (take('!'))
                item.deprecated_since = word();
            else if (take('#'))
                item.key_spec = static_cast<int>(*parse_int64(word()));
            else
                break;
        }
        return item;
    }

    Argument group(char close) {
        std::vector<Argument> choices;
        do choices.push_back(joined(sequence(true)));
        while (take('|'));
        ASSERT(peek() == close);
        ++at_;
        Argument item;
        if (choices.size() == 1) {
            item = std::move(choices[0]);
        } else {
            item.type = ArgumentType::oneof;
            item.name = choices[0].name;
            item.parts = std::move(choices);
        }
        if (close == ']') item.optional = true;
        return item;
    }

    static Argument joined(std::vector<Argument> items) {
        ASSERT(!items.empty());
        if (items.size() == 1) return std::move(items[0]);
        Argument block{.name = items[0].name, .type = ArgumentType::block};
        block.parts = std::move(items);
        return block;
    }

    Argument quoted_token() {
        const size_t end = text_.find('"', at_);
        ASSERT(end != Slice::npos);
        const Slice token = text_.substr(at_, end - at_);
        at_ = end + 1;
        return pure_token(token);
    }

    static Argument pure_token(Slice token) {
        const std::string name = to_lower(token);
        return {.name = name,
                .type = ArgumentType::pure_token,
                .display = name,
                .token = token,
                .has_token = true};
    }

    Argument plain(Slice text) {
        ASSERT(!text.empty());
        if (is_token(text)) return pure_token(text);
        ArgumentType type = type_of_word(text);
        if (take(':')) {
            const Slice suffix = word();
            const auto* found = std::ranges::find(kTypeNames, suffix);
            if (found != std::end(kTypeNames)) {
                type = static_cast<ArgumentType>(found - kTypeNames);
            } else {  // a colon of the word itself: ip:port
                text = {text.data(), text.size() + 1 + suffix.size()};
            }
        }
        Argument item{.name = std::string(text), .type = type, .display = std::string(text)};
        if (type == ArgumentType::key && key_specs_ > 0)
            item.key_spec = static_cast<int>(std::min(keys_seen_++, key_specs_ - 1));
        return item;
    }

    Slice text_;
    size_t at_ = 0;
    size_t key_specs_, keys_seen_ = 0;
};

}  // namespace

std::vector<Argument> parse_syntax(Slice syntax, size_t key_specs) {
    return Parser(syntax, key_specs).parse();
}

Slice argument_type_name(ArgumentType type) { return kTypeNames[static_cast<size_t>(type)]; }

}  // namespace rota
