// SPDX-License-Identifier: BSD-3-Clause
#include <ucontext.h>

#include "platform/registers.h"

namespace rota {

static const greg_t* registers_of(const void* context) {
    return static_cast<const ucontext_t*>(context)->uc_mcontext.gregs;
}

uintptr_t program_counter(const void* context) {
    return static_cast<uintptr_t>(registers_of(context)[REG_RIP]);
}

void write_registers(CrashWriter& out, const void* context) {
    static constexpr struct {
        const char* name;
        int index;
    } kRegisters[] = {{"RAX", REG_RAX}, {"RBX", REG_RBX}, {"RCX", REG_RCX}, {"RDX", REG_RDX},
                      {"RDI", REG_RDI}, {"RSI", REG_RSI}, {"RBP", REG_RBP}, {"RSP", REG_RSP},
                      {"R8", REG_R8},   {"R9", REG_R9},   {"R10", REG_R10}, {"R11", REG_R11},
                      {"R12", REG_R12}, {"R13", REG_R13}, {"R14", REG_R14}, {"R15", REG_R15},
                      {"RIP", REG_RIP}, {"EFL", REG_EFL}, {"ERR", REG_ERR}, {"CR2", REG_CR2}};
    int column = 0;
    for (const auto& entry : kRegisters) {
        const auto value = static_cast<uint64_t>(registers_of(context)[entry.index]);
        out.text(entry.name).text(":").hex(value).text(++column % 4 == 0 ? "\n" : " ");
    }
}

}  // namespace rota
