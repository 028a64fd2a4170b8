// SPDX-License-Identifier: BSD-3-Clause
#include "tools/cli/repl.h"

#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <iostream>
#include <optional>

#include "platform/text.h"
#include "tools/cli/command_docs.h"
#include "tools/cli/line_editor.h"

namespace rota {
namespace {

constexpr const char* kGeneralHelp =
    "\n"
    "  help <command>      what a command does and what it takes\n"
    "  help @<group>       the commands of a group, e.g. help @string\n"
    "  <TAB>               completes a command's name\n"
    "  5 <command>         runs a command five times\n"
    "  connect host port   goes to another server\n"
    "  :set hints          shows arguments at the right while you type (:set nohints: does not)\n"
    "  clear               empties the screen\n"
    "  quit                leaves\n"
    "\n"
    "Preferences such as :set nohints can be kept in ~/.rotaclirc.\n\n";

class Repl {
public:
    Repl(Session& session, bool styled) : session_(session), styled_(styled) {}

    void load_preferences(const std::string& path);
    void load_docs();

    enum class Next : uint8_t { line, leave };
    Next run_line(const std::string& line);

    std::string hint(Slice line) const { return hints_ ? docs_.hint(line) : std::string(); }
    const CommandDocs& docs() const { return docs_; }
    bool had_errors() const { return had_errors_; }

private:
    bool run_own_command(const std::vector<std::string>& args);
    void set_preference(const std::vector<std::string>& args, bool quiet);
    void send(std::vector<std::string> args);

    Session& session_;
    CommandDocs docs_;
    const bool styled_;
    bool hints_ = true;
    bool had_errors_ = false;
};

void Repl::load_preferences(const std::string& path) {
    if (path.empty()) return;
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);)
        if (auto words = split_args(line); words && !words->empty() && words->front() == ":set")
            set_preference(*words, true);
}

void Repl::load_docs() {
    if (!session_.is_connected()) return;
    Result<ReplyValue> reply = session_.connection().call({"COMMAND", "DOCS"});
    if (reply && !reply->is_error()) docs_ = CommandDocs::from_reply(*reply);
}

void Repl::set_preference(const std::vector<std::string>& args, bool quiet) {
    if (args.size() == 2 && equals_ignore_case(args[1], "hints"))
        hints_ = true;
    else if (args.size() == 2 && equals_ignore_case(args[1], "nohints"))
        hints_ = false;
    else if (!quiet)
        std::printf("There is only :set hints and :set nohints.\n");
}

// Words that mean something to the prompt itself.
bool Repl::run_own_command(const std::vector<std::string>& args) {
    const std::string& name = args.front();
    if (equals_ignore_case(name, "help") || name == "?") {
        const std::vector<std::string> words(args.begin() + 1, args.end());
        if (docs_.empty()) load_docs();
        std::fputs(words.empty() ? kGeneralHelp : docs_.help(words, styled_).c_str(), stdout);
        return true;
    }
    if (equals_ignore_case(name, "connect") && args.size() == 3) {
        const std::optional<int64_t> port = parse_int64(args[2]);
        if (!port || *port < 1 || *port > 65535) {
            std::printf("Invalid port\n");
            return true;
        }
        if (session_.connect_to(args[1], static_cast<uint16_t>(*port))) load_docs();
        return true;
    }
    if (equals_ignore_case(name, "clear") && args.size() == 1) {
        std::fputs("\033[H\033[2J", stdout);
        return true;
    }
    if (name != ":set") return false;
    set_preference(args, false);
    return true;
}

void Repl::send(std::vector<std::string> args) {
    int64_t times = 1;
    // "5 incr x": a number in front says how often.
    if (const std::optional<int64_t> count = parse_int64(args.front()); count && args.size() > 1) {
        if (*count <= 0) {
            std::fputs("Invalid rota-cli repeat command option value.\n", stdout);
            return;
        }
        times = *count;
        args.erase(args.begin());
    }
    const SendResult result = session_.run(args, times);
    if (result != SendResult::ok) had_errors_ = true;
}

Repl::Next Repl::run_line(const std::string& line) {
    std::optional<std::vector<std::string>> args = split_args(line);
    if (!args) {
        std::fputs("Invalid argument(s)\n", stdout);
        had_errors_ = true;
        return Next::line;
    }
    if (args->empty()) return Next::line;
    const std::string& name = args->front();
    if (equals_ignore_case(name, "quit") || equals_ignore_case(name, "exit")) return Next::leave;
    if (!run_own_command(*args)) send(std::move(*args));
    std::fflush(stdout);
    return Next::line;
}

bool may_be_remembered(const std::string& line) {
    std::optional<std::vector<std::string>> args = split_args(line);
    if (!args || args->empty()) return !trim(line).empty();
    if (parse_int64(args->front())) args->erase(args->begin());
    return !carries_secret(*args);
}

int run_on_terminal(Session& session, const std::string& history, Repl& repl) {
    session.set_interactive();
    repl.load_docs();
    LineEditor editor(history, {[&](Slice line) { return repl.docs().complete(line); },
                                [&](Slice line) { return repl.hint(line); }});
    while (std::optional<std::string> line = editor.read_line(session.prompt())) {
        if (may_be_remembered(*line)) editor.remember(*line);
        if (repl.run_line(*line) == Repl::Next::leave) break;
    }
    return 0;
}

std::string home_file(const EnvironmentLookup& variable, const char* own, const char* old,
                      const char* name) {
    for (const char* setting : {own, old}) {
        const char* path = variable(setting);
        if (path == nullptr || *path == '\0') continue;
        return Slice(path) == "/dev/null" ? "" : path;
    }
    const char* home = variable("HOME");
    return home == nullptr || *home == '\0' ? "" : std::string(home) + "/" + name;
}

}  // namespace

std::string history_path(const EnvironmentLookup& variable) {
    return home_file(variable, "VALKEYCLI_HISTFILE", "REDISCLI_HISTFILE", ".rotacli_history");
}

std::string preferences_path(const EnvironmentLookup& variable) {
    return home_file(variable, "VALKEYCLI_RCFILE", "REDISCLI_RCFILE", ".rotaclirc");
}

int run_repl(Session& session, const CliOptions& options, const EnvironmentLookup& variable) {
    const bool terminal = ::isatty(STDIN_FILENO) == 1;
    Repl repl(session, ::isatty(STDOUT_FILENO) == 1);
    repl.load_preferences(preferences_path(variable));
    session.connect();
    if (terminal) return run_on_terminal(session, history_path(variable), repl);
    for (std::string line; std::getline(std::cin, line);) {
        if (repl.run_line(line) == Repl::Next::leave) break;
        if (options.fail_on_error && repl.had_errors()) return 1;
    }
    return 0;
}

}  // namespace rota
