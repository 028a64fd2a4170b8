// SPDX-License-Identifier: BSD-3-Clause
#include "metrics/info.h"

#include <algorithm>
#include <array>
#include <cstdarg>

#include "platform/assert.h"
#include "platform/text.h"

namespace rota {

namespace {

// The order in which the sections of an answer follow each other. A name that is not here comes
// last.
constexpr std::array<Slice, 18> kSectionOrder = {
    "server",     "tls",          "clients",  "memory",       "persistence",
    "stats",      "replication",  "cpu",      "module_list",  "commandstats",
    "errorstats", "latencystats", "cluster",  "cluster_info", "scriptingengines",
    "keyspace",   "debug",        "sentinel",
};

size_t rank_of(Slice name) {
    return std::find(kSectionOrder.begin(), kSectionOrder.end(), name) - kSectionOrder.begin();
}

bool asks_for(std::span<const Slice> args, Slice word) {
    return std::any_of(args.begin(), args.end(),
                       [&](Slice arg) { return equals_ignore_case(arg, word); });
}

}  // namespace

void InfoWriter::section(Slice header) {
    if (!out_->empty()) out_->append("\r\n");
    out_->append("# ").append(header).append("\r\n");
}

void InfoWriter::name(Slice name) {
    const size_t at = out_->size();
    out_->append(name);
    for (size_t i = at; i < out_->size(); ++i) {
        char& c = (*out_)[i];
        if (c == '\r' || c == '\n' || c == ':') c = '?';
    }
    out_->push_back(':');
}

void InfoWriter::text(Slice field, Slice value) {
    name(field);
    const size_t at = out_->size();
    out_->append(value);
    for (size_t i = at; i < out_->size(); ++i) {
        char& c = (*out_)[i];
        if (c == '\r' || c == '\n') c = ' ';
    }
    out_->append("\r\n");
}

void InfoWriter::integer(Slice field, int64_t value) {
    name(field);
    append_integer(*out_, value);
    out_->append("\r\n");
}

void InfoWriter::count(Slice field, uint64_t value) {
    name(field);
    char digits[kIntegerTextMax];
    out_->append(digits, write_unsigned(digits, value));
    out_->append("\r\n");
}

void InfoWriter::real2(Slice field, double value) { format(field, "%.2f", value); }

void InfoWriter::percent2(Slice field, double value) { format(field, "%.2f%%", value); }

void InfoWriter::bytes_human(Slice field, uint64_t bytes) { text(field, bytes_to_human(bytes)); }

void InfoWriter::seconds_us(Slice field, uint64_t microseconds) {
    format(field, "%llu.%06llu", static_cast<unsigned long long>(microseconds / 1'000'000),
           static_cast<unsigned long long>(microseconds % 1'000'000));
}

void InfoWriter::format(Slice field, const char* format, ...) {
    name(field);
    std::va_list args;
    va_start(args, format);
    out_->append(format_list(format, args));
    va_end(args);
    out_->append("\r\n");
}

std::string bytes_to_human(uint64_t bytes) {
    static constexpr char kUnits[] = {'B', 'K', 'M', 'G', 'T', 'P'};
    const auto whole = static_cast<unsigned long long>(bytes);
    size_t unit = 0;
    while (unit < sizeof kUnits && (bytes >> (10 * (unit + 1))) != 0) ++unit;
    // Beyond petabytes the number is not believable; Valkey prints it as plain bytes.
    if (unit == 0 || unit == sizeof kUnits) return format("%lluB", whole);
    const double scale = static_cast<double>(uint64_t{1} << (10 * unit));
    return format("%.2f%c", static_cast<double>(bytes) / scale, kUnits[unit]);
}

void InfoRegistry::add(const InfoSection& row, void* owner) {
    ASSERT(row.write != nullptr);
    const size_t rank = rank_of(row.name);
    // Names without a place of their own share the last rank: keep each one's rows together.
    auto at = std::find_if(rows_.rbegin(), rows_.rend(), [&](const Bound& b) {
                  return b.row->name == row.name;
              }).base();
    if (at == rows_.begin()) {
        at =
            std::find_if(rows_.begin(), rows_.end(), [&](const Bound& b) { return b.rank > rank; });
    }
    rows_.insert(at, {&row, owner, rank});
}

std::string InfoRegistry::render(std::span<const Slice> args) const {
    const bool everything = asks_for(args, "everything");
    const bool all = everything || asks_for(args, "all");
    const bool defaults = args.empty() || asks_for(args, "default");
    const auto wanted = [&](const InfoSection& row) {
        if (everything || (all && row.when != InfoWhen::on_request)) return true;
        if (defaults && row.when == InfoWhen::by_default) return true;
        return asks_for(args, row.name) || (!row.alias.empty() && asks_for(args, row.alias));
    };
    std::string text;
    text.reserve(8 * 1024);
    InfoWriter out(text);
    Slice open;  // the section whose header is written
    for (const Bound& bound : rows_) {
        if (!wanted(*bound.row)) continue;
        if (bound.row->name != open) {
            out.section(bound.row->header);
            open = bound.row->name;
        }
        bound.row->write(bound.owner, out);
    }
    return text;
}

}  // namespace rota
