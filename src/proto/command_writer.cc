// SPDX-License-Identifier: BSD-3-Clause
#include "proto/command_writer.h"

#include "proto/wire.h"

namespace rota {

void append_command(Buffer& out, std::span<const Slice> args) {
    size_t room = wire::kHeaderMax;
    for (const Slice arg : args) room += wire::kHeaderMax + arg.size() + 2;
    char* const start = out.extend(room);
    char* at = wire::write_header(start, '*', static_cast<int64_t>(args.size()));
    for (const Slice arg : args) {
        at = wire::write_header(at, '$', static_cast<int64_t>(arg.size()));
        at = wire::write_crlf(wire::write_bytes(at, arg));
    }
    out.commit(static_cast<size_t>(at - start));
}

}  // namespace rota
