// SPDX-License-Identifier: BSD-3-Clause
#include "tools/cli/session.h"

#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <thread>

#include "platform/text.h"

namespace rota {
namespace {

constexpr int64_t kSlowReplyMs = 500;  // the prompt says how long a reply took from here on

// The socket that Ctrl-C gives up, or -1. A signal handler can be told in no other way.
std::atomic<int> awaited_fd{-1};
std::atomic<bool> gave_up{false};
static_assert(std::atomic<int>::is_always_lock_free);

void give_up_waiting(int) {
    const int fd = awaited_fd.load(std::memory_order_relaxed);
    if (fd < 0) return;
    gave_up.store(true, std::memory_order_relaxed);
    ClientConnection::shutdown_fd(fd);
}

// While one of these lives, Ctrl-C ends the wait on `fd` instead of the program.
class InterruptGuard {
public:
    InterruptGuard(int fd, bool wanted) : wanted_(wanted) {
        if (!wanted_) return;
        awaited_fd.store(fd, std::memory_order_relaxed);
        struct sigaction action {};
        action.sa_handler = give_up_waiting;
        ::sigaction(SIGINT, &action, &before_);
    }
    ~InterruptGuard() {
        if (!wanted_) return;
        ::sigaction(SIGINT, &before_, nullptr);
        awaited_fd.store(-1, std::memory_order_relaxed);
    }
    InterruptGuard(const InterruptGuard&) = delete;
    InterruptGuard& operator=(const InterruptGuard&) = delete;

private:
    bool wanted_;
    struct sigaction before_ {};
};

// While one of these lives, a key reaches us without Enter, and is not echoed.
class KeyPressGuard {
public:
    KeyPressGuard() {
        if (::tcgetattr(STDIN_FILENO, &before_) != 0) return;
        termios raw = before_;
        raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
        active_ = ::tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0;
    }
    ~KeyPressGuard() {
        if (active_) ::tcsetattr(STDIN_FILENO, TCSANOW, &before_);
    }
    KeyPressGuard(const KeyPressGuard&) = delete;
    KeyPressGuard& operator=(const KeyPressGuard&) = delete;

private:
    termios before_{};
    bool active_ = false;
};

bool is_command(const std::vector<std::string>& args, Slice name) {
    return !args.empty() && equals_ignore_case(args.front(), name);
}

bool is_command(const std::vector<std::string>& args, Slice name, Slice subcommand) {
    return args.size() >= 2 && is_command(args, name) && equals_ignore_case(args[1], subcommand);
}

bool is_subscription_command(const std::vector<std::string>& args) {
    for (const char* name :
         {"subscribe", "psubscribe", "ssubscribe", "unsubscribe", "punsubscribe", "sunsubscribe"})
        if (is_command(args, name)) return true;
    return false;
}

// "subscribe", "punsubscribe" and so on: the server's answer to such a command.
bool is_confirmation(const ReplyValue& reply) {
    if (reply.elements.size() != 3) return false;
    return reply.elements[0].text.ends_with("subscribe") &&
           reply.elements[2].type == ReplyType::integer;
}

int64_t now_ms() {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

std::vector<Slice> slices_of(const std::vector<std::string>& args) {
    return std::vector<Slice>(args.begin(), args.end());
}

void write_out(Slice text) { std::fwrite(text.data(), 1, text.size(), stdout); }

}  // namespace

bool is_verbatim_command(const std::vector<std::string>& args) {
    static constexpr Slice kWhole[] = {"info", "lolwut"};
    static constexpr std::pair<Slice, Slice> kPairs[] = {
        {"debug", "htstats"},       {"debug", "htstats-key"}, {"debug", "client-eviction"},
        {"memory", "malloc-stats"}, {"memory", "doctor"},     {"client", "list"},
        {"client", "info"},         {"latency", "graph"},     {"latency", "doctor"},
        {"proxy", "info"}};
    for (const Slice name : kWhole)
        if (is_command(args, name)) return true;
    for (const auto& [name, subcommand] : kPairs)
        if (is_command(args, name, subcommand)) return true;
    return args.size() == 2 &&
           (is_command(args, "cluster", "nodes") || is_command(args, "cluster", "info"));
}

bool carries_secret(const std::vector<std::string>& args) {
    if (is_command(args, "auth") || is_command(args, "acl", "setuser")) return true;
    const bool config = is_command(args, "config", "set");
    const bool with_auth = is_command(args, "hello") || is_command(args, "migrate");
    for (size_t i = 1; i < args.size(); ++i) {
        if (with_auth &&
            (equals_ignore_case(args[i], "auth") || equals_ignore_case(args[i], "auth2")))
            return true;
        if (!config) continue;
        for (const char* name : {"requirepass", "masterauth", "primaryauth", "masteruser",
                                 "primaryuser", "tls-key-file-pass", "tls-client-key-file-pass"})
            if (equals_ignore_case(args[i], name)) return true;
    }
    return is_command(args, "sentinel", "set") || is_command(args, "sentinel", "config");
}

Session::Session(const CliOptions& options)
    : options_(options),
      format_{options.output, options.bulk_delimiter, options.command_delimiter},
      db_(options.login.db) {}

bool Session::connect_to(std::string host, uint16_t port) {
    options_.target.host = std::move(host);
    options_.target.port = port;
    options_.target.unix_path.clear();
    return connect();
}

bool Session::connect() {
    Result<ClientConnection> opened = ClientConnection::open(options_.target);
    if (!opened) {
        std::fprintf(stderr, "Could not connect to Rota at %s: %s\n",
                     options_.target.name().c_str(), opened.error().message.c_str());
        connection_.close();
        return false;
    }
    connection_ = std::move(*opened);
    connection_.on_push([this](const ReplyValue& push) {
        if (options_.show_pushes) write_out(format_push(push, format_));
    });
    in_multi_ = subscribed_ = shutting_down_ = false;
    resp_ = 2;
    log_in();
    return connection_.is_open();
}

void Session::log_in_step(const char* what, std::vector<std::string> args, bool required) {
    if (!connection_.is_open()) return;
    Result<ReplyValue> reply = connection_.call(slices_of(args));
    if (!reply) {
        std::fprintf(stderr, "%s failed: %s\n", what, reply.error().message.c_str());
        connection_.close();
        return;
    }
    if (!reply->is_error()) return note_effects(args, *reply);
    if (required) std::fprintf(stderr, "%s failed: %s\n", what, reply->text.c_str());
}

void Session::log_in() {
    const Login& login = options_.login;
    if (!login.password.empty()) {
        std::vector<std::string> auth{"AUTH"};
        if (!login.user.empty()) auth.push_back(login.user);
        auth.push_back(login.password);
        log_in_step("AUTH", auth, true);
    }
    const int db = db_;
    if (login.resp == 3) log_in_step("HELLO 3", {"HELLO", "3"}, options_.resp_required);
    if (db != 0) {
        db_ = 0;  // until the server has agreed
        const std::string text = std::to_string(db);
        log_in_step(("SELECT " + text).c_str(), {"SELECT", text}, true);
    }
}

SendResult Session::run(const std::vector<std::string>& args, int64_t times) {
    SendResult worst = SendResult::ok;
    for (int64_t done = 0; times < 0 || done < times; ++done) {
        const SendResult result = run_once(args);
        std::fflush(stdout);
        if (result != SendResult::ok && result != SendResult::error_reply) return result;
        if (result != SendResult::ok) worst = result;
        if (options_.interval_us > 0)
            std::this_thread::sleep_for(std::chrono::microseconds(options_.interval_us));
    }
    return worst;
}

SendResult Session::run_once(const std::vector<std::string>& args) {
    // A server that was restarted, or that had closed an idle connection. Nothing has been sent
    // yet, so nothing can happen twice.
    const bool lost = !connection_.is_open() || (!subscribed_ && connection_.peer_closed());
    if (lost && !connect()) return SendResult::disconnected;
    const int64_t begun_ms = now_ms();
    gave_up.store(false, std::memory_order_relaxed);
    SendResult result;
    {
        const InterruptGuard guard(connection_.fd(), interactive_);
        result = send_and_print(args);
    }
    if (gave_up.load(std::memory_order_relaxed)) return resume_after_interrupt();
    const int64_t took_ms = now_ms() - begun_ms;
    if (took_ms >= kSlowReplyMs && options_.output == OutputMode::standard &&
        result != SendResult::disconnected && !subscribed_)
        std::printf("(%.2fs)\n", static_cast<double>(took_ms) / 1000);
    return result;
}

// Ctrl-C has cost the connection: what was asked on it is gone, the next command needs another.
SendResult Session::resume_after_interrupt() {
    std::fputs("\n", stdout);
    return connect() ? SendResult::interrupted : SendResult::disconnected;
}

SendResult Session::send_and_print(const std::vector<std::string>& args) {
    shutting_down_ = is_command(args, "shutdown");
    connection_.queue(slices_of(args));
    if (Result<> sent = connection_.flush(); !sent) return report_broken(sent.error());
    if (is_subscription_command(args)) return print_subscription(args);
    Result<ReplyValue> reply = connection_.read_reply();
    // In RESP2 a subscriber's messages look like replies.
    while (reply && subscribed_ && resp_ == 2 && reply->elements.size() >= 3) {
        print(*reply, false);
        reply = connection_.read_reply();
    }
    if (!reply) return report_broken(reply.error());
    note_effects(args, *reply);
    if (reply->is_error() && options_.fail_on_error) {
        std::fprintf(stderr, "%s\n", reply->text.c_str());
        return SendResult::error_reply;
    }
    print(*reply, is_verbatim_command(args));
    if (reply->is_error()) return SendResult::error_reply;
    if (is_command(args, "monitor") || is_command(args, "sync") || is_command(args, "psync"))
        return print_until_closed();
    if (subscribed_ && interactive_) return print_messages();
    return SendResult::ok;
}

// Every channel is confirmed by a message of its own.
SendResult Session::print_subscription(const std::vector<std::string>& args) {
    size_t awaited = args.size() > 1 ? args.size() - 1 : 1;
    while (awaited > 0) {
        Result<ReplyValue> reply = connection_.read_any();
        if (!reply) return report_broken(reply.error());
        print(*reply, false);
        if (reply->is_error()) return SendResult::error_reply;
        if (!is_confirmation(*reply)) continue;  // a message of an older subscription
        note_subscription(*reply);
        --awaited;
    }
    if (!subscribed_) return SendResult::ok;
    std::fflush(stdout);
    return print_messages();
}

// Prints what is published: for ever, or at the prompt until a key is pressed.
SendResult Session::print_messages() {
    const bool tell = options_.output == OutputMode::standard;
    constexpr const char* kTell =
        "Reading messages... (press Ctrl-C to quit or any other key to type a command)\r";
    if (tell && !interactive_) std::printf("Reading messages... (press Ctrl-C to quit)\n");
    std::fflush(stdout);
    while (subscribed_) {
        if (interactive_ && tell) std::fputs(kTell, stdout), std::fflush(stdout);
        if (interactive_ && !wait_for_message_or_key()) break;
        Result<ReplyValue> reply = connection_.read_any();
        if (interactive_ && tell) std::fputs("\033[K", stdout);
        if (!reply) return report_broken(reply.error());
        print(*reply, false);
        std::fflush(stdout);
        note_subscription(*reply);
    }
    if (interactive_ && tell) std::fputs("\033[K", stdout), std::fflush(stdout);
    return SendResult::ok;
}

// False: the user wants the prompt back.
bool Session::wait_for_message_or_key() {
    if (connection_.has_buffered_input()) return true;
    const KeyPressGuard keys;
    pollfd waiting[2] = {{connection_.fd(), POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}};
    while (::poll(waiting, 2, -1) < 0 && errno == EINTR) {
    }
    return waiting[1].revents == 0 || waiting[0].revents != 0;
}

SendResult Session::print_until_closed() {
    for (;;) {
        std::fflush(stdout);
        Result<ReplyValue> reply = connection_.read_any();
        if (!reply) return report_broken(reply.error());
        print(*reply, false);
    }
}

SendResult Session::report_broken(const Error& error) {
    connection_.close();
    in_multi_ = subscribed_ = false;
    if (shutting_down_) return SendResult::ok;
    if (gave_up.load(std::memory_order_relaxed)) return SendResult::interrupted;
    std::fflush(stdout);
    std::fprintf(stderr, "Error: %s\n", error.message.c_str());
    return SendResult::disconnected;
}

void Session::print(const ReplyValue& reply, bool verbatim) {
    write_out(format_reply(reply, format_, verbatim));
}

void Session::note_subscription(const ReplyValue& reply) {
    if (is_confirmation(reply)) subscribed_ = reply.elements[2].integer != 0;
}

// What the command changed about this connection, for the prompt.
void Session::note_effects(const std::vector<std::string>& args, const ReplyValue& reply) {
    const bool refused = reply.is_error();
    if (is_command(args, "exec") || is_command(args, "discard")) {
        in_multi_ = false;
        const bool aborted = refused || reply.type == ReplyType::null;
        if (aborted || is_command(args, "discard")) db_ = db_before_multi_;
        return;
    }
    if (refused) return;
    if (is_command(args, "multi")) {
        in_multi_ = true;
        db_before_multi_ = db_;
    } else if (is_command(args, "select") && args.size() == 2) {
        db_ = static_cast<int>(parse_int64(args[1]).value_or(db_));
    } else if (is_command(args, "hello")) {
        if (args.size() > 1) resp_ = reply.type == ReplyType::map ? 3 : 2;
    } else if (is_command(args, "reset")) {
        in_multi_ = subscribed_ = false;
        resp_ = 2;
        db_ = 0;
    }
}

std::string Session::prompt() const {
    if (!connection_.is_open()) return "not connected> ";
    std::string out = options_.target.name();
    if (db_ != 0) out += "[" + std::to_string(db_) + "]";
    if (in_multi_) out += "(TX)";
    if (subscribed_) out += "(subscribed mode)";
    return out + "> ";
}

}  // namespace rota
