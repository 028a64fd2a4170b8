// SPDX-License-Identifier: BSD-3-Clause
// Session: the conversation with one server: connects, logs in, sends commands, prints replies, and
// remembers what the prompt shows (database, MULTI, subscriptions). Used by the prompt and
// one-shot. Threading: the main thread. Failure: messages for the user go to stderr, results say
// what to do.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tools/cli/format_reply.h"
#include "tools/cli/options.h"
#include "tools/net/client_connection.h"

namespace rota {

enum class SendResult : uint8_t {
    ok,
    error_reply,   // the server refused; printed
    disconnected,  // the connection broke; printed
    interrupted,   // by Ctrl-C at the prompt
};

class Session {
public:
    explicit Session(const CliOptions& options);

    // True: connected and logged in (a refused login is only a warning: AUTH can still be typed).
    bool connect();
    bool connect_to(std::string host, uint16_t port);
    bool is_connected() const { return connection_.is_open(); }
    ClientConnection& connection() { return connection_; }

    // Sends and prints, `times` times (-1: for ever) with the pause of -i between them. Reconnects
    // first if the server has hung up in the meantime. MONITOR and one-shot SUBSCRIBE keep
    // printing.
    SendResult run(const std::vector<std::string>& args, int64_t times);

    // At the prompt Ctrl-C gives up the wait for a reply, and with it the connection, but not the
    // program; subscriptions end at a key press.
    void set_interactive() { interactive_ = true; }

    std::string prompt() const;

private:
    void log_in();
    void log_in_step(const char* what, std::vector<std::string> args, bool required);
    SendResult run_once(const std::vector<std::string>& args);
    SendResult resume_after_interrupt();
    SendResult send_and_print(const std::vector<std::string>& args);
    SendResult print_subscription(const std::vector<std::string>& args);
    SendResult print_messages();
    bool wait_for_message_or_key();
    SendResult print_until_closed();
    SendResult report_broken(const Error& error);
    void print(const ReplyValue& reply, bool verbatim);
    void note_effects(const std::vector<std::string>& args, const ReplyValue& reply);
    void note_subscription(const ReplyValue& reply);

    CliOptions options_;
    FormatOptions format_;
    ClientConnection connection_;
    bool interactive_ = false;
    bool in_multi_ = false;
    bool subscribed_ = false;
    bool shutting_down_ = false;  // SHUTDOWN was sent: the hang-up is what was asked for
    int db_ = 0;
    int db_before_multi_ = 0;
    int resp_ = 2;
};

// Commands whose reply is text made for reading; see format_reply().
bool is_verbatim_command(const std::vector<std::string>& args);

// Commands with a secret in them: they stay out of the history.
bool carries_secret(const std::vector<std::string>& args);

}  // namespace rota
