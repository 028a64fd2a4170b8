// SPDX-License-Identifier: BSD-3-Clause
// A disk that fails, which is why this test has an fdatasync() of its own.
#include "persist/aof_log.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

static std::atomic<int> failures_to_come{0};

extern "C" int fdatasync(int) {
    if (failures_to_come.load() == 0) return 0;
    failures_to_come.fetch_sub(1);
    errno = EIO;
    return -1;
}

namespace rota {
namespace {

class AofLogTest : public testing::Test {
protected:
    ~AofLogTest() override { failures_to_come = 0; }

    FileDescriptor open_file(int flags = 0) {
        std::string path = testing::TempDir() + "aof-XXXXXX";
        FileDescriptor file(::mkostemp(path.data(), O_APPEND | flags));
        EXPECT_TRUE(file.valid());
        paths_.push_back(path);
        return file;
    }
    void add(uint64_t unit) {
        log_.begin_unit(unit).append("*1\r\n$4\r\nPING\r\n");
        log_.settle(false);
    }

    AofOptions options_;
    Clock clock_;
    AofLog log_{options_, clock_, [] {}};
    std::vector<std::string> paths_;
};

TEST_F(AofLogTest, AlwaysIsDurableAtOnce) {
    options_.appendfsync = AofFsync::always;
    log_.use(open_file(), "file", 0);
    add(1);
    EXPECT_EQ(log_.synced_unit(), 1u);
    EXPECT_EQ(file_size(paths_[0]).value_or(0), 14u);
    EXPECT_EQ(log_.size(), 14u);
}

TEST_F(AofLogTest, AlwaysEndsTheProcessWhereItCannotKeepItsWord) {
    options_.appendfsync = AofFsync::always;
    log_.use(open_file(), "file", 0);
    const auto fail_to_sync = [this] {
        failures_to_come = 1;
        add(1);
    };
    EXPECT_EXIT(fail_to_sync(), testing::ExitedWithCode(1), "");
    const auto fail_to_write = [this] {
        log_.use(FileDescriptor(::open("/dev/full", O_WRONLY)), "/dev/full", 0);
        add(2);
    };
    EXPECT_EXIT(fail_to_write(), testing::ExitedWithCode(1), "");
}

// The kernel says EIO once and drops what it could not write; the next sync says that all is well.
TEST_F(AofLogTest, AFailedSyncIsNeverMadeGoodByALaterOne) {
    log_.use(open_file(), "file", 0);
    failures_to_come = 1;
    add(1);
    log_.finish();
    EXPECT_EQ(log_.error(), EIO);
    log_.use(open_file(), "next", 0);
    add(2);
    EXPECT_TRUE(log_.failed_before_this_file());
    log_.finish();
    EXPECT_EQ(failures_to_come.load(), 0);
    EXPECT_EQ(log_.error(), EIO);
    EXPECT_EQ(log_.synced_unit(), 0u);
}

TEST_F(AofLogTest, ANewBaseMakesUpForWhatFailedBeforeIt) {
    log_.use(open_file(), "file", 0);
    failures_to_come = 1;
    add(1);
    log_.finish();
    log_.use(open_file(), "next", 0);
    log_.forgive();
    add(2);
    log_.finish();
    EXPECT_EQ(log_.error(), 0);
    EXPECT_EQ(log_.synced_unit(), 2u);
}

TEST_F(AofLogTest, WhatCannotBeWrittenWaitsAndIsTriedAgain) {
    options_.appendfsync = AofFsync::no;
    log_.use(FileDescriptor(::open("/dev/full", O_WRONLY)), "/dev/full", 0);
    add(1);
    EXPECT_EQ(log_.error(), ENOSPC);
    EXPECT_EQ(log_.buffered(), 14u);
    EXPECT_FALSE(log_.flush());
    EXPECT_EQ(log_.size(), 0u);
}

}  // namespace
}  // namespace rota
