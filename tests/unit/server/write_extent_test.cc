// SPDX-License-Identifier: BSD-3-Clause
#include "server/write_extent.h"

#include "server_fixture.h"

namespace rota {
namespace {

class WriteExtent : public ServerFixture {
protected:
    bool several(Slice name, size_t argc) {
        const RegisteredCommand* command = server_->parts().commands.find(name);
        EXPECT_NE(command, nullptr) << name;
        return command != nullptr && writes_several_keys(*command, argc);
    }
};

TEST_F(WriteExtent, WhatEmptiesOrSwapsDatabasesWritesManyKeys) {
    start();
    for (const size_t argc : {1, 2}) {
        EXPECT_TRUE(several("flushall", argc)) << argc;
        EXPECT_TRUE(several("flushdb", argc)) << argc;
    }
    EXPECT_TRUE(several("swapdb", 3));
}

TEST_F(WriteExtent, ListsOfKeysCount) {
    start();
    EXPECT_TRUE(several("mset", 5));
    EXPECT_TRUE(several("rename", 3));
    EXPECT_TRUE(several("del", 3));
    EXPECT_FALSE(several("del", 2));
}

TEST_F(WriteExtent, OneKeyAndReadsNeedNoGate) {
    start();
    EXPECT_FALSE(several("set", 3));
    EXPECT_FALSE(several("set", 5));
    EXPECT_FALSE(several("expire", 3));
    EXPECT_FALSE(several("mget", 3));
    EXPECT_FALSE(several("dbsize", 1));
}

}  // namespace
}  // namespace rota
