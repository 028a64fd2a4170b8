// SPDX-License-Identifier: BSD-3-Clause
#include "types/set.h"

#include <algorithm>

#include "platform/assert.h"
#include "types/sampling.h"

namespace rota {
namespace {

constexpr size_t kIntsetMax = size_t{1} << 30;  // whatever is configured

std::optional<int64_t> as_integer(Slice text) {
    return text.size() <= kIntegerTextMax ? parse_int64(text) : std::nullopt;
}

size_t digits(int64_t value) {
    char scratch[kIntegerTextMax];
    return write_integer(scratch, value);
}

}  // namespace

// -- As an entry keeps it --

Set Set::make(Slice first, size_t expected, const SetLimits& limits) {
    if (as_integer(first) && expected <= limits.intset_entries) return Set(Intset());
    if (expected <= limits.listpack_entries) return Set(Listpack());
    return make_table(limits.seed);
}

Set::Set(Encoding encoding, void* object) : encoding_(encoding) {
    switch (encoding) {
        case Encoding::intset:
            ints_ = Intset::adopt(object);
            return;
        case Encoding::listpack:
            pack_ = Listpack::adopt(object);
            return;
        case Encoding::hashtable:
            table_.reset(static_cast<MemberTable*>(object));
            return;
        default:
            UNREACHABLE();
    }
}

void* Set::release() {
    if (encoding_ == Encoding::intset) return ints_.release();
    if (encoding_ == Encoding::listpack) return pack_.release();
    return table_.release();
}

Set Set::copy() const {
    if (encoding_ == Encoding::intset) return Set(ints_.copy());
    if (encoding_ == Encoding::listpack) return Set(pack_.copy());
    auto made = std::make_unique<MemberTable>(table_->seed());
    table_->for_each(
        [&made](const Member* member) { made->insert(Member::make(member->name(), 0)); });
    return Set(std::move(made));
}

size_t Set::allocated_bytes(size_t samples) const {
    if (encoding_ == Encoding::intset) return ints_.allocated_bytes();
    if (encoding_ == Encoding::listpack) return pack_.allocated_bytes();
    return table_->allocated_bytes() + sampled_member_bytes(*table_, samples);
}

// -- From one form to another --

void Set::to_listpack() {
    Listpack pack;
    for (size_t i = 0; i < ints_.size(); ++i) pack.append_integer(ints_.at(i));
    *this = Set(std::move(pack));
}

void Set::to_table(const SipKey& seed) {
    auto table = std::make_unique<MemberTable>(seed);
    for_each([&table](Slice member) { table->insert(Member::make(member, 0)); });
    *this = Set(std::move(table));
}

void Set::expect(size_t count, const SetLimits& limits) {
    if ((encoding_ == Encoding::listpack && count > limits.listpack_entries) ||
        (encoding_ == Encoding::intset && count > limits.intset_entries))
        to_table(limits.seed);
}

void Set::narrow(const SetLimits& limits) {
    if (encoding_ == Encoding::intset) return;
    if (size() > std::min(limits.intset_entries, kIntsetMax)) return;
    Intset ints;
    for_each([&ints](Slice member) { ints.add(*as_integer(member)); });
    *this = Set(std::move(ints));
}

// -- Members --

size_t Set::size() const {
    if (encoding_ == Encoding::intset) return ints_.size();
    return encoding_ == Encoding::listpack ? pack_.count() : table_->size();
}

bool Set::contains(Slice member) const {
    if (encoding_ == Encoding::hashtable) return table_->find(member) != nullptr;
    if (encoding_ == Encoding::listpack)
        return pack_.find(pack_.first(), member) != Listpack::kNone;
    const auto number = as_integer(member);
    return number && ints_.contains(*number);
}

bool Set::add_integer(int64_t number, const SetLimits& limits) {
    if (!ints_.add(number)) return false;
    if (ints_.size() > std::min(limits.intset_entries, kIntsetMax)) to_table(limits.seed);
    return true;
}

bool Set::add(Slice member, const SetLimits& limits) {
    if (encoding_ == Encoding::intset) {
        if (const auto number = as_integer(member)) return add_integer(*number, limits);
        const size_t count = ints_.size();
        const size_t longest =
            count == 0 ? 0 : std::max(digits(ints_.at(0)), digits(ints_.at(count - 1)));
        const bool short_enough = std::max(member.size(), longest) <= limits.listpack_value;
        if (count < limits.listpack_entries && short_enough)
            to_listpack();
        else
            to_table(limits.seed);
    }
    if (contains(member)) return false;
    if (encoding_ == Encoding::listpack) {
        if (pack_.count() < limits.listpack_entries && member.size() <= limits.listpack_value &&
            pack_.fits(member.size() + Listpack::kOverheadMax)) {
            pack_.append(member);
            return true;
        }
        to_table(limits.seed);
    }
    table_->insert(Member::make(member, 0));
    return true;
}

bool Set::remove(Slice member) {
    if (encoding_ == Encoding::hashtable) return table_->erase(member);
    if (encoding_ == Encoding::intset) {
        const auto number = as_integer(member);
        return number && ints_.remove(*number);
    }
    const auto at = pack_.find(pack_.first(), member);
    if (at == Listpack::kNone) return false;
    pack_.erase(at);
    return true;
}

// -- Chance --

std::string Set::random(uint64_t& random) const {
    if (encoding_ == Encoding::hashtable) return std::string(table_->random(random)->name());
    char scratch[kIntegerTextMax];
    const size_t index = random_below(random, size());
    if (encoding_ == Encoding::intset) return {scratch, write_integer(scratch, ints_.at(index))};
    return std::string(pack_.get(pack_.seek(static_cast<int64_t>(index))).text(scratch));
}

std::vector<std::string> Set::sample(size_t count, uint64_t& random) const {
    std::vector<std::string> chosen;
    if (encoding_ == Encoding::hashtable && count < size() / kFewOfMany) {
        for (const Member* member : distinct_members(*table_, count, random))
            chosen.emplace_back(member->name());
        return chosen;
    }
    for_each([&chosen](Slice member) { chosen.emplace_back(member); });
    keep_random(chosen, count, random);
    return chosen;
}

}  // namespace rota
