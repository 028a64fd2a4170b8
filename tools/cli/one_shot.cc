// SPDX-License-Identifier: BSD-3-Clause
#include "tools/cli/one_shot.h"

#include <algorithm>
#include <cerrno>
#include <memory>

#include "tools/cli/quote.h"

namespace rota {
namespace {

Result<std::string> read_all(std::FILE* file) {
    std::string bytes;
    char chunk[16 * 1024];
    while (const size_t got = std::fread(chunk, 1, sizeof chunk, file)) bytes.append(chunk, got);
    if (std::ferror(file) != 0) return fail_errno("Reading the input", errno);
    return bytes;
}

// EVAL script number-of-keys key ... argument ...; a comma stands between the two lists.
Result<std::vector<std::string>> eval_command(const CliOptions& options) {
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(
        std::fopen(options.eval_file.c_str(), "re"), std::fclose);
    if (!file) return fail_errno("Can't open file '" + options.eval_file + "'", errno);
    Result<std::string> script = read_all(file.get());
    if (!script) return std::unexpected(script.error());
    const auto comma = std::find(options.command.begin(), options.command.end(), ",");
    std::vector<std::string> args{"EVAL", std::move(*script),
                                  std::to_string(comma - options.command.begin())};
    args.insert(args.end(), options.command.begin(), comma);
    if (comma != options.command.end()) args.insert(args.end(), comma + 1, options.command.end());
    return args;
}

Result<> unquote_all(std::vector<std::string>& args) {
    for (std::string& arg : args) {
        std::optional<std::string> plain = unquote(arg);
        if (!plain) return fail("Invalid quoted string: " + arg);
        arg = std::move(*plain);
    }
    return {};
}

}  // namespace

Result<std::vector<std::string>> command_to_send(const CliOptions& options, std::FILE* input) {
    if (options.mode == CliMode::eval) return eval_command(options);
    std::vector<std::string> args = options.command;
    if (options.quoted_input)
        if (Result<> done = unquote_all(args); !done) return std::unexpected(done.error());
    if (options.stdin_is_last_argument) {
        Result<std::string> bytes = read_all(input);
        if (!bytes) return std::unexpected(bytes.error());
        args.push_back(std::move(*bytes));
    } else if (!options.stdin_tag.empty()) {
        const auto at = std::find(args.begin(), args.end(), options.stdin_tag);
        if (at == args.end()) return fail("Using -X option but stdin tag not match.");
        Result<std::string> bytes = read_all(input);
        if (!bytes) return std::unexpected(bytes.error());
        *at = std::move(*bytes);
    }
    return args;
}

int run_one_shot(Session& session, const CliOptions& options) {
    Result<std::vector<std::string>> args = command_to_send(options, stdin);
    if (!args) {
        std::fprintf(stderr, "%s\n", args.error().message.c_str());
        return 1;
    }
    switch (session.run(*args, options.repeat)) {
        case SendResult::ok:
            return 0;
        case SendResult::error_reply:
            return options.fail_on_error ? 1 : 0;
        default:
            return 1;
    }
}

}  // namespace rota
