// SPDX-License-Identifier: BSD-3-Clause
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <thread>

#include "persist/file_sink.h"
#include "persist/rdb_file.h"
#include "persist/rdb_writer.h"
#include "platform/text.h"
#include "store/access.h"

namespace rota {
namespace {

constexpr uint64_t kSyncBytes = 4 << 20;

struct Saving {
    RdbWriter& writer;
    const StoreOptions& options;
    const SaveSettings& settings;
    int64_t now_ms;
    std::atomic<uint64_t>& keys_done;
};

void write_aux(RdbWriter& writer, Slice name, Slice value) {
    writer.opcode(rdb::Opcode::aux);
    writer.string(name);
    writer.string(value);
}

void write_header(const Saving& saving) {
    RdbWriter& writer = saving.writer;
    writer.raw(format("VALKEY%03d", rdb::kVersion));
    write_aux(writer, "valkey-ver", saving.settings.version);
    write_aux(writer, "redis-bits", "64");
    write_aux(writer, "ctime", std::to_string(saving.now_ms / 1000));
    write_aux(writer, "used-mem", std::to_string(saving.settings.used_memory));
    write_aux(writer, "aof-base", saving.settings.aof_base ? "1" : "0");
}

bool evicts_by_age(EvictionPolicy policy) {
    return policy == EvictionPolicy::allkeys_lru || policy == EvictionPolicy::volatile_lru;
}

// How much it was used goes along only where that decides what is evicted.
void write_access(const Saving& saving, const Entry& entry) {
    if (saving.options.lfu) {
        saving.writer.opcode(rdb::Opcode::freq);
        saving.writer.byte(
            static_cast<uint8_t>(access::frequency(entry.access(), saving.options, saving.now_ms)));
    } else if (evicts_by_age(saving.options.maxmemory_policy)) {
        saving.writer.opcode(rdb::Opcode::idle);
        saving.writer.length(
            static_cast<uint64_t>(access::idle_ms(entry.access(), saving.now_ms) / 1000));
    }
}

void wait_for_tests(const Saving& saving) {
    const int32_t delay_us = saving.settings.key_delay_us;
    const uint64_t done = saving.keys_done.load(std::memory_order_relaxed);
    if (delay_us > 0)
        std::this_thread::sleep_for(std::chrono::microseconds(delay_us));
    else if (delay_us < 0 && done % static_cast<uint64_t>(-int64_t{delay_us}) == 0)
        std::this_thread::sleep_for(std::chrono::microseconds(1));
}

void write_entry(const Saving& saving, const Entry& entry) {
    RdbWriter& writer = saving.writer;
    if (entry.has_expiry()) {
        writer.opcode(rdb::Opcode::expire_ms);
        writer.fixed64(static_cast<uint64_t>(entry.expire_at_ms()));
    }
    write_access(saving, entry);
    writer.type_of(entry);
    writer.string(entry.key());
    writer.value_of(entry);
    saving.keys_done.fetch_add(1, std::memory_order_relaxed);
    if (saving.settings.key_delay_us != 0) wait_for_tests(saving);
}

void write_functions(const Saving& saving) {
    if (saving.settings.functions == nullptr) return;
    saving.settings.functions->for_each_library([&saving](Slice code) {
        saving.writer.opcode(rdb::Opcode::function_2);
        saving.writer.string(code);
    });
}

void write_databases(const Saving& saving, Keyspace& keyspace) {
    for (int i = 0; i < keyspace.count(); ++i) {
        Db& db = keyspace.db(i);
        if (db.size() == 0) continue;
        saving.writer.opcode(rdb::Opcode::select_db);
        saving.writer.length(static_cast<uint64_t>(i));
        saving.writer.opcode(rdb::Opcode::resize_db);
        saving.writer.length(db.size());
        saving.writer.length(db.expires_size());
        db.for_each([&saving](const Entry* entry) { write_entry(saving, *entry); });
    }
}

}  // namespace

Result<> write_rdb(const std::string& path, Keyspace& keyspace, const StoreOptions& options,
                   const SaveSettings& settings, std::atomic<uint64_t>& keys_done) {
    FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
    if (!file.valid()) return fail_errno("open " + path, errno);
    FileSink sink(std::move(file), path, settings.incremental_sync ? kSyncBytes : 0);
    RdbWriter writer(sink, settings.compress);
    const Saving saving{writer, options, settings, keyspace.clock().now_ms, keys_done};
    write_header(saving);
    write_functions(saving);
    write_databases(saving, keyspace);
    writer.opcode(rdb::Opcode::end);
    writer.fixed64(settings.checksum ? sink.checksum() : 0);
    return sink.finish();
}

std::string rdb_temp_path(const std::string& path, int pid) {
    const std::string name = "temp-" + std::to_string(pid) + ".rdb";
    const size_t slash = path.rfind('/');
    return slash == std::string::npos ? name : path.substr(0, slash + 1) + name;
}

Result<> save_rdb(const std::string& path, Keyspace& keyspace, const StoreOptions& options,
                  const SaveSettings& settings, std::atomic<uint64_t>& keys_done) {
    const std::string temporary = rdb_temp_path(path, static_cast<int>(::getpid()));
    auto done = write_rdb(temporary, keyspace, options, settings, keys_done);
    if (done) done = rename_file(temporary, path);
    if (done) return sync_directory(parent_directory(path));
    (void)unlink_if_exists(temporary);
    return done;
}

}  // namespace rota
