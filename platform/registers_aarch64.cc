// SPDX-License-Identifier: BSD-3-Clause
#include <ucontext.h>

#include "platform/registers.h"

namespace rota {

uintptr_t program_counter(const void* context) {
    return static_cast<uintptr_t>(static_cast<const ucontext_t*>(context)->uc_mcontext.pc);
}

void write_registers(CrashWriter& out, const void* context) {
    const mcontext_t& machine = static_cast<const ucontext_t*>(context)->uc_mcontext;
    for (int index = 0; index < 31; ++index) {
        out.text("X").decimal(index).text(":").hex(machine.regs[index]);
        out.text(index % 4 == 3 ? "\n" : " ");
    }
    out.text("SP:").hex(machine.sp).text("\nPC:").hex(machine.pc);
    out.text(" PSTATE:").hex(machine.pstate).text("\n");
}

}  // namespace rota
