// SPDX-License-Identifier: BSD-3-Clause
// Replay: runs the commands of an append-only file. They come from a client of ours that has no
// connection, and pass none of the checks that clients are under: they have passed them before.
// What cannot change the keyspace is not run at all. Threading: executor only.
#pragma once

#include "commands/ctx.h"
#include "persist/aof.h"

namespace rota {

class Replay final : public Replayer {
public:
    explicit Replay(Parts& parts);

    Result<> replay(std::span<const Slice> args) override;
    void begin() override { client_.db = 0; }

private:
    Parts& parts_;
    Client client_;
    Buffer out_;
};

}  // namespace rota
