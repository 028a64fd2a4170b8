// SPDX-License-Identifier: BSD-3-Clause
#include "config/file.h"

#include <glob.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "platform/file.h"
#include "platform/text.h"

namespace rota {

namespace {

constexpr size_t kStdinBytesMax = size_t{64} << 20;  // as for files; more is refused

// Taken without a look, so that old files still work: each with one value.
constexpr Slice kIgnoredNames[] = {"list-max-ziplist-entries",
                                   "list-max-ziplist-value",
                                   "lua-replicate-commands",
                                   "io-threads-do-reads",
                                   "dynamic-hz",
                                   "events-per-io-thread",
                                   "sanitize-dump-payload"};

bool is_ignored(const std::vector<std::string>& words) {
    if (words.size() != 2) return false;
    for (Slice name : kIgnoredNames)
        if (words[0] == name) return true;
    return false;
}

class Loader {
public:
    Loader(ConfigTable& table, const LoadRequest& request) : table_(table), request_(request) {}

    Result<OwnerDirectives> load() {
        table_.begin_load();
        std::string text;
        const CommandLine& source = request_.source;
        if (!source.config_file.empty()) {
            auto file = read_files(source.config_file);
            if (!file) return std::unexpected(file.error());
            text = std::move(*file);
        }
        if (source.reads_stdin) {
            auto input = read_stdin();
            if (!input) return std::unexpected(input.error());
            text += *input;
        }
        text += "\n" + source.options;
        if (auto taken = take_text(text, 0); !taken) return std::unexpected(taken.error());
        return std::move(owners_);
    }

private:
    // One file, or all that a pattern matches, which may be none.
    static Result<std::string> read_files(const std::string& path) {
        if (path.find_first_of("*?[") == std::string::npos) return read_one(path);
        glob_t found{};
        std::string text;
        Result<> outcome;
        if (::glob(path.c_str(), 0, nullptr, &found) == 0) {
            for (size_t i = 0; i < found.gl_pathc && outcome; ++i) {
                auto file = read_one(found.gl_pathv[i]);
                if (file)
                    text += *file;
                else
                    outcome = std::unexpected(file.error());
            }
        }
        globfree(&found);
        if (!outcome) return std::unexpected(outcome.error());
        return text;
    }

    static Result<std::string> read_one(const std::string& path) {
        auto text = read_file(path);
        if (text) return text;
        return fail("Fatal error, can't open config file '" + path +
                        "': " + std::strerror(text.error().code),
                    text.error().code);
    }

    Result<std::string> read_stdin() const {
        std::string text;
        char chunk[4096];
        for (;;) {
            const ssize_t count = ::read(request_.stdin_fd, chunk, sizeof(chunk));
            if (count == 0) return text;
            if (count < 0 && errno == EINTR) continue;
            if (count < 0) return fail_errno("Fatal error, can't read config from stdin", errno);
            text.append(chunk, static_cast<size_t>(count));
            if (text.size() > kStdinBytesMax)
                return fail_errno("Fatal error, can't read config from stdin", EFBIG);
        }
    }

    Result<> take_text(Slice text, int depth) {
        ConfigLine line;
        for (size_t at = 0; at <= text.size();) {
            const size_t end = std::min(text.find('\n', at), text.size());
            line.text = trim(text.substr(at, end - at));
            ++line.number;
            at = end + 1;
            if (line.text.empty() || line.text[0] == '#') continue;
            if (auto taken = take_line(line, depth); !taken) return taken;
        }
        return {};
    }

    Result<> take_line(ConfigLine& line, int depth) {
        auto words = split_args(line.text);
        if (!words) return fatal("Unbalanced quotes in configuration line", line);
        if (words->empty()) return {};
        line.words = std::move(*words);
        line.words[0] = to_lower(line.words[0]);
        if (table_.find(line.words[0]) != nullptr) {
            auto taken = table_.load_line(line.words);
            if (!taken) return fatal(taken.error().message, line);
            return {};
        }
        if (is_ignored(line.words)) return {};
        return take_owner_line(line, depth);
    }

