// SPDX-License-Identifier: BSD-3-Clause
// Payloads of RESTORE without their footer: a type and a value of it, from anywhere. What is
// accepted is whole: it can be counted, copied and destroyed, and is small against its bytes.
#include <cstdlib>

#include "check.h"
#include "persist/rdb_value.h"
#include "platform/rusage.h"
#include "types/object.h"

using rota::RdbReader;
using rota::Slice;

// Of the allocator's statistics, for which nobody asks here.
uint64_t rota::resident_bytes() { return 0; }

static void check(bool held) {
    if (!held) std::abort();
}

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, size_t size) {
    const rota::fuzz::ExactCopy input(Slice(reinterpret_cast<const char*>(data), size));
    RdbReader reader(input.view());
    const uint8_t type = reader.byte();
    const rota::LoadLimits limits{.hash = {.listpack_entries = 4}, .set = {.intset_entries = 3}};
    auto value = rota::read_value(reader, type, limits);
    if (!value) return 0;
    check(!reader.failed());
    if (value->type() == rota::Type::string) {
        // LZF makes at most 88 bytes of one.
        check(value->text().size() <= 88 * size + rota::kIntegerTextMax);
        return 0;
    }
    const rota::Type kind = value->type();
    const rota::Encoding encoding = value->encoding();
    void* object = value->release();
    void* twin = copy_object(kind, encoding, object);
    check(object_size(kind, encoding, object) == object_size(kind, encoding, twin));
    check(kind == rota::Type::stream || object_size(kind, encoding, object) > 0);
    check(object_bytes(kind, encoding, object, 5) > 0);
    destroy_object(kind, encoding, object);
    destroy_object(kind, encoding, twin);
    return 0;
}
