// SPDX-License-Identifier: BSD-3-Clause
#include "persist/aof_manifest.h"

#include <utility>

#include "platform/text.h"

namespace rota {
namespace {

constexpr size_t kLineMax = 1024;  // bytes, with its end
constexpr size_t kShownMax = 128;  // of a line that is wrong
constexpr const char* kBadFormat = "Invalid AOF manifest file format";

struct Line {
    AofFile file;
    char type = 0;
};

bool is_file_name(Slice name) {
    return !name.empty() && name.find('/') == Slice::npos && name != "." && name != "..";
}

// Null, or what is wrong. Words that are not known come in pairs, and are skipped.
const char* parse_line(Slice text, Line& line) {
    const auto words = split_args(text);
    if (!words || words->size() < 6 || words->size() % 2 != 0) return kBadFormat;
    for (size_t i = 0; i < words->size(); i += 2) {
        const std::string &name = (*words)[i], &value = (*words)[i + 1];
        if (equals_ignore_case(name, "file")) {
            if (!is_file_name(value)) return "File can't be a path, just a filename";
            line.file.name = value;
        } else if (equals_ignore_case(name, "seq")) {
            const auto seq = parse_uint64(value);
            if (!seq || *seq > INT64_MAX) return kBadFormat;
            line.file.seq = *seq;
        } else if (equals_ignore_case(name, "type")) {
            line.type = value.empty() ? '\0' : value[0];
        }
    }
    return line.file.name.empty() || line.file.seq == 0 || line.type == 0 ? kBadFormat : nullptr;
}

const char* take(Line& line, AofManifest& manifest) {
    switch (line.type) {
        case 'b':
            if (manifest.base) return "Found duplicate base file information";
            manifest.base_seq = line.file.seq;
            manifest.base = std::move(line.file);
            return nullptr;
        case 'h':
            manifest.history.push_back(std::move(line.file));
            return nullptr;
        case 'i':
            if (line.file.seq <= manifest.increment_seq)
                return "Found a non-monotonic sequence number";
            manifest.increment_seq = line.file.seq;
            manifest.increments.push_back(std::move(line.file));
            return nullptr;
        default:
            return "Unknown AOF file type";
    }
}

void append_line(std::string& out, const AofFile& file, char type) {
    const bool plain = split_args(file.name) == std::vector<std::string>{file.name};
    out += "file " + (plain ? file.name : escape_repr(file.name)) + " seq " +
           std::to_string(file.seq) + " type " + type + "\n";
}

}  // namespace

std::optional<AofManifest> AofManifest::parse(Slice text, std::string& why) {
    if (text.empty()) {
        why = "Found an empty AOF manifest";
        return std::nullopt;
    }
    AofManifest manifest;
    for (int number = 1; !text.empty(); ++number) {
        const size_t end = text.find('\n');
        const Slice raw = text.substr(0, end);
        const Slice trimmed = trim(raw, " \t\r\n");
        text.remove_prefix(end == Slice::npos ? text.size() : end + 1);
        const char* reason = nullptr;
        Line line;
        if (raw.size() + 1 >= kLineMax || (end == Slice::npos && !raw.starts_with('#')))
            reason = "The AOF manifest file contains too long line";
        else if (raw.starts_with('#'))
            continue;
        else if ((reason = parse_line(trimmed, line)) == nullptr)
            reason = take(line, manifest);
        if (reason == nullptr) continue;
        why = format("at line %d\n>>> '%s'\n%s", number,
                     std::string(trimmed.substr(0, kShownMax)).c_str(), reason);
        return std::nullopt;
    }
    return manifest;
}

std::string AofManifest::text() const {
    std::string out;
    if (base) append_line(out, *base, 'b');
    for (const AofFile& file : history) append_line(out, file, 'h');
    for (const AofFile& file : increments) append_line(out, file, 'i');
    return out;
}

std::vector<AofFile> AofManifest::files() const {
    std::vector<AofFile> all;
    if (base) all.push_back(*base);
    all.insert(all.end(), increments.begin(), increments.end());
    return all;
}

std::string AofManifest::next_base_name(const std::string& prefix, bool snapshot) const {
    return prefix + "." + std::to_string(base_seq + 1) + ".base" + (snapshot ? ".rdb" : ".aof");
}

void AofManifest::begin_with(const std::string& name, size_t first_kept) {
    if (base) history.push_back(std::move(*base));
    base = AofFile{name, ++base_seq};
    const auto kept = increments.begin() + static_cast<std::ptrdiff_t>(first_kept);
    history.insert(history.end(), increments.begin(), kept);
    increments.erase(increments.begin(), kept);
}

std::string AofManifest::next_increment_name(const std::string& prefix) const {
    return prefix + "." + std::to_string(increment_seq + 1) + ".incr.aof";
}

void AofManifest::add_increment(const std::string& prefix) {
    increments.push_back({next_increment_name(prefix), increment_seq + 1});
    ++increment_seq;
}

}  // namespace rota