    Result<> take_owner_line(const ConfigLine& line, int depth) {
        const std::string& name = line.words[0];
        const size_t count = line.words.size();
        if (name == "include" && count == 2) return include(line, depth);
        if (name == "rename-command" && count == 3) {
            owners_.rename_commands.push_back(line);
        } else if (name == "user" && count >= 2) {
            owners_.users.push_back(line);
        } else if (name == "loadmodule" && count >= 2) {
            owners_.modules.push_back(line);
        } else if (name.find('.') != std::string::npos) {
            if (count < 2) return fatal("Module config specified without value", line);
            std::string value = line.words[1];
            for (size_t i = 2; i < count; ++i) value += " " + line.words[i];
            owners_.module_values[name] = std::move(value);
        } else if (name == "sentinel") {
            if (count == 1) return {};  // --sentinel, which main() has seen
            if (!request_.sentinel_mode)
                return fatal("sentinel directive while not in sentinel mode", line);
            owners_.sentinel.push_back(line);
        } else {
            return fatal("Bad directive or wrong number of arguments", line);
        }
        return {};
    }

    Result<> include(const ConfigLine& line, int depth) {
        if (depth >= kIncludeDepthMax) return fatal("Includes are nested too deeply", line);
        auto text = read_files(line.words[1]);
        if (!text) return std::unexpected(text.error());
        return take_text(*text, depth + 1);
    }

    std::unexpected<Error> fatal(Slice reason, const ConfigLine& line) const {
        return fail(fatal_config_text(request_.version, reason, &line));
    }

    ConfigTable& table_;
    const LoadRequest& request_;
    OwnerDirectives owners_;
};

}  // namespace

Result<OwnerDirectives> load_config(ConfigTable& table, const LoadRequest& request) {
    return Loader(table, request).load();
}

std::string fatal_config_text(Slice version, Slice reason, const ConfigLine* line) {
    std::string text = "\n*** FATAL CONFIG FILE ERROR (Version ";
    text.append(version).append(") ***\n");
    if (line != nullptr) {
        append_format(text, "Reading the configuration file, at line %d\n", line->number);
        text.append(">>> '").append(line->text).append("'\n");
    }
    return text.append(reason).append("\n");
}

CommandLine parse_command_line(std::span<const std::string> arguments) {
    CommandLine result;
    size_t at = 0;
    if (!arguments.empty() && !arguments[0].starts_with('-')) result.config_file = arguments[at++];

    std::string& options = result.options;
    bool name_is_complete = true;  // the latest --name has its value
    for (; at < arguments.size(); ++at) {
        const std::string& word = arguments[at];
        const bool last = at + 1 == arguments.size();
        if (word == "-" && (at == 0 || last)) {
            result.reads_stdin = true;
            continue;
        }
        if (!name_is_complete || !word.starts_with("--")) {
            append_repr(options, word);
            options += ' ';
            name_is_complete = true;
            continue;
        }
        if (!options.empty()) options += '\n';
        options.append(word, 2).append(" ");
        const auto parts = split_args(word);
        name_is_complete = !parts || parts->size() != 1;  // "--port 6380" in one argument
        // Scripts that build "--save $points" from nothing mean the empty value; --sentinel has
        // none.
        const bool is_save = equals_ignore_case(word, "--save");
        if (!is_save && !equals_ignore_case(word, "--sentinel")) continue;
        if (!last && !arguments[at + 1].starts_with("--")) continue;
        if (is_save) options += "\"\"";
        name_is_complete = true;
    }
    return result;
}

std::string sample_config(const ConfigTable& table) {
    std::string text;
    table.for_each([&](const ConfigTable::Item& item) {
        if (item.row->has(ConfigFlag::hidden)) return;
        text.append("# ").append(item.row->help).append("\n");
        auto values = file_values(*item.row, item.defaults);
        if (values.empty()) values.push_back("\"\"");
        for (const std::string& value : values)
            text.append("# ").append(item.row->name).append(" ").append(value).append("\n");
        text += '\n';
    });
    return text;
}

}  // namespace rota
