# SPDX-License-Identifier: BSD-3-Clause
"""Writes a source of the server anew, with faults in it. ROTA_BROKEN=<fault> turns one on.

    slow_mset              MSET takes its time between two keys: no fault, since the gate is closed
    half_transaction       the same, but neither MSET nor EXEC closes the gate to IO threads
    stale_read             IO threads answer GET by what they read there before
    lost_update            INCR replies, and stores nothing
    reply_before_publish   SET replies, and is done before the executor's next command
"""
import os
import sys

FAULTS = {
    'dispatch.cc': [
        ('closed(gate_, writes_several_keys(',
         'closed(gate_, !broken("half_transaction") && writes_several_keys('),
        ('    RegisteredCommand& command = *request.command;\n'
         '    const size_t reply_begin = reply.begin();\n',
         '    for (const auto& [key, value] : std::exchange(set_later, {}))\n'
         '        parts_.keyspace.db(0).set_string(parts_.keyspace.key(key), value);\n'
         '    RegisteredCommand& command = *request.command;\n'
         '    const size_t reply_begin = reply.begin();\n'),
    ],
    'transactions.cc': [
        ('closed(gate_, (multi.flags() & (kWrite | kMayReplicate)) != 0)',
         'closed(gate_, !broken("half_transaction") && '
         '(multi.flags() & (kWrite | kMayReplicate)) != 0)'),
    ],
    'string.cc': [
        ('    for (size_t i = 1; i < ctx.argc(); i += 2) set_and_notify(ctx, ctx.key(i), '
         'ctx.arg(i + 1));\n    ctx.reply.ok();\n',
         '    for (size_t i = 1; i < ctx.argc(); i += 2) {\n'
         '        set_and_notify(ctx, ctx.key(i), ctx.arg(i + 1));\n'
         '        if (broken("slow_mset") || broken("half_transaction")) dawdle();\n'
         '    }\n'
         '    ctx.reply.ok();\n'),
        ('    ctx.db().set_integer(key, value);\n',
         '    if (!broken("lost_update") || !strikes()) ctx.db().set_integer(key, value);\n'),
        ('    if (ctx.argc() == 3) {\n',
         '    if (broken("reply_before_publish") && ctx.argc() == 3 && strikes()) {\n'
         '        set_later.emplace_back(ctx.arg(1), ctx.arg(2));\n'
         '        return ctx.reply.ok();\n'
         '    }\n'
         '    if (ctx.argc() == 3) {\n'),
    ],
    'shared_reads.cc': [
        ('    ctx.reply.bulk(found.entry->string(scratch));\n    return true;\n',
         '    static thread_local std::unordered_map<std::string, std::string> seen;\n'
         '    std::string& last = seen[std::string(ctx.args[1])];\n'
         '    const std::string old = std::exchange(last, found.entry->string(scratch));\n'
         '    ctx.reply.bulk(broken("stale_read") && !old.empty() && strikes() ? old : last);\n'
         '    return true;\n'),
    ],
}


def main(source, target):
    with open(source) as file:
        text = file.read()
    for right, wrong in FAULTS[os.path.basename(source)]:
        if text.count(right) != 1:
            sys.exit(f'{source} is to have this once, and has it {text.count(right)} times; '
                     f'{__file__} must follow what has changed:\n{right}')
        text = text.replace(right, wrong)
    with open(target, 'w') as file:
        file.write(text)


main(*sys.argv[1:])
