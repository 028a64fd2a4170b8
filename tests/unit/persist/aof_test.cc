// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include "persist/aof_manifest.h"
#include "persist/aof_reader.h"
#include "store/command_stream.h"

namespace rota {
namespace {

TEST(AofManifest, ComesBackAsItWasWritten) {
    AofManifest manifest;
    manifest.begin_with(manifest.next_base_name("appendonly.aof", true), 0);
    manifest.add_increment("appendonly.aof");
    EXPECT_EQ(manifest.text(),
              "file appendonly.aof.1.base.rdb seq 1 type b\n"
              "file appendonly.aof.1.incr.aof seq 1 type i\n");
    manifest.add_increment("appendonly.aof");
    manifest.begin_with(manifest.next_base_name("appendonly.aof", false), 1);
    EXPECT_EQ(manifest.text(),
              "file appendonly.aof.2.base.aof seq 2 type b\n"
              "file appendonly.aof.1.base.rdb seq 1 type h\n"
              "file appendonly.aof.1.incr.aof seq 1 type h\n"
              "file appendonly.aof.2.incr.aof seq 2 type i\n");
    std::string reason;
    EXPECT_EQ(AofManifest::parse(manifest.text(), reason), manifest);
}

TEST(AofManifest, NamesOfAnyBytesComeBack) {
    AofManifest manifest;
    manifest.begin_with(manifest.next_base_name("a b\"\n\x01", true), 0);
    std::string reason;
    EXPECT_EQ(AofManifest::parse(manifest.text(), reason), manifest) << reason;
}

TEST(AofManifest, SkipsCommentsAndWordsThatAreNotKnown) {
    std::string reason;
    const auto read = AofManifest::parse(
        "# comment\nseq 3 FILE x type b extra 1\nfile y seq 7 type i\nfile z seq 9 type i\n",
        reason);
    ASSERT_TRUE(read) << reason;
    EXPECT_EQ(read->base->name, "x");
    EXPECT_EQ(read->base_seq, 3u);
    EXPECT_EQ(read->increment_seq, 9u);
    EXPECT_EQ(read->files().size(), 3u);
}

TEST(AofManifest, SaysInWhichLineItIsWrong) {
    std::string reason;
    EXPECT_FALSE(AofManifest::parse("file x seq 1 type b\nfile y seq 0 type i\n", reason));
    EXPECT_EQ(reason, "at line 2\n>>> 'file y seq 0 type i'\nInvalid AOF manifest file format");
}

std::vector<std::string> read_all(Slice bytes, AofReader::Step last) {
    AofReader reader(bytes);
    std::vector<std::string> commands;
    AofReader::Step step;
    while ((step = reader.next()) == AofReader::Step::command ||
           step == AofReader::Step::annotation) {
        std::string line;
        if (step == AofReader::Step::command)
            for (const Slice arg : reader.args()) line += std::string(arg) + " ";
        else
            line = reader.annotation();
        commands.push_back(line);
    }
    EXPECT_EQ(step, last) << reader.reason();
    return commands;
}

constexpr Slice kTwo = "#TS:5\r\n*2\r\n$3\r\nGET\r\n$2\r\n\r\n\r\n*1\r\n$0\r\n\r\n";

TEST(AofReader, ReadsCommandsAndAnnotations) {
    EXPECT_EQ(read_all(kTwo, AofReader::Step::end),
              (std::vector<std::string>{"#TS:5", "GET \r\n ", " "}));
}

// Wherever it is cut off: what is whole is read, the rest is a torn end and nothing worse.
TEST(AofReader, EveryCutIsATornEnd) {
    for (size_t cut = 0; cut <= kTwo.size(); ++cut) {
        const bool whole = cut == 0 || cut == 7 || cut == 28 || cut == kTwo.size();
        const auto last = whole ? AofReader::Step::end : AofReader::Step::truncated;
        EXPECT_EQ(read_all(kTwo.substr(0, cut), last).size(),
                  static_cast<size_t>((cut >= 7) + (cut >= 28) + (cut == kTwo.size())))
            << cut;
    }
}

TEST(AofReader, DamageIsToldFromATornEnd) {
    for (const Slice bytes : {"x", "*x\r\n", "*0\r\n", "*-1\r\n", "*1\r\n:1\r\n", "*1\r\n$1\r\nabc",
                              "*99999999999999999999\r\n", "*1\r\n$-1\r\n", "*1a"})
        EXPECT_TRUE(read_all(bytes, AofReader::Step::damaged).empty());
    // A number that was damaged reaches beyond the end, but whole commands follow.
    const std::string longer = "*1\r\n$90\r\nPING\r\n*1\r\n$4\r\nPING\r\n";
    EXPECT_TRUE(command_follows(longer, 1));
    EXPECT_FALSE(command_follows(std::string(kTwo), kTwo.size() - 5));
}

struct Kept : CommandSink {
    void done(const CommandUnit& unit, uint64_t number) override {
        EXPECT_EQ(number, ++units);
        unit.append_to(bytes, db);
    }
    Buffer bytes;
    int db = -1;
    uint64_t units = 0;
};

TEST(CommandStream, WrapsWhatBelongsTogetherAndSelectsDatabases) {
    CommandStream stream;
    stream.tell(0, {"LOST"});
    Kept kept;
    stream.attach(kept);
    stream.tell(3, {"A"});
    stream.open();
    stream.tell(3, {"B"});
    stream.tell(0, {"C"});
    stream.close();
    stream.open();
    stream.close();
    stream.pause(true);
    EXPECT_FALSE(stream.wanted());
    stream.tell(0, {"LOST"});
    stream.pause(false);
    stream.open();
    stream.tell(0, {"D"});
    stream.close();
    stream.detach(kept);
    EXPECT_EQ(kept.bytes.view(),
              "*2\r\n$6\r\nSELECT\r\n$1\r\n3\r\n*1\r\n$1\r\nA\r\n"
              "*1\r\n$5\r\nMULTI\r\n*1\r\n$1\r\nB\r\n*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n"
              "*1\r\n$1\r\nC\r\n*1\r\n$4\r\nEXEC\r\n*1\r\n$1\r\nD\r\n");
    EXPECT_EQ(stream.units(), 3u);
}

}  // namespace
}  // namespace rota
