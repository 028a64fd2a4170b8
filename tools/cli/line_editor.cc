// SPDX-License-Identifier: BSD-3-Clause
#include "tools/cli/line_editor.h"

#include <histedit.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <clocale>
#include <csignal>
#include <cstdio>

namespace rota {
namespace {

constexpr int kHistoryLines = 1000;  // older lines are forgotten
constexpr char kInvisible = '\1';    // libedit: bytes between two of these take no room
constexpr Slice kGrey = "\1\033[0;90;49m\1";
constexpr Slice kPlain = "\1\033[0m\1";

volatile std::sig_atomic_t interrupted = 0;  // set by the handler, and nobody else can be told
void note_interrupt(int) { interrupted = 1; }

int terminal_columns() {
    winsize size{};
    if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
    return size.ws_col;
}

}  // namespace

struct LineEditor::State {
    EditLine* edit = nullptr;
    History* history = nullptr;
    std::string history_path;
    Callbacks callbacks;
    std::string prompt;
    std::string right_prompt;
    bool line_is_done = false;

    Slice line() const {
        const LineInfo* info = el_line(edit);
        return {info->buffer, static_cast<size_t>(info->lastchar - info->buffer)};
    }
};

namespace {

LineEditor::State& state_of(EditLine* edit) {
    void* state = nullptr;
    el_get(edit, EL_CLIENTDATA, &state);
    return *static_cast<LineEditor::State*>(state);
}

char* show_prompt(EditLine* edit) { return state_of(edit).prompt.data(); }

// libedit asks for this at every redraw, and drops it where the line needs the room.
char* show_hint(EditLine* edit) {
    LineEditor::State& state = state_of(edit);
    state.right_prompt.clear();
    const Slice line = state.line();
    if (line.empty() || state.line_is_done || !state.callbacks.hint)
        return state.right_prompt.data();
    std::string hint = state.callbacks.hint(line);
    const int room = terminal_columns() - static_cast<int>(state.prompt.size() + line.size()) - 4;
    if (hint.empty() || room < 8) return state.right_prompt.data();
    if (hint.size() > static_cast<size_t>(room)) hint = hint.substr(0, room - 3) + "...";
    state.right_prompt.append(kGrey).append(hint).append(kPlain);
    return state.right_prompt.data();
}

// libedit draws a plain character without asking for the right prompt again; this one redraws.
unsigned char insert_and_redraw(EditLine* edit, int key) {
    const char text[2] = {static_cast<char>(key), '\0'};
    return el_insertstr(edit, text) == 0 ? CC_REFRESH : CC_ERROR;
}

// Enter takes the hint off the screen before the line is done, so that it does not stay in the
// scrollback: one redraw without it, then the real end of line by way of a key nobody has.
constexpr const char* kEndOfLineKey = "\033[99~";

unsigned char end_line(EditLine* edit, int) {
    state_of(edit).line_is_done = true;
    el_push(edit, kEndOfLineKey);
    return CC_REFRESH;
}

size_t common_prefix_len(const std::vector<std::string>& lines) {
    size_t len = lines.front().size();
    for (const std::string& line : lines) {
        const auto end =
            std::mismatch(line.begin(), line.end(), lines.front().begin(), lines.front().end());
        len = std::min(len, static_cast<size_t>(end.first - line.begin()));
    }
    return len;
}

void list_candidates(const std::vector<std::string>& lines) {
    constexpr size_t kListedMax = 200;  // more than that helps nobody
    size_t width = 0;
    for (const std::string& line : lines) width = std::max(width, line.size() + 2);
    const size_t columns = std::max<size_t>(1, static_cast<size_t>(terminal_columns()) / width);
    std::fputc('\n', stdout);
    for (size_t i = 0; i < lines.size() && i < kListedMax; ++i) {
        const bool row_end = i % columns == columns - 1 || i + 1 == lines.size();
        std::fprintf(stdout, "%-*s%s", static_cast<int>(width), lines[i].c_str(),
                     row_end ? "\n" : "");
    }
    if (lines.size() > kListedMax) std::fprintf(stdout, "\n... %zu in all\n", lines.size());
    std::fflush(stdout);
}

unsigned char complete_line(EditLine* edit, int) {
    LineEditor::State& state = state_of(edit);
    const std::string line(state.line());
    if (!state.callbacks.complete) return CC_ERROR;
    const std::vector<std::string> lines = state.callbacks.complete(line);
    if (lines.empty()) return CC_REFRESH_BEEP;
    std::string next = lines.front().substr(0, common_prefix_len(lines));
    if (lines.size() == 1) next += ' ';
    if (next.size() <= line.size()) {
        if (lines.size() > 1) list_candidates(lines);
        return CC_REDISPLAY;
    }
    // Replaced as a whole: the completion may write the name in another case.
    el_cursor(edit, static_cast<int>(line.size()));
    el_deletestr(edit, static_cast<int>(line.size()));
    return el_insertstr(edit, next.c_str()) == 0 ? CC_REFRESH : CC_ERROR;
}

void bind_keys(EditLine* edit) {
    el_set(edit, EL_ADDFN, "rota-complete", "Complete a command name", complete_line);
    el_set(edit, EL_BIND, "^I", "rota-complete", nullptr);
    el_set(edit, EL_BIND, "^R", "em-inc-search-prev", nullptr);
    const char* mode = nullptr;
    if (el_get(edit, EL_EDITOR, &mode) != 0 || Slice(mode) != "emacs") return;
    el_set(edit, EL_ADDFN, "rota-insert", "Insert a character", insert_and_redraw);
    el_set(edit, EL_ADDFN, "rota-end-line", "End the line", end_line);
    el_set(edit, EL_BIND, "\\e[99~", "ed-newline", nullptr);
    el_set(edit, EL_BIND, "^M", "rota-end-line", nullptr);
    el_set(edit, EL_BIND, "^J", "rota-end-line", nullptr);
    for (char c = ' '; c < 0x7f; ++c) {
        const bool special = c == '\\' || c == '^' || c == '-';  // mean something to libedit here
        const char key[3] = {special ? '\\' : c, special ? c : '\0', '\0'};
        el_set(edit, EL_BIND, key, "rota-insert", nullptr);
    }
}

}  // namespace

LineEditor::LineEditor(std::string history_path, Callbacks callbacks)
    : state_(std::make_unique<State>()) {
    std::setlocale(LC_CTYPE, "");  // libedit reads UTF-8 only if the locale says so
    state_->history_path = std::move(history_path);
    state_->callbacks = std::move(callbacks);
    state_->edit = el_init("rota-cli", stdin, stdout, stderr);
    state_->history = history_init();
    HistEvent event;
    history(state_->history, &event, H_SETSIZE, kHistoryLines);
    history(state_->history, &event, H_SETUNIQUE, 1);
    if (!state_->history_path.empty())
        history(state_->history, &event, H_LOAD, state_->history_path.c_str());
    EditLine* edit = state_->edit;
    el_set(edit, EL_CLIENTDATA, state_.get());
    el_set(edit, EL_EDITOR, "emacs");
    el_set(edit, EL_HIST, history, state_->history);
    el_set(edit, EL_PROMPT_ESC, show_prompt, kInvisible);
    el_set(edit, EL_RPROMPT_ESC, show_hint, kInvisible);
    el_source(edit, nullptr);
    bind_keys(edit);
}

LineEditor::~LineEditor() {
    history_end(state_->history);
    el_end(state_->edit);
}

std::optional<std::string> LineEditor::read_line(const std::string& prompt) {
    state_->prompt = prompt;
    state_->line_is_done = false;
    // Without SA_RESTART, so that the read under el_gets() ends.
    struct sigaction action {
    }, before{};
    action.sa_handler = note_interrupt;
    ::sigaction(SIGINT, &action, &before);
    interrupted = 0;
    int count = 0;
    const char* text = el_gets(state_->edit, &count);
    const bool was_interrupted = interrupted != 0;
    ::sigaction(SIGINT, &before, nullptr);
    if (was_interrupted) {
        const bool empty = state_->line().empty();
        std::fputs("\n", stdout);
        el_reset(state_->edit);
        if (empty) return std::nullopt;
        return std::string();
    }
    if (text == nullptr || count <= 0) {
        std::fputs("\n", stdout);  // whatever comes next starts on a line of its own
        return std::nullopt;
    }
    std::string line(text, static_cast<size_t>(count));
    while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.pop_back();
    return line;
}

void LineEditor::remember(const std::string& line) {
    HistEvent event;
    history(state_->history, &event, H_ENTER, line.c_str());
    if (state_->history_path.empty()) return;
    const mode_t before = ::umask(S_IXUSR | S_IRWXG | S_IRWXO);  // others need not read it
    history(state_->history, &event, H_SAVE, state_->history_path.c_str());
    ::umask(before);
}

}  // namespace rota
