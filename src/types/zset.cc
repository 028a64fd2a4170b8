// SPDX-License-Identifier: BSD-3-Clause
#include "types/zset.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "platform/assert.h"
#include "types/sampling.h"

namespace rota {
namespace {

// Scores that are integers within these bounds are kept as integers.
constexpr double kIntegerMin = -4503599627370495.0, kIntegerMax = 4503599627370496.0;

std::optional<int64_t> as_integer(double score) {
    if (!(score >= kIntegerMin && score <= kIntegerMax)) return std::nullopt;
    const auto integer = static_cast<int64_t>(score);
    return static_cast<double>(integer) == score ? std::optional(integer) : std::nullopt;
}

}  // namespace

// -- As an entry keeps it --

ZSet ZSet::make(size_t expected, size_t longest, const ZSetLimits& limits) {
    if (expected <= limits.listpack_entries && longest <= limits.listpack_value)
        return make_listpack();
    return make_table(limits.seed);
}

ZSet::ZSet(Encoding encoding, void* object) {
    if (encoding == Encoding::listpack)
        pack_ = Listpack::adopt(object);
    else
        table_.reset(static_cast<ScoredTable*>(object));
}

void* ZSet::release() {
    if (table_) return table_.release();
    return pack_.release();
}

ZSet ZSet::copy() const {
    if (!table_) return ZSet(pack_.copy());
    auto made = std::make_unique<ScoredTable>(table_->members.seed());
    for_each([&made](Slice name, double score) {
        Member* member = Scored::make(name, score);
        made->members.insert(member);
        made->order.insert(score, member);
    });
    return ZSet(std::move(made));
}

size_t ZSet::allocated_bytes(size_t samples) const {
    if (!table_) return pack_.allocated_bytes();
    return sizeof(ScoredTable) + table_->members.allocated_bytes() +
           table_->order.allocated_bytes() + sampled_member_bytes(table_->members, samples);
}

// -- From one form to another --

void ZSet::to_table(const SipKey& seed) {
    auto table = std::make_unique<ScoredTable>(seed);
    for_each([&table](Slice name, double score) {
        Member* member = Scored::make(name, score);
        table->members.insert(member);
        table->order.insert(score, member);
    });
    *this = ZSet(std::move(table));
}

void ZSet::expect(size_t count, size_t longest, const ZSetLimits& limits) {
    if (table_) return;
    if (count > limits.listpack_entries || longest > limits.listpack_value) to_table(limits.seed);
}

void ZSet::compact(const ZSetLimits& limits) {
    if (!table_ || size() > limits.listpack_entries) return;
    size_t longest = 0, bytes = 0;
    for_each([&](Slice name, double) {
        longest = std::max(longest, name.size());
        bytes += name.size() + 2 * Listpack::kOverheadMax + kIntegerTextMax;
    });
    Listpack pack;
    if (longest > limits.listpack_value || !pack.fits(bytes)) return;
    ZSet small(std::move(pack));
    for_each([&small](Slice name, double score) { small.insert_in_pack(name, score); });
    *this = std::move(small);
}

// -- The listpack --

double ZSet::score_of(const Listpack::Value& value) {
    if (value.is_integer) return static_cast<double>(value.integer);
    return std::strtod(std::string(value.string).c_str(), nullptr);
}

void ZSet::insert_in_pack(Slice member, double score) {
    char scratch[kIntegerTextMax];
    auto at = pack_.first();
    // What is appended in order, as results are, need not be searched.
    if (at != Listpack::kNone) {
        const auto last_score_at = pack_.last();
        const double last = score_of(pack_.get(last_score_at));
        if (last < score ||
            (last == score && pack_.get(pack_.previous(last_score_at)).text(scratch) < member))
            at = Listpack::kNone;
    }
    while (at != Listpack::kNone) {
        const auto score_at = pack_.next(at);
        const double other = score_of(pack_.get(score_at));
        if (other > score || (other == score && pack_.get(at).text(scratch) > member)) break;
        at = pack_.next(score_at);
    }
    const auto placed = pack_.insert(at, member);
    const auto behind = pack_.next(placed);
    if (const auto integer = as_integer(score))
        pack_.insert_integer(behind, *integer);
    else
        pack_.insert(behind, format_double(score));
}

// -- Members --

std::optional<double> ZSet::score(Slice member) const {
    if (table_) {
        const Member* found = table_->members.find(member);
        return found ? std::optional(Scored::score(found)) : std::nullopt;
    }
    const auto at = pack_.find(pack_.first(), member, 1);
    if (at == Listpack::kNone) return std::nullopt;
    return score_of(pack_.get(pack_.next(at)));
}

std::optional<size_t> ZSet::rank(Slice member) const {
    if (table_) {
        const Member* found = table_->members.find(member);
        if (found == nullptr) return std::nullopt;
        return table_->order.rank(Scored::score(found), member);
    }
    size_t rank = 0;
    for (auto at = pack_.first(); at != Listpack::kNone; at = pack_.next(pack_.next(at)), ++rank)
        if (pack_.equals(at, member)) return rank;
    return std::nullopt;
}

void ZSet::add(Slice member, double score, const ZSetLimits& limits) {
    if (!table_) {
        if (size() < limits.listpack_entries && member.size() <= limits.listpack_value &&
            pack_.fits(member.size() + 2 * Listpack::kOverheadMax + kIntegerTextMax))
            return insert_in_pack(member, score);
        to_table(limits.seed);
    }
    Member* made = Scored::make(member, score);
    table_->members.insert(made);
    table_->order.insert(score, made);
}

void ZSet::change(Slice member, double old_score, double score, const ZSetLimits&) {
    if (!table_) {
        pack_.erase(pack_.find(pack_.first(), member, 1), 2);
        return insert_in_pack(member, score);
    }
    Member* found = table_->members.find(member);
    table_->order.change(old_score, score, found);
    Scored::set_score(found, score);
}

void ZSet::set(Slice member, double score, const ZSetLimits& limits) {
    const auto old = this->score(member);
    if (!old) return add(member, score, limits);
    // 0 and -0 are equal, and not the same.
    if (*old != score || std::signbit(*old) != std::signbit(score))
        change(member, *old, score, limits);
}

bool ZSet::remove(Slice member) {
    if (!table_) {
        const auto at = pack_.find(pack_.first(), member, 1);
        if (at == Listpack::kNone) return false;
        pack_.erase(at, 2);
        return true;
    }
    const Member* found = table_->members.find(member);
    if (found == nullptr) return false;
    table_->order.erase(Scored::score(found), found);
    return table_->members.erase(member);
}

void ZSet::remove_ranks(size_t begin, size_t count) {
    if (count == 0) return;
    if (!table_) return pack_.erase_range(static_cast<int64_t>(begin * 2), count * 2);
    for (; count > 0; --count) {
        const ScoreTree::Item item = *table_->order.at(begin);
        table_->order.erase(item.score, item.member);
        Member::destroy(table_->members.take(item.member->name()));
    }
}

// -- Chance --

ZSet::Pair ZSet::random(uint64_t& random) const {
    if (table_) {
        const Member* member = table_->members.random(random);
        return {std::string(member->name()), Scored::score(member)};
    }
    Pair chosen;
    visit_ranks(random_below(random, size()), 1, false, [&chosen](Slice name, double score) {
        chosen = {std::string(name), score};
    });
    return chosen;
}

std::vector<ZSet::Pair> ZSet::sample(size_t count, uint64_t& random) const {
    std::vector<Pair> chosen;
    if (table_ && count < size() / kFewOfMany) {
        for (const Member* member : distinct_members(table_->members, count, random))
            chosen.emplace_back(std::string(member->name()), Scored::score(member));
        return chosen;
    }
    for_each([&chosen](Slice name, double score) { chosen.emplace_back(name, score); });
    keep_random(chosen, count, random);
    return chosen;
}

}  // namespace rota
