// SPDX-License-Identifier: BSD-3-Clause
#include "config/table.h"

#include <algorithm>

#include "platform/assert.h"

namespace rota {

bool ConfigTable::LessIgnoreCase::operator()(Slice a, Slice b) const {
    return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
        return static_cast<unsigned char>(to_lower(x)) < static_cast<unsigned char>(to_lower(y));
    });
}

void ConfigTable::add_item(const Item& item) {
    items_.push_back(item);
    const bool new_name = names_.emplace(item.row->name, &items_.back()).second;
    ASSERT(new_name);
    if (item.row->spec.alias.empty()) return;
    const bool new_alias = names_.emplace(item.row->spec.alias, &items_.back()).second;
    ASSERT(new_alias);
}

ConfigTable::Item* ConfigTable::find_item(Slice name, Slice* spelled) {
    auto found = names_.find(name);
    if (found == names_.end()) return nullptr;
    *spelled = found->first;
    return found->second;
}

const ConfigTable::Item* ConfigTable::find(Slice name) const {
    auto found = names_.find(name);
    return found == names_.end() ? nullptr : found->second;
}

std::string ConfigTable::get(Slice name) const {
    const Item* item = find(name);
    ASSERT(item != nullptr);
    return item->value();
}

bool ConfigTable::is_sensitive(Slice name) const {
    const Item* item = find(name);
    return item != nullptr && item->row->has(ConfigFlag::sensitive);
}

std::vector<std::pair<std::string, std::string>> ConfigTable::get_matching(
    std::span<const Slice> patterns) const {
    std::map<Slice, const Item*, LessIgnoreCase> matches;
    for (Slice pattern : patterns) {
        if (pattern.find_first_of("[*?") == Slice::npos) {
            if (const Item* item = find(pattern)) matches.emplace(pattern, item);
            continue;
        }
        for (const auto& [name, item] : names_)
            if (!item->row->has(ConfigFlag::hidden) && glob_match(pattern, name, Case::ignored))
                matches.emplace(name, item);
    }
    std::vector<std::pair<std::string, std::string>> pairs;
    for (const auto& [name, item] : matches) pairs.emplace_back(name, item->value());
    return pairs;
}

static std::unexpected<Error> refused(Slice name, const std::string& reason) {
    std::string message = "ERR CONFIG SET failed (possibly related to argument '";
    message += name;
    message += "')";
    if (!reason.empty()) message += " - " + reason;
    return fail(std::move(message));
}

// What can be said without looking at the values. The first offence counts.
Result<std::vector<ConfigTable::Change>> ConfigTable::check(std::span<const Pair> pairs,
                                                            const SetContext& context) {
    std::vector<Change> changes;
    for (const auto& [name, value] : pairs) {
        Slice spelled;
        Item* item = find_item(name, &spelled);
        if (item == nullptr) {
            std::string message = "ERR Unknown option or number of arguments for CONFIG SET - '";
            return fail(message.append(name) + "'");
        }
        const ConfigRow& row = *item->row;
        if (row.has(ConfigFlag::immutable)) return refused(name, "can't set immutable config");
        if (row.has(ConfigFlag::protect) && !context.protected_allowed)
            return refused(name, "can't set protected config");
        if (row.has(ConfigFlag::deny_loading) && context.loading)
            return fail("LOADING Rota is loading the dataset in memory");
        for (const Change& earlier : changes)
            if (earlier.name == spelled) return refused(name, "duplicate parameter");
        changes.push_back({item, spelled, value, {}});
    }
    for (Change& change : changes)
        change.before = save_value(*change.item->row, change.item->options);
    return changes;
}

static void restore(const auto& changes) {
    // Backwards, because a directive may appear under both its names.
    for (size_t i = changes.size(); i-- > 0;)
        restore_value(*changes[i].item->row, changes[i].item->options, changes[i].before);
}

Result<> ConfigTable::set_many(std::span<const Pair> pairs, const SetContext& context) {
    auto checked = check(pairs, context);
    if (!checked) return std::unexpected(checked.error());
    const std::vector<Change>& changes = *checked;

    std::vector<size_t> changed;
    for (size_t i = 0; i < changes.size(); ++i) {
        const Change& change = changes[i];
        const ConfigRow& row = *change.item->row;
        SetOutcome outcome = set_value(row, change.item->options, split_value(row, change.value));
        if (!outcome.refusal.empty()) {
            restore(changes);
            return refused(change.name, outcome.refusal);
        }
        if (outcome.changed || row.has(ConfigFlag::always_apply)) changed.push_back(i);
    }
    return apply(changes, changed);
}

Result<> ConfigTable::apply(const std::vector<Change>& changes,
                            const std::vector<size_t>& changed) {
    std::vector<size_t> ran;
    for (size_t i : changed) {
        for (const size_t id : changes[i].item->applies) {
            if (std::find(ran.begin(), ran.end(), id) != ran.end()) continue;
            ran.push_back(id);
            Result<> applied = applies_[id]();
            if (applied) continue;
            restore(changes);
            // The one that failed runs again too: it may have got half of the way. A second failure
            // has nobody left to tell; the function itself logs what it could not do.
            for (const size_t again : ran) (void)applies_[again]();
            return refused(changes[i].name, applied.error().message);
        }
    }
    return {};
}

void ConfigTable::on_change(std::initializer_list<Slice> names, Apply apply) {
    for (Slice name : names) {
        Slice spelled;
        Item* item = find_item(name, &spelled);
        ASSERT(item != nullptr);
        item->applies.push_back(applies_.size());
    }
    applies_.push_back(std::move(apply));
}

void ConfigTable::begin_load() {
    for (Item& item : items_) item.loaded = false;
}

Result<> ConfigTable::load_line(std::span<const std::string> words) {
    Slice spelled;
    Item* item = find_item(words[0], &spelled);
    ASSERT(item != nullptr);
    const ConfigRow& row = *item->row;
    std::vector<std::string> split;
    std::span<const std::string> values = words.subspan(1);
    if (!row.has(ConfigFlag::multi_arg) && values.size() != 1)
        return fail("wrong number of arguments");
    if (row.has(ConfigFlag::multi_arg) && values.size() == 1 && !values[0].empty()) {
        auto parts = split_args(values[0]);  // so that --save "60 1000" says what it seems to say
        if (!parts) return fail("Unbalanced quotes in configuration line");
        split = std::move(*parts);
        values = split;
    }
    const std::vector<Slice> slices(values.begin(), values.end());
    SetOutcome outcome = set_value(row, item->options, slices, item->loaded);
    if (!outcome.refusal.empty()) return fail(std::move(outcome.refusal));
    item->loaded = true;
    return {};
}

std::vector<Slice> ConfigTable::inert_in_use() const {
    std::vector<Slice> names;
    for_each([&](const Item& item) {
        if (item.loaded && item.row->has(ConfigFlag::inert)) names.push_back(item.row->name);
    });
    return names;
}

}  // namespace rota
