// SPDX-License-Identifier: BSD-3-Clause
// Listpacks from anywhere: what is_valid() accepts can be walked both ways, searched and changed,
// and stays valid.
#include <cstdlib>

#include "check.h"
#include "types/listpack.h"

using rota::Listpack;
using rota::Slice;

static void check(bool held) {
    if (!held) std::abort();
}

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, size_t size) {
    const rota::fuzz::ExactCopy input(Slice(reinterpret_cast<const char*>(data), size));
    auto pack = Listpack::parse(input.view());
    if (!pack) return 0;
    char scratch[rota::kIntegerTextMax];
    const size_t count = pack->count();
    size_t seen = 0;
    for (auto at = pack->first(); at != Listpack::kNone; at = pack->next(at), ++seen)
        check(pack->find(pack->first(), pack->get(at).text(scratch)) != Listpack::kNone);
    for (auto at = pack->last(); at != Listpack::kNone; at = pack->previous(at)) --seen;
    check(seen == 0);
    if (count > 0) {
        pack->replace(pack->seek(static_cast<int64_t>(count / 2)), input.view().substr(0, 100));
        pack->prepend_all(pack->split(pack->seek(static_cast<int64_t>(count / 3))));
        check(pack->count() == count);
        pack->erase_range(-1, 1);
    }
    check(Listpack::is_valid(pack->bytes()));
    return 0;
}
