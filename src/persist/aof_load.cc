// SPDX-License-Identifier: BSD-3-Clause
// Reading an append-only file back: the manifest, then each file it names, in order.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "persist/aof.h"
#include "persist/aof_reader.h"
#include "persist/mapped_file.h"
#include "persist/rdb_file.h"
#include "platform/log.h"
#include "platform/text.h"

namespace rota {
namespace {

// What ends up in the keyspace of a transaction is all of it or nothing.
class Transaction {
public:
    bool open() const { return open_; }
    size_t begin() const { return begin_; }  // of MULTI
    void start(size_t at) {
        open_ = true;
        begin_ = at;
    }
    void add(std::span<const Slice> args) {
        args_.insert(args_.end(), args.begin(), args.end());
        ends_.push_back(args_.size());
    }
    Result<> run(Replayer& replayer) {
        size_t first = 0;
        Result<> done;
        for (const size_t end : ends_) {
            if (done) done = replayer.replay(std::span(args_).subspan(first, end - first));
            first = end;
        }
        args_.clear();
        ends_.clear();
        open_ = false;
        return done;
    }

private:
    bool open_ = false;
    size_t begin_ = 0;
    std::vector<Slice> args_;
    std::vector<size_t> ends_;
};

bool is(std::span<const Slice> args, Slice name) {
    return args.size() == 1 && equals_ignore_case(args[0], name);
}

std::string at_offset(size_t offset, const std::string& reason) {
    return format("at offset %zu: ", offset) + reason;
}

}  // namespace

// ---- The manifest
// --------------------------------------------------------------------------------------

// False: there is none.
Result<bool> Aof::read_manifest() {
    manifest_ = {};
    const auto text = read_file(manifest_path());
    if (!text && text.error().code == ENOENT) return false;
    if (!text) return fail("Fatal error: can't open the AOF manifest: " + text.error().message);
    std::string reason;
    auto read = AofManifest::parse(*text, reason);
    if (!read)
        return fail("*** FATAL AOF MANIFEST FILE ERROR ***\nReading the manifest file " +
                    manifest_path() + " " + reason);
    manifest_ = std::move(*read);
    return true;
}

// Before there were several files there was one, beside the folder where they are now. It becomes
// the base. An adoption that was interrupted is finished.
Result<> Aof::adopt_old_file() {
    const std::string& name = options_.appendfilename;
    if (!file_exists(name) || file_exists(path_of(name))) return {};
    const bool interrupted = manifest_.base && manifest_.base->name == name;
    if (!manifest_.empty() && !interrupted) return {};
    if (const auto made = make_directory(options_.appenddirname); !made) return made;
    if (!interrupted) {
        manifest_.base = AofFile{name, 1};
        manifest_.base_seq = 1;
        if (const auto saved = save_manifest(manifest_); !saved) return saved;
    }
    if (const auto moved = rename_file(name, path_of(name)); !moved) return moved;
    log(LogLevel::notice, "Successfully migrated an old-style AOF configuration (%s) into %s.",
        name.c_str(), options_.appenddirname.c_str());
    return sync_directory(options_.appenddirname);
}

// ---- The files
// -----------------------------------------------------------------------------------------

Result<> Aof::load(Replayer& replayer) {
    if (const auto read = read_manifest(); !read) return std::unexpected(read.error());
    if (const auto adopted = adopt_old_file(); !adopted) return adopted;
    const std::vector<AofFile> files = manifest_.files();
    if (files.empty()) return {};
    const int64_t begin_us = links_.clock.monotonic_us();
    links_.keyspace.clock().replaying = true;
    Result<> done;
    for (size_t i = 0; done && i < files.size(); ++i)
        done = load_file(files[i], i + 1 == files.size(), replayer);
    links_.keyspace.clock().replaying = false;
    if (done)
        log(LogLevel::notice, "DB loaded from append only file: %.3f seconds",
            static_cast<double>(links_.clock.monotonic_us() - begin_us) / 1e6);
    return done;
}

Result<> Aof::load_file(const AofFile& file, bool last, Replayer& replayer) {
    const std::string path = path_of(file.name);
    auto mapped = MappedFile::open(path);
    if (!mapped)
        return fail("Fatal error: can't open the append log file " + file.name +
                    " for reading: " + mapped.error().message);
    size_t begin = 0;
    if (begins_like_rdb(mapped->view())) {
        const auto loaded =
            load_rdb_bytes(mapped->view(), links_.keyspace, links_.store_options,
                           {.checksum = links_.rdb_options.rdbchecksum,
                            .keep_expired = true,
                            .functions = links_.snapshots.functions()});
        if (!loaded)
            return fail("Error reading the RDB preamble of the AOF file " + file.name + ", " +
                        loaded.error().message);
        begin = loaded->end;
    }
    replayer.begin();
    return load_commands(mapped->view(), begin, path, last, replayer);
}

Result<> Aof::load_commands(Slice bytes, size_t begin, const std::string& path, bool last,
                            Replayer& replayer) {
    using Step = AofReader::Step;
    AofReader reader(bytes, begin);
    Transaction transaction;
    while (true) {
        const Step step = reader.next();
        if (step == Step::annotation) continue;
        if (step == Step::end && !transaction.open()) return {};
        const bool torn = step == Step::truncated && !command_follows(bytes, reader.begin() + 1);
        if (step == Step::end || torn)
            return cut_off(path, last, transaction.open() ? transaction.begin() : reader.begin(),
                           step == Step::end ? "MULTI without EXEC" : reader.reason());
        if (step != Step::command)
            return fail("Bad file format reading the append only file " + path + " " +
                        at_offset(reader.failed_at(), reader.reason()) +
                        ": make a backup of your AOF file, then use ./rota-check-aof --fix "
                        "<filename.manifest>");
        Result<> done;
        if (is(reader.args(), "multi"))
            transaction.start(reader.begin());
        else if (is(reader.args(), "exec"))
            done = transaction.run(replayer);
        else if (transaction.open())
            transaction.add(reader.args());
        else
            done = replayer.replay(reader.args());
        if (!done)
            return fail(done.error().message + " reading the append only file " + path + " " +
                        at_offset(reader.begin(), "the command begins here"));
    }
}

// The file ends too soon: what is whole of it counts, if that is allowed.
Result<> Aof::cut_off(const std::string& path, bool last, size_t end, const std::string& reason) {
    if (!last || !options_.aof_load_truncated)
        return fail("Unexpected end of file reading the append only file " + path + " " +
                    at_offset(end, reason) +
                    (last ? ". You can: 1) Make a backup of your AOF file, then use "
                            "./rota-check-aof --fix <filename.manifest>. 2) Alternatively you can "
                            "set the 'aof-load-truncated' configuration option to yes and restart "
                            "the server."
                          : ". It is not the last file"));
    log(LogLevel::warning, "!!! Warning: short read while loading the AOF file %s!!!",
        path.c_str());
    log(LogLevel::warning, "AOF %s loaded anyway because aof-load-truncated is enabled",
        path.c_str());
    log(LogLevel::warning, "Truncating the AOF %s at offset %zu, %s", path.c_str(), end,
        reason.c_str());
    const FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    if (!file.valid() || ::ftruncate(file.get(), static_cast<off_t>(end)) != 0 ||
        ::fsync(file.get()) != 0)
        return fail_errno("truncating " + path, errno);
    return {};
}

}  // namespace rota
