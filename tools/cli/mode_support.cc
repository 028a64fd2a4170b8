// SPDX-License-Identifier: BSD-3-Clause
#include <chrono>
#include <cstdio>
#include <thread>

#include "tools/cli/modes.h"

namespace rota {

int64_t monotonic_us() {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::microseconds>(now).count();
}

void pause_us(int64_t duration_us) {
    if (duration_us > 0) std::this_thread::sleep_for(std::chrono::microseconds(duration_us));
}

int report_failure(const Error& error) {
    std::fflush(stdout);
    std::fprintf(stderr, "Error: %s\n", error.message.c_str());
    return 1;
}

Result<ReplyValue> ask(ClientConnection& connection, std::initializer_list<Slice> args) {
    Result<ReplyValue> reply = connection.call(args);
    if (reply && reply->is_error()) return fail(std::string(*args.begin()) + ": " + reply->text);
    return reply;
}

Result<> scan_keys(ClientConnection& connection, const CliOptions& options,
                   const std::function<Result<>(const std::vector<std::string>& keys)>& visit) {
    constexpr int kCallsBetweenPauses = 100;
    const std::string count = std::to_string(options.scan_count);
    std::string cursor = "0";
    int calls = 0;
    do {
        std::vector<Slice> args{"SCAN", cursor};
        if (!options.pattern.empty()) args.insert(args.end(), {"MATCH", options.pattern});
        if (options.scan_count > 0) args.insert(args.end(), {"COUNT", count});
        Result<ReplyValue> reply = connection.call(args);
        if (!reply) return std::unexpected(reply.error());
        if (reply->is_error()) return fail("SCAN: " + reply->text);
        if (reply->elements.size() != 2) return fail("SCAN: not the reply that was expected");
        std::vector<std::string> keys;
        for (ReplyValue& key : reply->elements[1].elements) keys.push_back(std::move(key.text));
        if (Result<> done = visit(keys); !done) return done;
        cursor = reply->elements[0].text;
        if (options.interval_us > 0 && ++calls % kCallsBetweenPauses == 0)
            pause_us(options.interval_us);
    } while (cursor != "0");
    return {};
}

}  // namespace rota
