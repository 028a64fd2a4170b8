// SPDX-License-Identifier: BSD-3-Clause
#include "persist/aof_rewrite.h"

#include <fcntl.h>

#include <cerrno>

#include "persist/borrowed.h"
#include "persist/file_sink.h"
#include "platform/assert.h"
#include "platform/text.h"
#include "proto/command_writer.h"
#include "types/hash.h"
#include "types/list.h"
#include "types/set.h"
#include "types/stream.h"
#include "types/zset.h"

namespace rota {
namespace {

constexpr uint64_t kSyncBytes = 4 << 20;
constexpr size_t kItemsMax = 64;  // in one command, so that no command takes long to run

// Writes commands, those that add many items in parts.
class CommandWriter {
public:
    explicit CommandWriter(ByteSink& sink) : sink_(sink) {}

    void command(std::span<const Slice> args) {
        append_command(bytes_, args);
        sink_.write(bytes_.view());
        bytes_.clear();
    }
    void command(std::initializer_list<Slice> args) {
        command(std::span(args.begin(), args.size()));
    }

    // Items of `name` for `key` that follow: each of `words` arguments.
    void begin(Slice name, Slice key) {
        name_ = name;
        key_ = key;
    }
    void item(std::initializer_list<Slice> words) {
        for (const Slice word : words) items_.emplace_back(word);
        if (++count_ == kItemsMax) end();
    }
    void end() {
        if (count_ == 0) return;
        std::vector<Slice> args = {name_, key_};
        args.insert(args.end(), items_.begin(), items_.end());
        command(args);
        items_.clear();
        count_ = 0;
    }

private:
    ByteSink& sink_;
    Buffer bytes_;
    Slice name_, key_;
    std::vector<std::string> items_;
    size_t count_ = 0;
};

void write_list(CommandWriter& out, Slice key, const List& list) {
    out.begin("RPUSH", key);
    char scratch[kIntegerTextMax];
    for (auto at = list.first(); at; at = list.next(at)) out.item({list.get(at).text(scratch)});
    out.end();
}

void write_set(CommandWriter& out, Slice key, const Set& set) {
    out.begin("SADD", key);
    set.for_each([&](Slice member) { out.item({member}); });
    out.end();
}

void write_zset(CommandWriter& out, Slice key, const ZSet& zset) {
    out.begin("ZADD", key);
    zset.for_each([&](Slice member, double score) { out.item({format_double(score), member}); });
    out.end();
}

// Fields that have expired are there as well: later commands may say of them that they are gone.
void write_hash(CommandWriter& out, Slice key, const Hash& hash) {
    out.begin("HSET", key);
    hash.for_each(0, [&](Slice field, Slice value) { out.item({field, value}); });
    out.end();
    if (hash.expiring() == 0) return;
    hash.for_each(0, [&](Slice field, Slice) {
        const int64_t at_ms = hash.expiry(field, 0).value_or(Hash::kNever);
        if (at_ms == Hash::kNever) return;
        out.command({"HPEXPIREAT", key, IntegerText(at_ms), "FIELDS", "1", field});
    });
}

// An empty stream needs an entry to come into being, which is trimmed at once.
void write_entries(CommandWriter& out, Slice key, const Stream& stream) {
    const Stream::Counters& counters = stream.counters();
    if (stream.size() == 0) {
        const StreamId last = counters.last_id.is_zero() ? StreamId{0, 1} : counters.last_id;
        out.command({"XADD", key, "MAXLEN", "0", last.text(), "x", "y"});
    }
    stream.visit_forward(StreamId::min(), StreamId::max(), [&](const Stream::Entry& entry) {
        std::vector<std::string> words = {"XADD", std::string(key), entry.id.text()};
        char scratch[kIntegerTextMax];
        entry.for_each_field([&](const Listpack::Value& field, const Listpack::Value& value) {
            words.emplace_back(field.text(scratch));
            words.emplace_back(value.text(scratch));
        });
        out.command(std::vector<Slice>(words.begin(), words.end()));
        return true;
    });
    out.command({"XSETID", key, counters.last_id.text(), "ENTRIESADDED",
                 IntegerText(counters.entries_added), "MAXDELETEDID",
                 counters.max_deleted_id.text()});
}

void write_group(CommandWriter& out, Slice key, Slice name, const ConsumerGroup& group) {
    out.command({"XGROUP", "CREATE", key, name, group.last_id.text(), "ENTRIESREAD",
                 IntegerText(group.entries_read)});
    for (const auto& [consumer, state] : group.consumers())
        out.command({"XGROUP", "CREATECONSUMER", key, name, consumer});
    const auto& all = group.deliveries();
    for (auto at = all.begin(); at != all.end(); at = all.next(at)) {
        const auto& [id, delivery] = all[at];
        out.command({"XCLAIM", key, name, delivery.consumer->name, "0", id.text(), "TIME",
                     IntegerText(delivery.delivered_ms), "RETRYCOUNT", IntegerText(delivery.count),
                     "JUSTID", "FORCE"});
    }
}

void write_stream(CommandWriter& out, Slice key, const Stream& stream) {
    write_entries(out, key, stream);
    for (const auto& [name, group] : stream.groups()) write_group(out, key, name, group);
}

void write_value(CommandWriter& out, const Entry& entry) {
    char scratch[kIntegerTextMax];
    const Slice key = entry.key();
    switch (entry.type()) {
        case Type::string:
            return out.command({"SET", key, entry.string(scratch)});
        case Type::list:
            return write_list(out, key, *Borrowed<List>(entry));
        case Type::set:
            return write_set(out, key, *Borrowed<Set>(entry));
        case Type::zset:
            return write_zset(out, key, *Borrowed<ZSet>(entry));
        case Type::hash:
            return write_hash(out, key, *Borrowed<Hash>(entry));
        case Type::stream:
            return write_stream(out, key, *Borrowed<Stream>(entry));
        default:
            UNREACHABLE();
    }
}

}  // namespace

Result<> write_commands(const std::string& path, Keyspace& keyspace,
                        const FunctionStore* functions, std::atomic<uint64_t>& keys_done,
                        bool incremental_sync) {
    FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
    if (!file.valid()) return fail_errno("open " + path, errno);
    FileSink sink(std::move(file), path, incremental_sync ? kSyncBytes : 0);
    CommandWriter out(sink);
    if (functions != nullptr)
        functions->for_each_library(
            [&](Slice code) { out.command({"FUNCTION", "LOAD", "REPLACE", code}); });
    for (int i = 0; i < keyspace.count(); ++i) {
        Db& db = keyspace.db(i);
        if (db.size() == 0) continue;
        out.command({"SELECT", IntegerText(int64_t{i})});
        db.for_each([&](const Entry* entry) {
            write_value(out, *entry);
            if (entry->has_expiry())
                out.command({"PEXPIREAT", entry->key(), IntegerText(entry->expire_at_ms())});
            keys_done.fetch_add(1, std::memory_order_relaxed);
        });
    }
    return sink.finish();
}

}  // namespace rota
