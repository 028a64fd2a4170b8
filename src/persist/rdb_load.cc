// SPDX-License-Identifier: BSD-3-Clause
#include "persist/crc64.h"
#include "persist/dump_payload.h"
#include "persist/mapped_file.h"
#include "persist/rdb_file.h"
#include "platform/text.h"
#include "store/access.h"

namespace rota {
namespace {

constexpr size_t kMagicBytes = 9;           // a name and the digits of the version
constexpr uint64_t kFirstWithChecksum = 5;  // version

// What came before a key and is about it.
struct About {
    int64_t expire_at_ms = -1;
    std::optional<uint64_t> idle_s;
    std::optional<uint8_t> frequency;
};

class Loader {
public:
    Loader(Slice bytes, Keyspace& keyspace, const StoreOptions& options,
           const LoadSettings& settings)
        : reader_(bytes),
          keyspace_(keyspace),
          options_(options),
          limits_(load_limits(options, keyspace.seed())),
          settings_(settings) {
        report_.bytes = bytes.size();
    }

    Result<LoadReport> run() {
        if (!read_magic()) return failure();
        while (step()) {
        }
        if (!reason_.empty() || reader_.failed()) return failure();
        report_.end = reader_.offset();
        return std::move(report_);
    }

private:
    // Remembers the first reason and where it was; always false.
    bool refuse(std::string reason) {
        if (reason_.empty()) {
            reason_ = std::move(reason);
            at_ = begin_;
        }
        return false;
    }
    std::unexpected<Error> failure() {
        if (reason_.empty()) refuse("the file ends too soon");
        return fail(format("at byte %zu: ", at_) + reason_);
    }

    bool read_magic() {
        const Slice magic = reader_.raw(kMagicBytes);
        const size_t name = magic.starts_with("VALKEY") ? 6 : 5;
        const bool known = magic.starts_with("VALKEY") || magic.starts_with("REDIS");
        for (const char c : magic.substr(std::min(name, magic.size())))
            version_ = version_ * 10 + static_cast<uint64_t>(c - '0');
        if (!known) return refuse("no RDB file: its first bytes are others");
        if (!rdb::is_known_version(version_))
            return refuse(format("RDB version %llu cannot be read",
                                 static_cast<unsigned long long>(version_)));
        return true;
    }

    // One opcode or key; false: the end, or a failure.
    bool step() {
        begin_ = reader_.offset();
        const uint8_t code = reader_.byte();
        if (reader_.failed()) return false;
        switch (static_cast<rdb::Opcode>(code)) {
            case rdb::Opcode::end:
                return check_end();
            case rdb::Opcode::select_db:
                return select_db();
            case rdb::Opcode::aux:
                return read_aux();
            case rdb::Opcode::resize_db:
                return skip_lengths(2);
            case rdb::Opcode::slot_info:
                return skip_lengths(3);
            case rdb::Opcode::expire_ms:
                about_.expire_at_ms = static_cast<int64_t>(reader_.fixed64());
                return !reader_.failed();
            case rdb::Opcode::expire_seconds:
                about_.expire_at_ms = int64_t{static_cast<int32_t>(reader_.fixed32())} * 1000;
                return !reader_.failed();
            case rdb::Opcode::idle:
                about_.idle_s = reader_.length();
                return !reader_.failed();
            case rdb::Opcode::freq:
                about_.frequency = reader_.byte();
                return !reader_.failed();
            case rdb::Opcode::function_2:
                return read_library();
            case rdb::Opcode::module_aux:
                return refuse("it has data of a module");
            case rdb::Opcode::slot_import:
                return refuse("it was written while slots were being moved");
        }
        return read_key(code);
    }

    bool skip_lengths(int count) {
        for (; count > 0; --count) reader_.length();
        return !reader_.failed();
    }

    bool read_aux() {
        const std::string name(reader_.string());
        const Slice value = reader_.string();
        if (name == "valkey-ver" || name == "redis-ver") report_.written_by = value;
        return !reader_.failed();
    }

    bool read_library() {
        const Slice code = reader_.string();
        if (reader_.failed()) return false;
        if (settings_.functions == nullptr) return refuse("it has functions");
        const auto loaded = settings_.functions->load_library(code);
        if (!loaded) return refuse("a library of functions: " + loaded.error().message);
        ++report_.libraries;
        return true;
    }

    bool select_db() {
        const uint64_t index = reader_.length();
        if (reader_.failed()) return false;
        if (settings_.discard) return true;
        if (index >= static_cast<uint64_t>(keyspace_.count()))
            return refuse(format("there are only %d databases", keyspace_.count()));
        db_ = static_cast<int>(index);
        return true;
    }

    bool read_key(uint8_t type) {
        const std::string name(reader_.string());
        if (reader_.failed()) return false;
        auto value = read_value(reader_, type, limits_);
        if (!value) {
            return refuse(reader_.failed() ? "the value of a key ends too soon or is damaged"
                                           : "the value of a key is damaged or of a type that is "
                                             "not known");
        }
        const About about = std::exchange(about_, {});
        if (settings_.discard) {
            ++report_.keys;
            return true;
        }
        const int64_t now_ms = keyspace_.clock().now_ms;
        if (about.expire_at_ms != -1 && about.expire_at_ms < now_ms && !settings_.keep_expired) {
            ++report_.expired;
            return true;
        }
        Db& db = keyspace_.db(db_);
        const Key key = keyspace_.key(name);
        if (!settings_.replace && db.peek(key) != nullptr) return refuse("a key comes twice");
        Entry* entry = db.put(key, make_entry(name, std::move(*value), about.expire_at_ms));
        set_access(entry, about, now_ms);
        ++report_.keys;
        return true;
    }

    void set_access(Entry* entry, const About& about, int64_t now_ms) const {
        if (options_.lfu && about.frequency)
            entry->set_access(access::from_frequency(*about.frequency, now_ms));
        else if (!options_.lfu && about.idle_s)
            entry->set_access(
                access::from_idle(static_cast<int64_t>(*about.idle_s & access::kLruMax), now_ms));
    }

    bool check_end() {
        if (version_ < kFirstWithChecksum) return false;
        const Slice summed = reader_.consumed();
        const uint64_t wanted = reader_.fixed64();
        if (reader_.failed() || !settings_.checksum || wanted == 0) return false;
        const uint64_t sum = crc64(summed);
        if (sum == wanted) return false;
        return refuse(format("the checksum is %016llx, not %016llx as the file says",
                             static_cast<unsigned long long>(sum),
                             static_cast<unsigned long long>(wanted)));
    }

    RdbReader reader_;
    Keyspace& keyspace_;
    const StoreOptions& options_;
    const LoadLimits limits_;
    const LoadSettings settings_;
    uint64_t version_ = 0;
    int db_ = 0;
    About about_;
    LoadReport report_;
    size_t begin_ = 0, at_ = 0;  // of the latest step, of the failure
    std::string reason_;
};

}  // namespace

Result<LoadReport> load_rdb_bytes(Slice bytes, Keyspace& keyspace, const StoreOptions& options,
                                  const LoadSettings& settings) {
    return Loader(bytes, keyspace, options, settings).run();
}

Result<LoadReport> load_rdb(const std::string& path, Keyspace& keyspace,
                            const StoreOptions& options, const LoadSettings& settings) {
    const auto mapped = MappedFile::open(path);
    if (!mapped) return std::unexpected(mapped.error());
    return load_rdb_bytes(mapped->view(), keyspace, options, settings);
}

}  // namespace rota
