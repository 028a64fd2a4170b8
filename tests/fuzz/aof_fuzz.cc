// SPDX-License-Identifier: BSD-3-Clause
// An append-only file and its manifest from anywhere. What the reader gives lies in the input and
// goes forward; what was read of a manifest is read again from its own text.
#include <cstdlib>

#include "check.h"
#include "persist/aof_manifest.h"
#include "persist/aof_reader.h"

using rota::AofManifest;
using rota::AofReader;
using rota::Slice;

static void check(bool held) {
    if (!held) std::abort();
}

static void read_commands(Slice bytes) {
    AofReader reader(bytes);
    size_t end = 0;
    while (true) {
        const auto step = reader.next();
        check(reader.begin() == end);
        if (step != AofReader::Step::command && step != AofReader::Step::annotation) {
            check(step != AofReader::Step::end || end == bytes.size());
            check(reader.failed_at() <= bytes.size());
            (void)rota::command_follows(bytes, end);
            return;
        }
        check(reader.end() > end && reader.end() <= bytes.size());
        end = reader.end();
        if (step == AofReader::Step::annotation) (void)reader.timestamp();
        if (step != AofReader::Step::command) continue;
        check(!reader.args().empty());
        for (const Slice arg : reader.args())
            check(arg.data() >= bytes.data() && arg.data() + arg.size() <= bytes.data() + end);
    }
}

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, size_t size) {
    const rota::fuzz::ExactCopy input(Slice(reinterpret_cast<const char*>(data), size));
    read_commands(input.view());
    std::string reason;
    const auto manifest = AofManifest::parse(input.view(), reason);
    if (!manifest) {
        check(!reason.empty());
        return 0;
    }
    if (manifest->empty() && manifest->history.empty()) return 0;
    // Escapes may make a line of its own text too long to be read.
    if (size < 200) check(AofManifest::parse(manifest->text(), reason) == manifest);
    return 0;
}
