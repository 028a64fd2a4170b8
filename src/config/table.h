// SPDX-License-Identifier: BSD-3-Clause
// ConfigTable: all directives of a server, rows joined with the structs they fill. It answers
// CONFIG GET and CONFIG SET and takes the lines of a configuration file; it has no opinion on what
// a directive does. Whoever must act on a change registers on_change(). Threading: the executor, or
// main() before there is one. Rows and options outlive the table.
#pragma once

#include <deque>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "config/row.h"
#include "config/value.h"
#include "platform/result.h"
#include "platform/slice.h"
#include "platform/text.h"

namespace rota {

// What the asker of CONFIG SET may do, and when it asks.
struct SetContext {
    bool loading = false;            // a dataset is being loaded
    bool protected_allowed = false;  // enable-protected-configs lets this client
};

class ConfigTable {
public:
    using Pair = std::pair<Slice, Slice>;
    using Apply = std::function<Result<>()>;

    // A row and where its value lies.
    struct Item {
        const ConfigRow* row;
        void* options;
        const void* defaults;  // a struct of the same type, untouched
        bool loaded = false;   // given by file or command line
        std::vector<size_t> applies;  // in the order of on_change()

        std::string value() const { return print_value(*row, options); }
        std::string default_value() const { return print_value(*row, defaults); }
        bool is_default() const { return value() == default_value(); }
    };

    ConfigTable() = default;
    ConfigTable(const ConfigTable&) = delete;
    ConfigTable& operator=(const ConfigTable&) = delete;

    // Binds rows to one struct. A name that is already there is our bug.
    template <class S>
    void add(std::span<const ConfigRow> rows, S* options) {
        auto defaults = std::make_shared<const S>();
        defaults_.push_back(defaults);
        for (const ConfigRow& row : rows) add_item({&row, options, defaults.get()});
    }

    // By name or alias in any case; null: no such directive.
    const Item* find(Slice name) const;
    // The value as CONFIG GET prints it. The directive must exist.
    std::string get(Slice name) const;
    // CONFIG GET: names (as asked for) or glob patterns; each name once, sorted. Aliases match too.
    std::vector<std::pair<std::string, std::string>> get_matching(
        std::span<const Slice> patterns) const;

    // CONFIG SET: all or nothing. On failure every value is what it was, the apply functions that
    // ran have run again with the old values, and the message is the whole error reply, code first.
    Result<> set_many(std::span<const Pair> pairs, const SetContext& context = {});

    // Runs after CONFIG SET has changed any of these directives, once for all of them. The message
    // of a failure goes to the client as the reason; then everything is rolled back and it runs
    // again. A directive may have several.
    void on_change(std::initializer_list<Slice> names, Apply apply);
    void on_change(Slice name, Apply apply) { on_change({name}, std::move(apply)); }

    // Must the value be kept out of logs, MONITOR and SLOWLOG?
    bool is_sensitive(Slice name) const;

    // For the reader of files: begin_load() once, then a line at a time (words[0] is the name,
    // which exists). Nothing is applied. The error's message is the reason alone.
    void begin_load();
    Result<> load_line(std::span<const std::string> words);

    // Every directive by name, without aliases.
    template <class Visit>
    void for_each(Visit&& visit) const {
        for (const auto& [name, item] : names_)
            if (name == item->row->name) visit(static_cast<const Item&>(*item));
    }
    // What the configuration sets although nothing acts on it yet, by name.
    std::vector<Slice> inert_in_use() const;

private:
    struct LessIgnoreCase {
        bool operator()(Slice a, Slice b) const;
    };
    struct Change {
        Item* item;
        Slice name;  // as the directive spells it: its name or its alias
        Slice value;
        SavedValue before;
    };

    void add_item(const Item& item);
    Item* find_item(Slice name, Slice* spelled);
    Result<std::vector<Change>> check(std::span<const Pair> pairs, const SetContext& context);
    Result<> apply(const std::vector<Change>& changes, const std::vector<size_t>& changed);

    std::deque<Item> items_;
    std::map<Slice, Item*, LessIgnoreCase> names_;  // names and aliases
    std::vector<std::shared_ptr<const void>> defaults_;
    std::vector<Apply> applies_;
};

}  // namespace rota
