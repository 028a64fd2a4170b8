// SPDX-License-Identifier: BSD-3-Clause
// INFO as rows. Whoever knows a number owns the row that prints it: an InfoSection names a section
// and a function, server/ binds rows to their owners in one InfoRegistry, and render() answers
// INFO. Several rows may share a name (Stats has many owners): their header is written once, their
// fields follow in the order of add().
//
// Threading: one owner (the executor). Nothing here fails: an unknown section name is ignored, as
// in Valkey, so the answer may be empty.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "platform/slice.h"

namespace rota {

// Appends sections and `name:value` lines to a text that the caller owns.
class InfoWriter {
public:
    explicit InfoWriter(std::string& out) : out_(&out) {}

    // "# <header>", with an empty line before it unless it is the first.
    void section(Slice header);

    // CR, LF and ':' would break the reader's line: they become '?' in names, CR and LF in values '
    // '.
    void text(Slice name, Slice value);
    void integer(Slice name, int64_t value);
    void count(Slice name, uint64_t value);
    void real2(Slice name, double value);                // %.2f
    void percent2(Slice name, double value);             // %.2f%%
    void bytes_human(Slice name, uint64_t bytes);        // 1.50M
    void seconds_us(Slice name, uint64_t microseconds);  // <seconds>.<six digits>
    // For lines whose value has parts of its own ("calls=1,usec=2"): printf into the value.
    void format(Slice name, const char* format, ...) __attribute__((format(printf, 3, 4)));

    std::string& out() { return *out_; }

private:
    void name(Slice name);

    std::string* out_;
};

// "512B", "1.50K", "2.00M", ... with Valkey's units of 1024.
std::string bytes_to_human(uint64_t bytes);

enum class InfoWhen : uint8_t {
    by_default,  // plain INFO, `default`, `all`, `everything`
    in_all,      // `all`, `everything`, or by name
    on_request,  // `everything`, or by name (debug)
};

struct InfoSection {
    Slice name;    // as an argument of INFO, lower case: "server"
    Slice header;  // as printed: "Server"
    InfoWhen when = InfoWhen::by_default;
    void (*write)(void* owner, InfoWriter& out) = nullptr;
    Slice alias = {};  // a second argument that selects it ("modules" for "module_list")
};

class InfoRegistry {
public:
    // The row and the owner must outlive the registry.
    void add(const InfoSection& row, void* owner);

    // args: what followed INFO, case does not matter. None means the default set.
    std::string render(std::span<const Slice> args) const;

private:
    struct Bound {
        const InfoSection* row;
        void* owner;
        size_t rank;  // place in the answer
    };
    std::vector<Bound> rows_;  // ordered by rank; rows of one name are neighbours
};

}  // namespace rota
