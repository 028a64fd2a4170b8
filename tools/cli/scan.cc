// SPDX-License-Identifier: BSD-3-Clause
// --scan: every key on a line of its own.
#include <cstdio>

#include "platform/text.h"
#include "tools/cli/modes.h"

namespace rota {

int run_scan(ClientConnection& connection, const CliOptions& options) {
    const bool readable = options.output == OutputMode::standard;
    CliOptions without_bursts = options;
    without_bursts.interval_us = 0;  // here -i is a pause after each call
    const Result<> done = scan_keys(
        connection, without_bursts, [&](const std::vector<std::string>& keys) -> Result<> {
            for (const std::string& key : keys) {
                const std::string line = (readable ? escape_repr(key) : key) + "\n";
                if (std::fwrite(line.data(), 1, line.size(), stdout) != line.size())
                    return fail("cannot write to standard output");
            }
            pause_us(options.interval_us);
            return {};
        });
    return done ? 0 : report_failure(done.error());
}

}  // namespace rota
