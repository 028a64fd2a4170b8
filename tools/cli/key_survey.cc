// SPDX-License-Identifier: BSD-3-Clause
// --bigkeys, --memkeys, --hotkeys: a walk over the keyspace that asks about every key, in pipelined
// batches, and reports the record holders on the way and a summary at the end.
#include <algorithm>
#include <cstdio>

#include "platform/text.h"
#include "tools/cli/modes.h"

namespace rota {
namespace {

struct TypeSurvey {
    Slice type;
    Slice size_command;
    const char* unit;
    int64_t keys = 0;
    int64_t total = 0;
    int64_t biggest = 0;
    std::string biggest_key;
};

double share(int64_t part, int64_t whole) {
    return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

long long number(int64_t value) { return value; }

class KeySurvey {
public:
    KeySurvey(ClientConnection& connection, const CliOptions& options)
        : connection_(connection), options_(options) {}

    Result<> run();

private:
    Result<> look_at(const std::vector<std::string>& keys);
    Result<std::vector<std::string>> types_of(const std::vector<std::string>& keys);
    void queue_size(const std::string& key, const TypeSurvey& survey);
    TypeSurvey* survey_of(Slice type);
    void count(const std::string& key, int64_t size, TypeSurvey& survey);
    void print_summary();
    bool by_memory() const { return options_.mode == CliMode::mem_keys; }

    ClientConnection& connection_;
    const CliOptions& options_;
    int64_t keys_expected_ = 0, keys_seen_ = 0, key_bytes_ = 0;
    // Keys of module types are counted, but no command knows their size.
    std::vector<TypeSurvey> surveys_{{"list", "LLEN", "items"},     {"hash", "HLEN", "fields"},
                                     {"string", "STRLEN", "bytes"}, {"stream", "XLEN", "entries"},
                                     {"set", "SCARD", "members"},   {"zset", "ZCARD", "members"}};
};

Result<> KeySurvey::run() {
    Result<ReplyValue> size = ask(connection_, {"DBSIZE"});
    if (!size) return std::unexpected(size.error());
    keys_expected_ = size->integer;
    std::printf(
        "\n# Scanning the whole keyspace for the biggest keys and the average size of each\n"
        "# type. -i 0.1 makes a pause of 0.1 s per 100 SCAN calls (seldom needed).\n\n");
    std::fflush(stdout);
    const Result<> done =
        scan_keys(connection_, options_, [this](const auto& keys) { return look_at(keys); });
    if (done) print_summary();
    return done;
}

Result<std::vector<std::string>> KeySurvey::types_of(const std::vector<std::string>& keys) {
    for (const std::string& key : keys) connection_.queue({"TYPE", key});
    if (Result<> sent = connection_.flush(); !sent) return std::unexpected(sent.error());
    std::vector<std::string> types;
    for (size_t i = 0; i < keys.size(); ++i) {
        Result<ReplyValue> reply = connection_.read_reply();
        if (!reply) return std::unexpected(reply.error());
        if (reply->is_error()) return fail("TYPE: " + reply->text);
        types.push_back(std::move(reply->text));
    }
    return types;
}

TypeSurvey* KeySurvey::survey_of(Slice type) {
    if (type == "none") return nullptr;  // gone since SCAN named it
    for (TypeSurvey& survey : surveys_)
        if (survey.type == type) return &survey;
    return nullptr;
}

void KeySurvey::queue_size(const std::string& key, const TypeSurvey& survey) {
    if (!by_memory()) return connection_.queue({survey.size_command, key});
    const std::string samples = std::to_string(options_.memory_samples);
    if (options_.memory_samples < 0)
        connection_.queue({"MEMORY", "USAGE", key});
    else
        connection_.queue({"MEMORY", "USAGE", key, "SAMPLES", samples});
}

Result<> KeySurvey::look_at(const std::vector<std::string>& keys) {
    Result<std::vector<std::string>> types = types_of(keys);
    if (!types) return std::unexpected(types.error());
    for (size_t i = 0; i < keys.size(); ++i)
        if (TypeSurvey* survey = survey_of((*types)[i])) queue_size(keys[i], *survey);
    if (Result<> sent = connection_.flush(); !sent) return sent;
    for (size_t i = 0; i < keys.size(); ++i) {
        ++keys_seen_;
        key_bytes_ += static_cast<int64_t>(keys[i].size());
        TypeSurvey* survey = survey_of((*types)[i]);
        if (survey == nullptr) continue;
        Result<ReplyValue> reply = connection_.read_reply();
        if (!reply) return std::unexpected(reply.error());
        // An error here is a key that changed its type since; it counts as empty.
        count(keys[i], reply->type == ReplyType::integer ? reply->integer : 0, *survey);
    }
    return {};
}

void KeySurvey::count(const std::string& key, int64_t size, TypeSurvey& survey) {
    ++survey.keys;
    survey.total += size;
    if (size <= survey.biggest) return;
    survey.biggest = size;
    survey.biggest_key = escape_repr(key);
    std::printf("[%05.2f%%] Biggest %-6s found so far '%s' with %lld %s\n",
                100 * std::min(1.0, share(keys_seen_, keys_expected_)),
                std::string(survey.type).c_str(), survey.biggest_key.c_str(), number(size),
                by_memory() ? "bytes" : survey.unit);
    std::fflush(stdout);
}

void KeySurvey::print_summary() {
    std::printf("\n-------- Summary --------\n\nSampled %lld keys in the keyspace!\n",
                number(keys_seen_));
    std::printf("Total key length in bytes is %lld (avg len %.2f)\n\n", number(key_bytes_),
                share(key_bytes_, keys_seen_));
    for (const TypeSurvey& survey : surveys_) {
        if (survey.biggest == 0) continue;
        std::printf("Biggest %6s found '%s' has %lld %s\n", std::string(survey.type).c_str(),
                    survey.biggest_key.c_str(), number(survey.biggest),
                    by_memory() ? "bytes" : survey.unit);
    }
    std::printf("\n");
    for (const TypeSurvey& survey : surveys_)
        std::printf("%lld %ss with %lld %s (%05.2f%% of keys, avg size %.2f)\n",
                    number(survey.keys), std::string(survey.type).c_str(), number(survey.total),
                    by_memory() ? "bytes" : survey.unit, 100 * share(survey.keys, keys_seen_),
                    share(survey.total, survey.keys));
}

struct HotKey {
    int64_t uses;
    std::string key;
};

// The `limit` keys with the highest counters, the highest first.
class HotKeys {
public:
    explicit HotKeys(size_t limit) : limit_(limit) {}

    bool add(int64_t uses, const std::string& key) {
        if (limit_ == 0 || (keys_.size() == limit_ && keys_.back().uses >= uses)) return false;
        if (keys_.size() == limit_) keys_.pop_back();
        const auto at = std::find_if(keys_.begin(), keys_.end(),
                                     [&](const HotKey& other) { return other.uses < uses; });
        keys_.insert(at, {uses, key});
        return true;
    }
    const std::vector<HotKey>& keys() const { return keys_; }

private:
    size_t limit_;
    std::vector<HotKey> keys_;
};

Result<> survey_uses(ClientConnection& connection, const std::vector<std::string>& keys,
                     int64_t& seen, int64_t expected, HotKeys& hottest) {
    for (const std::string& key : keys) connection.queue({"OBJECT", "FREQ", key});
    if (Result<> sent = connection.flush(); !sent) return sent;
    for (const std::string& key : keys) {
        ++seen;
        Result<ReplyValue> reply = connection.read_reply();
        if (!reply) return std::unexpected(reply.error());
        // The server says why: no LFU policy is set.
        if (reply->is_error()) return fail(reply->text);
        if (reply->integer <= 0 || !hottest.add(reply->integer, key)) continue;
        std::printf("[%05.2f%%] Hot key '%s' found so far with counter %lld\n",
                    100 * std::min(1.0, share(seen, expected)), escape_repr(key).c_str(),
                    number(reply->integer));
    }
    std::fflush(stdout);
    return {};
}

}  // namespace

int run_key_survey(ClientConnection& connection, const CliOptions& options) {
    const Result<> done = KeySurvey(connection, options).run();
    return done ? 0 : report_failure(done.error());
}

int run_hot_keys(ClientConnection& connection, const CliOptions& options) {
    Result<ReplyValue> size = ask(connection, {"DBSIZE"});
    if (!size) return report_failure(size.error());
    std::printf(
        "\n# Scanning the whole keyspace for the keys that are used most.\n"
        "# -i 0.1 makes a pause of 0.1 s per 100 SCAN calls (seldom needed).\n\n");
    HotKeys hottest(static_cast<size_t>(std::max<int64_t>(0, options.hot_keys_max)));
    int64_t seen = 0;
    const Result<> done = scan_keys(connection, options, [&](const auto& keys) {
        return survey_uses(connection, keys, seen, size->integer, hottest);
    });
    if (!done) return report_failure(done.error());
    std::printf("\n-------- Summary --------\n\nSampled %lld keys in the keyspace!\n",
                number(seen));
    for (const HotKey& one : hottest.keys())
        std::printf("hot key found with counter: %lld\tkeyname: %s\n", number(one.uses),
                    escape_repr(one.key).c_str());
    return 0;
}

}  // namespace rota
