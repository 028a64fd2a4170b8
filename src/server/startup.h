// SPDX-License-Identifier: BSD-3-Clause
// The steps of a start that main() lists: what the process sets up for itself, what it logs, what
// it prints for people. Threading: the main thread, before the server runs.
#pragma once

#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "config/file.h"
#include "platform/process.h"
#include "platform/result.h"
#include "server/server.h"
#include "transports/options.h"

namespace rota {

void print_version();
void print_usage(FILE* out);
// What of this machine's settings harms a server: one line each. True: nothing does.
bool check_system();
// --test-memory <megabytes> [passes]: patterns written and read back. The exit code.
int test_memory(const std::vector<std::string>& args);

// Logs the error; the exit code of a failed start.
int fail_start(const Error&);
void log_start(const AllOptions&, const std::string& config_file);
// Warns of directives that somebody set and nothing acts on, such as appendonly.
// Directives that were given and have no effect in this version.
std::vector<Slice> inert_in_use(const ConfigTable&, const AllOptions&);
void log_inert(const ConfigTable&, const AllOptions&);
// Limits, processors, huge pages, memory, crash report.
void prepare_process(AllOptions&);
// "auto": the first that was built and works here; log lines say why not the others.
Result<std::unique_ptr<Transport>> choose_transport(const ServerOptions&);
TransportOptions transport_options(const ServerOptions&);
// For the IO threads: more of the kind that was chosen.
std::function<Result<std::unique_ptr<Transport>>()> transport_factory(const std::string& kind,
                                                                      const ServerOptions&);
Result<> rename_commands(Server&, const OwnerDirectives&);
std::string absolute_path(const std::string& path);
void set_title(const AllOptions&, ProcessTitle&);
void log_ready(Server&, const AllOptions&);

// Written now, removed at the end.
class PidFile {
public:
    explicit PidFile(const ServerOptions&);
    ~PidFile();
    PidFile(const PidFile&) = delete;
    PidFile& operator=(const PidFile&) = delete;

private:
    std::string path_;
};

}  // namespace rota
