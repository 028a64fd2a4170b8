// SPDX-License-Identifier: BSD-3-Clause
#include "store/db.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <memory>
#include <new>
#include <utility>

#include "platform/assert.h"
#include "platform/text.h"
#include "store/access.h"
#include "store/slab.h"
#include "types/object.h"

namespace rota {
namespace {

constexpr size_t kEmbeddedMax = 128;    // bytes of Valkey's object that carries its string
constexpr size_t kBucketsPerLook = 64;  // at the clock, in step() and free_some()
constexpr size_t kAverageOf = 32;       // entries
constexpr size_t kSamples = 5;          // elements of each

}  // namespace

// Valkey keeps an object header of 8 bytes, the key and a short string in one allocation if they
// fit. Clients see the difference, so the sum is theirs: a string header is 1 byte below 32 bytes
// of key, else 3, each string ends in a zero, and a key is preceded by the size of its header.
Encoding string_encoding(size_t key_len, Slice value, bool has_expiry) {
    if (value.size() <= kIntegerTextMax && parse_int64(value)) return Encoding::integer;
    const size_t key = 1 + (key_len < 32 ? 1 : 3) + key_len + 1;
    const size_t total = 8 + key + (has_expiry ? 8 : 0) + 3 + value.size() + 1;
    return total <= kEmbeddedMax ? Encoding::embstr : Encoding::raw;
}

Entry* prepared_string(Slice key, Slice value) {
    return Entry::make_string(key, value, string_encoding(key.size(), value, false), -1);
}

Db::Db(int index, const SipKey& seed, const StoreOptions& options, const StoreClock& clock,
       Effects& effects, StoreStats& stats, Quiescence& quiescence, LazyFree& lazy_free)
    : index_(index),
      table_(seed, &quiescence),
      expires_(seed),
      seed_(seed),
      random_(seed.first ^ static_cast<uint64_t>(index)),
      options_(options),
      clock_(clock),
      effects_(effects),
      stats_(stats),
      quiescence_(quiescence),
      lazy_free_(lazy_free) {}

Db::~Db() {
    clear(false);
    for (Dying& dying : dying_) dying.table.drain_all(Entry::destroy);
}

size_t Db::size() const { return table_.size(); }
size_t Db::expires_size() const { return expires_.size(); }
int64_t Db::average_ttl_ms() const { return average_ttl_ms_; }

uint32_t Db::next_random() {  // xorshift64*
    random_ |= random_ == 0;
    random_ ^= random_ >> 12;
    random_ ^= random_ << 25;
    random_ ^= random_ >> 27;
    return static_cast<uint32_t>(random_ * 0x2545f4914f6cdd1du >> 32);
}

void Db::touch(Entry* entry) {
    const uint32_t random = options_.lfu ? next_random() : 0;
    const uint32_t bits = access::touched(entry->access(), options_, clock_.now_ms, random);
    if (bits != entry->access()) entry->set_access(bits);  // do not dirty a line for nothing
}

// -- Lookups --

Entry* Db::find_read(Key key, bool no_touch) {
    Table::Slot* slot = find_live(key);
    if (slot == nullptr) {
        ++stats_.misses;
        effects_.notify(EventClass::key_miss, "keymiss", key.name, index_);
        return nullptr;
    }
    ++stats_.hits;
    Entry* entry = Table::entry_of(*slot);
    if (!no_touch) use(entry);
    return entry;
}

Entry* Db::find_write(Key key) {
    Entry* entry = peek(key);
    if (entry != nullptr) use(entry);
    return entry;
}

Entry* Db::peek(Key key) {
    Table::Slot* slot = find_live(key);
    return slot != nullptr ? Table::entry_of(*slot) : nullptr;
}

SharedRead Db::read_shared(Key key, int64_t now_ms) const {
    using enum SharedRead::Status;
    const auto [found, entry] = table_.find_shared(key.hash, key.name);
    if (found != Table::Found::hit) return {found == Table::Found::miss ? miss : busy, nullptr};
    if (entry->has_expiry() && now_ms > entry->expire_at_ms()) return {expired, nullptr};
    return {hit, entry};
}

void Db::remove_expired(const Key& key, Table::Slot* slot) {
    ++stats_.expired_keys;
    remove(key, slot, EventClass::expired, "expired", options_.lazyfree_lazy_expire);
}

void Db::evict(Key key) {
    Table::Slot* slot = table_.find_slot(key.hash, key.name);
    ASSERT(slot != nullptr);
    ++stats_.evicted_keys;
    remove(key, slot, EventClass::evicted, "evicted", options_.lazyfree_lazy_eviction);
}

// What nobody asked for.
void Db::remove(const Key& key, Table::Slot* slot, EventClass kind, const char* event, bool lazy) {
    Entry* entry = detach(key, slot);
    effects_.notify(kind, event, entry->key(), index_);
    effects_.expired(index_, entry->key(), lazy ? "UNLINK" : "DEL");
    dispose(entry, lazy);
}

// -- Strings --

Entry* Db::set_string(Key key, Slice value, int64_t expire_at_ms, Expiry otherwise, Use counted) {
    Table::Slot* slot = find_live(key);
    Entry* old = slot != nullptr ? Table::entry_of(*slot) : nullptr;
    if (expire_at_ms < 0 && otherwise == Expiry::keep && old != nullptr)
        expire_at_ms = old->expire_at_ms();
    const Encoding encoding = string_encoding(key.name.size(), value, expire_at_ms >= 0);
    if (old != nullptr && !quiescence_.has_readers() &&
        old->try_overwrite(value, encoding, expire_at_ms)) {
        use(old, counted);
        return old;
    }
    Entry* entry = Entry::make_string(key.name, value, encoding, expire_at_ms);
    if (old == nullptr) return add(key, entry);
    entry->set_access(old->access());
    use(entry, counted);
    return exchange(key, slot, old, entry);
}

Entry* Db::set_prepared(Key key, Entry* entry) {
    ASSERT(!entry->has_expiry());
    Table::Slot* slot = find_live(key);
    if (slot == nullptr) return add(key, entry);
    Entry* old = Table::entry_of(*slot);
    entry->set_access(old->access());
    use(entry);
    return exchange(key, slot, old, entry);
}

Entry* Db::set_integer(Key key, int64_t value) {
    Table::Slot* slot = find_live(key);
    Entry* old = slot != nullptr ? Table::entry_of(*slot) : nullptr;
    if (old != nullptr && !quiescence_.has_readers() && old->encoding() == Encoding::integer) {
        old->set_integer(value);
        return old;
    }
    char scratch[kIntegerTextMax];
    return set_string(key, {scratch, write_integer(scratch, value)}, -1, Expiry::keep,
                      Use::counted);
}

Entry* Db::grow_string(Key key, size_t size) {
    Table::Slot* slot = find_live(key);
    if (slot == nullptr) {
        // Any size may be asked for: where there is no memory for it, nothing is left behind.
        const std::unique_ptr<Entry, decltype(&Entry::destroy)> empty(
            Entry::make_string(key.name, {}, Encoding::raw, -1), &Entry::destroy);
        Entry* entry = Entry::copy_resized(empty.get(), size);
        if (quiescence_.has_readers()) entry->set_private();
        std::memset(entry->mutable_value(), 0, size);
        return add(key, entry);
    }
    Entry* old = Table::entry_of(*slot);
    const size_t old_size = old->string_size();
    Entry* entry = resize(old, std::max(size, old_size), true);
    if (size > old_size) std::memset(entry->mutable_value() + old_size, 0, size - old_size);
    return exchange(key, slot, old, entry);
}

Entry* Db::append_string(Key key, Entry* old, Slice tail) {
    Table::Slot* slot = table_.find_slot(key.hash, key.name);
    ASSERT(slot != nullptr);
    ASSERT(Table::entry_of(*slot) == old);
    const size_t old_size = old->string_size();
    const size_t size = old_size + tail.size();
    Entry* entry = resize(old, size, size > Entry::kInlineMax);
    if (!tail.empty()) std::memcpy(entry->mutable_value() + old_size, tail.data(), tail.size());
    return exchange(key, slot, old, entry);
}

// In place where nobody can be looking.
Entry* Db::resize(Entry* old, size_t size, bool make_private) {
    if (!quiescence_.has_readers() || old->is_private()) return Entry::resize_string(old, size);
    Entry* entry = Entry::copy_resized(old, size);
    if (make_private) entry->set_private();
    return entry;
}

// -- Whole entries --

void Db::swap_entry(const Key& key, Table::Slot* slot, const Entry* old, Entry* entry) {
    const bool had_expiry = old->has_expiry();
    const bool has_expiry = entry->has_expiry();
    // First what may find no memory, so that no entry has an expiry and is not among those that do.
    if (has_expiry && !had_expiry) expires_.insert(key.hash, entry);
    table_.replace(slot, entry);
    if (had_expiry && has_expiry)
        ASSERT(expires_.replace(key.hash, old, entry));
    else if (had_expiry)
        ASSERT(expires_.erase(key.hash, old));
}

Entry* Db::exchange(const Key& key, Table::Slot* slot, Entry* old, Entry* entry) {
    if (entry == old) return entry;
    swap_entry(key, slot, old, entry);
    if (old->type() != entry->type()) effects_.ready(index_, entry->key());
    dispose(old, options_.lazyfree_lazy_server_del);
    return entry;
}

// Readers look at the values of strings alone, so others need not wait for them.
void Db::dispose(Entry* entry, bool lazy) {
    if (entry->type() != Type::string) {
        lazy ? lazy_free_.free(entry->type(), entry->encoding(), entry->object())
             : destroy_object(entry->type(), entry->encoding(), entry->object());
        return dispose_shell(entry);
    }
    if (!quiescence_.has_readers()) return Entry::destroy(entry);
    quiescence_.retire(entry, entry->allocated_size(),
                       [](void* what, size_t) { Entry::destroy(static_cast<Entry*>(what)); });
}

void Db::dispose_shell(Entry* entry) {
    quiescence_.retire(entry, Slab::rounded_size(entry->block_size()),
                       [](void* what, size_t) { Entry::destroy_shell(static_cast<Entry*>(what)); });
}

Entry* Db::add(const Key& key, Entry* entry) {
    if (entry->access() == 0) renew(entry);
    if (entry->has_expiry()) expires_.insert(key.hash, entry);
    try {
        table_.insert(key.hash, entry);
    } catch (const std::bad_alloc&) {  // in both tables or in none
        if (entry->has_expiry()) ASSERT(expires_.erase(key.hash, entry));
        throw;
    }
    effects_.notify(EventClass::created, "new", entry->key(), index_);
    effects_.ready(index_, entry->key());
    return entry;
}

void Db::renew(Entry* entry) { entry->set_access(access::fresh(options_, clock_.now_ms)); }

Entry* Db::put(Key key, Entry* entry, Use counted) {
    if (entry->key() != key.name) {
        Entry* other = std::exchange(entry, Entry::rebuild(entry, key.name, entry->expire_at_ms()));
        dispose_shell(other);
    }
    if (entry->encoding() == Encoding::embstr &&
        string_encoding(key.name.size(), entry->value(), entry->has_expiry()) == Encoding::raw)
        entry->set_encoding(Encoding::raw);
    if (Table::Slot* slot = table_.find_slot(key.hash, key.name); slot != nullptr) {
        Entry* old = Table::entry_of(*slot);
        ASSERT(old != entry);
        if (entry->access() == 0) {
            entry->set_access(old->access());
            use(entry, counted);
        }
        exchange(key, slot, old, entry);
        effects_.ready(index_, entry->key());
        return entry;
    }
    return add(key, entry);
}

Entry* Db::detach(const Key& key, Table::Slot* slot) {
    Entry* entry = Table::entry_of(*slot);
    if (entry->has_expiry()) ASSERT(expires_.erase(key.hash, entry));
    table_.erase(key.hash, slot);
    effects_.ready(index_, entry->key());
    return entry;
}

Entry* Db::take(Key key) {
    Table::Slot* slot = find_live(key);
    if (slot == nullptr) return nullptr;
    Entry* entry = detach(key, slot);
    if (!quiescence_.has_readers()) return entry;
    // A block that readers have seen must not be seen again: see the head of db.h.
    Entry* fresh = Entry::rebuild(entry, entry->key(), entry->expire_at_ms());
    dispose_shell(entry);
    return fresh;
}

bool Db::erase(Key key, bool lazy) {
    Table::Slot* slot = find_live(key);
    if (slot == nullptr) return false;
    dispose(detach(key, slot), lazy);
    return true;
}

Entry* Db::set_expiry(Key key, Entry* old, int64_t expire_at_ms) {
    const bool had_expiry = old->has_expiry();
    if (had_expiry == (expire_at_ms >= 0)) {
        if (had_expiry) old->set_expire_at_ms(expire_at_ms);
        return old;
    }
    Table::Slot* slot = table_.find_slot(key.hash, key.name);
    ASSERT(slot != nullptr);
    ASSERT(Table::entry_of(*slot) == old);
    // A shell until it is in: what it leads to is the old one's until then.
    std::unique_ptr<Entry, decltype(&Entry::destroy_shell)> entry(
        Entry::rebuild(old, key.name, expire_at_ms), &Entry::destroy_shell);
    if (entry->encoding() == Encoding::embstr)
        entry->set_encoding(string_encoding(key.name.size(), entry->value(), !had_expiry));
    swap_entry(key, slot, old, entry.get());
    Entry* in = entry.release();
    dispose_shell(old);
    return in;
}

uint64_t Db::random_bits() {
    return static_cast<uint64_t>(next_random()) << 32 | next_random() | 1;
}

Entry* Db::random() {
    uint64_t state = random_bits();
    return table_.random(state);
}

// -- The whole --

void Db::clear(bool lazy) {
    effects_.clearing(index_);
    expires_.clear();
    expire_cursor_ = 0;
    average_ttl_ms_ = 0;
    if (table_.size() == 0) return;
    if (!lazy && !quiescence_.has_readers()) return table_.drain_all(Entry::destroy);
    const size_t entry_bytes = average_bytes();
    dying_.push_back({std::move(table_), quiescence_.ticket(), entry_bytes});
}

// Told from a few that lie side by side, as good as any in the order of the hash.
size_t Db::average_bytes() {
    std::array<Entry*, kAverageOf> some;
    uint64_t random = random_bits();
    const size_t count = table_.sample(some, random);
    size_t bytes = 0;
    for (const Entry* entry : std::span(some).first(count)) {
        bytes += entry->allocated_size();
        if (entry->type() != Type::string)
            bytes += object_bytes(entry->type(), entry->encoding(), entry->object(), kSamples);
    }
    return count == 0 ? 0 : bytes / count;
}

void Db::swap_contents(Db& other) {
    table_.swap(other.table_);
    expires_.swap(other.expires_);
    std::swap(expire_cursor_, other.expire_cursor_);
    std::swap(average_ttl_ms_, other.average_ttl_ms_);
}

// False: there is nothing that could be freed now.
bool Db::free_once() {
    if (dying_.empty() || !quiescence_.over(dying_.front().ticket)) return false;
    const bool more = dying_.front().table.drain(kBucketsPerLook, [this](Entry* entry) {
        ++stats_.freed_entries;
        if (entry->type() == Type::string) return Entry::destroy(entry);
        lazy_free_.free(entry->type(), entry->encoding(), entry->object());
        Entry::destroy_shell(entry);
    });
    if (!more) dying_.pop_front();
    return true;
}

bool Db::rehash_once() {
    if (!options_.activerehashing) return false;
    const bool more = table_.step(kBucketsPerLook);
    return expires_.step(kBucketsPerLook) || more;
}

namespace {

template <class Once>
bool for_some_time(int64_t budget_us, Once&& once) {
    using Steady = std::chrono::steady_clock;
    if (!once()) return false;  // before the clock is asked: mostly there is nothing to do
    const auto end = Steady::now() + std::chrono::microseconds(budget_us);
    while (Steady::now() < end)
        if (!once()) return false;
    return true;
}

}  // namespace

bool Db::step(int64_t budget_us) {
    return for_some_time(budget_us, [this] { return free_once() || rehash_once(); });
}

bool Db::free_some(int64_t budget_us) {
    return for_some_time(budget_us, [this] { return free_once(); });
}

size_t Db::pending_free() const {
    size_t entries = 0;
    for (const Dying& dying : dying_) entries += dying.table.size();
    return entries;
}

size_t Db::pending_free_bytes() const {
    size_t bytes = 0;
    for (const Dying& dying : dying_) bytes += dying.table.size() * dying.entry_bytes;
    return bytes;
}

}  // namespace rota
