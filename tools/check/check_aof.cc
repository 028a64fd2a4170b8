// SPDX-License-Identifier: BSD-3-Clause
// rota-check-aof: whether an append-only file can be read, and up to where. With --fix it cuts off
// what is not whole, with --truncate-to-timestamp what came after a time; nothing else is changed,
// and of several files only the last one can be cut.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <optional>
#include <string>

#include "persist/aof_manifest.h"
#include "persist/aof_reader.h"
#include "persist/mapped_file.h"
#include "platform/file.h"
#include "platform/text.h"
#include "tools/check/rdb_summary.h"

namespace rota {
namespace {

struct Wishes {
    bool fix = false;
    std::optional<int64_t> truncate_to_s;
};

enum class Verdict : uint8_t { valid, cut, bad };

// One file as far as it could be followed.
struct Followed {
    size_t good = 0;            // bytes that are whole, transactions included
    std::string reason;         // why no further; empty: to the end
    bool at_timestamp = false;  // no further since what follows is too new
};

bool is(const AofReader& reader, Slice name) {
    return reader.args().size() == 1 && equals_ignore_case(reader.args()[0], name);
}

Followed follow(Slice bytes, size_t begin, const Wishes& wishes) {
    using Step = AofReader::Step;
    Followed followed{.good = begin};
    AofReader reader(bytes, begin);
    bool in_multi = false;
    while (true) {
        const Step step = reader.next();
        if (step == Step::truncated || step == Step::damaged) {
            followed.reason = format("at offset %zu: %s", reader.failed_at(), reader.reason());
            return followed;
        }
        if (step == Step::end) {
            if (in_multi) followed.reason = "Reached EOF before reading EXEC for MULTI";
            return followed;
        }
        if (step == Step::annotation && wishes.truncate_to_s) {
            const auto time_s = reader.timestamp();
            if (time_s && *time_s > *wishes.truncate_to_s) {
                followed.at_timestamp = true;
                return followed;
            }
        }
        if (step == Step::command && is(reader, "multi")) in_multi = true;
        if (step == Step::command && is(reader, "exec")) in_multi = false;
        if (!in_multi) followed.good = reader.end();
    }
}

bool agreed(const std::string& path, size_t size, size_t good) {
    std::printf("This will shrink the AOF %s from %zu bytes, with %zu bytes, to %zu bytes\n",
                path.c_str(), size, size - good, good);
    std::printf("Continue? [y/N]: ");
    std::fflush(stdout);
    const int answer = std::getchar();
    if (answer == 'y' || answer == 'Y') return true;
    std::printf("Aborting...\n");
    return false;
}

bool cut_file(const std::string& path, size_t good) {
    const FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    if (file.valid() && ::ftruncate(file.get(), static_cast<off_t>(good)) == 0 &&
        ::fsync(file.get()) == 0)
        return true;
    std::printf("Failed to truncate AOF %s: %s\n", path.c_str(), std::strerror(errno));
    return false;
}

// Up to a time: that was asked for, so nobody is asked again.
Verdict cut_at_timestamp(const std::string& path, const Followed& found, const Wishes& wishes,
                         bool last) {
    const auto time_s = static_cast<long long>(*wishes.truncate_to_s);
    if (!last) {
        std::printf(
            "Failed to truncate AOF %s to timestamp %lld to offset %zu because it is not "
            "the last file.\nIf you insist, please delete all files after this file "
            "according to the manifest file and delete the corresponding records in "
            "manifest file manually. Then re-run rota-check-aof.\n",
            path.c_str(), time_s, found.good);
        return Verdict::bad;
    }
    if (!cut_file(path, found.good)) return Verdict::bad;
    std::printf("Successfully truncated AOF %s to timestamp %lld\n", path.c_str(), time_s);
    return Verdict::cut;
}

Verdict cut_what_is_not_whole(const std::string& path, size_t size, const Followed& found,
                              const Wishes& wishes, bool last) {
    if (!wishes.fix) {
        std::printf("AOF %s is not valid. Use the --fix option to try fixing it.\n", path.c_str());
        return Verdict::bad;
    }
    if (!last) {
        std::printf("Failed to truncate AOF %s because it is not the last file\n", path.c_str());
        return Verdict::bad;
    }
    if (!agreed(path, size, found.good) || !cut_file(path, found.good)) return Verdict::bad;
    std::printf("Successfully truncated AOF %s\n", path.c_str());
    return Verdict::cut;
}

// The snapshot that a file may begin with; nullopt: it cannot be read.
std::optional<size_t> pass_snapshot(const std::string& path, Slice bytes) {
    if (!begins_like_rdb(bytes)) return 0;
    std::printf(
        "The AOF appears to start with an RDB preamble.\n"
        "Checking the RDB preamble to start:\n[offset 0] Checking RDB file %s\n",
        path.c_str());
    const auto report = look_through_rdb(bytes);
    if (!report) {
        std::printf("RDB preamble of AOF file is not sane, aborting: %s\n",
                    report.error().message.c_str());
        return std::nullopt;
    }
    std::printf(
        "[offset %llu] \\o/ RDB looks OK! \\o/\n[info] %llu keys read\n"
        "RDB preamble is OK, proceeding with AOF tail...\n",
        static_cast<unsigned long long>(report->end),
        static_cast<unsigned long long>(report->keys));
    return report->end;
}

Verdict check_file(const std::string& path, const Wishes& wishes, bool last) {
    const auto file = MappedFile::open(path);
    if (!file) {
        std::printf("Cannot open file %s: %s, aborting...\n", path.c_str(),
                    file.error().message.c_str());
        return Verdict::bad;
    }
    const Slice bytes = file->view();
    const auto begin = pass_snapshot(path, bytes);
    if (!begin) return Verdict::bad;
    const Followed found = follow(bytes, *begin, wishes);
    if (found.at_timestamp) return cut_at_timestamp(path, found, wishes, last);
    const Slice good = bytes.substr(0, found.good);
    if (!found.reason.empty()) std::printf("AOF %s %s\n", path.c_str(), found.reason.c_str());
    std::printf("AOF analyzed: filename=%s, size=%zu, ok_up_to=%zu, ok_up_to_line=%zu, diff=%zu\n",
                path.c_str(), bytes.size(), found.good,
                static_cast<size_t>(std::ranges::count(good, '\n')) + 1, bytes.size() - found.good);
    if (found.reason.empty()) return Verdict::valid;
    return cut_what_is_not_whole(path, bytes.size(), found, wishes, last);
}

int check_manifest(const std::string& path, const Wishes& wishes) {
    const auto text = read_file(path);
    std::string reason = text ? "" : text.error().message;
    const auto manifest = text ? AofManifest::parse(*text, reason) : std::nullopt;
    if (!manifest) {
        std::printf("*** FATAL AOF MANIFEST FILE ERROR ***\n%s\n", reason.c_str());
        return 1;
    }
    std::printf("Start checking Multi Part AOF\n");
    const std::string folder = parent_directory(path);
    const auto files = manifest->files();
    for (size_t i = 0; i < files.size(); ++i) {
        const bool base = manifest->base && i == 0;
        const char* kind = base ? "BASE" : "INCR";
        const bool snapshot = files[i].name.ends_with(".rdb");
        if (base)
            std::printf("Start to check BASE AOF (%s format).\n", snapshot ? "RDB" : "RESP");
        else if (i == (manifest->base ? 1u : 0u))
            std::printf("Start to check INCR files.\n");
        const Verdict verdict =
            check_file(folder + "/" + files[i].name, wishes, i + 1 == files.size());
        if (verdict == Verdict::bad) return 1;
        if (verdict == Verdict::valid)
            std::printf("%s AOF %s is valid\n", kind, files[i].name.c_str());
    }
    std::printf("All AOF files and manifest are valid\n");
    return 0;
}

int check_one(const std::string& path, const Wishes& wishes) {
    std::printf("Start checking Old-Style AOF\n");
    const Verdict verdict = check_file(path, wishes, true);
    if (verdict == Verdict::valid) std::printf("AOF %s is valid\n", path.c_str());
    return verdict == Verdict::bad ? 1 : 0;
}

int run(const std::vector<std::string>& words) {
    Wishes wishes;
    if (words.size() == 2 && words[0] == "--fix") {
        wishes.fix = true;
    } else if (words.size() == 3 && words[0] == "--truncate-to-timestamp") {
        wishes.truncate_to_s = parse_int64(words[1]);
        if (!wishes.truncate_to_s) {
            std::printf("Invalid timestamp, aborting...\n");
            return 1;
        }
    } else if (words.size() != 1 || words[0].starts_with("--")) {
        std::printf(
            "Usage: rota-check-aof [--fix|--truncate-to-timestamp $timestamp] "
            "<file.manifest|file.aof>\n");
        return 1;
    }
    const std::string& path = words.back();
    return path.ends_with(kAofManifestSuffix) ? check_manifest(path, wishes)
                                              : check_one(path, wishes);
}

}  // namespace
}  // namespace rota

int main(int argc, char** argv) { return rota::run({argv + 1, argv + argc}); }
