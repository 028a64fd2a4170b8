// SPDX-License-Identifier: BSD-3-Clause
// ScriptSession: one run of a script, from the executor's side: what it may do, and the commands it
// runs. They run as those of EXEC do, for a client of the server's own that stands for the caller.
// Threading: the executor.
#pragma once

#include <optional>

#include "scripting/scripts.h"
#include "server/executor.h"

namespace rota {

class ScriptSession final : public ScriptHost {
public:
    // `self` is the client that the script's commands belong to.
    ScriptSession(Executor&, Parts&, ScriptRun&, const Client& caller, Client& self,
                  bool over_memory);
    ~ScriptSession() override;

    void call(std::span<const Slice> args, Buffer& out) override;
    void set_resp(int version) override { self_.resp = static_cast<uint8_t>(version); }
    int resp() const override { return self_.resp; }
    std::optional<bool> may_call(std::span<const Slice> args) override;
    Slice interrupted() override;
    void log(int level, Slice text) override;

private:
    // Empty: it may run.
    std::string refusal(const RegisteredCommand*, std::span<const Slice> args);
    std::string write_refusal(const RegisteredCommand&) const;

    Executor& executor_;
    Parts& parts_;
    ScriptRun& run_;
    const Client& caller_;
    Client& self_;
    const bool over_memory_;  // when it began
    bool closed_gate_ = false;
};

}  // namespace rota
