// SPDX-License-Identifier: BSD-3-Clause
#include <dlfcn.h>

#include "platform/stack_walk.h"

namespace rota {

void describe_module(CrashWriter& out, uintptr_t frame) {
    Dl_info info;
    if (::dladdr(reinterpret_cast<void*>(frame), &info) == 0 || info.dli_fname == nullptr) {
        out.text("?");
        return;
    }
    out.text(info.dli_fname).text("(+");
    out.hex(frame - reinterpret_cast<uintptr_t>(info.dli_fbase)).text(")");
    if (info.dli_sname != nullptr) out.text(" ").text(info.dli_sname);
}

}  // namespace rota
