// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include "tools/net/uri.h"

namespace rota {
namespace {

TEST(ServerUri, EveryPartMayBeMissing) {
    const auto uri = parse_server_uri("redis://");
    ASSERT_TRUE(uri);
    EXPECT_EQ(uri->host, "");
    EXPECT_FALSE(uri->port);
    EXPECT_FALSE(uri->password);
    EXPECT_FALSE(uri->db);
}

TEST(ServerUri, APasswordMayStandAlone) {
    const auto uri = parse_server_uri("VALKEY://s3cret@h");
    ASSERT_TRUE(uri);
    EXPECT_EQ(uri->user, "");
    EXPECT_EQ(*uri->password, "s3cret");
    EXPECT_EQ(uri->host, "h");
}

TEST(ServerUri, AnUnescapedAtSignBelongsToThePassword) {
    const auto uri = parse_server_uri("redis://u:a@b@h:1/2?x=y");
    ASSERT_TRUE(uri);
    EXPECT_EQ(*uri->password, "a@b");
    EXPECT_EQ(*uri->port, 1);
    EXPECT_EQ(*uri->db, 2);
}

TEST(ServerUri, Ipv6AddressesStandInBrackets) {
    const auto uri = parse_server_uri("rediss://[::1]:7000");
    ASSERT_TRUE(uri);
    EXPECT_TRUE(uri->tls);
    EXPECT_EQ(uri->host, "::1");
    EXPECT_EQ(*uri->port, 7000);
}

TEST(ServerUri, NonsenseIsRefused) {
    for (const char* text : {"http://h", "h:1", "redis://h:x", "redis://h:70000", "redis://[::1",
                             "redis://%4@h", "redis://h/x", "redis://h/-1"})
        EXPECT_FALSE(parse_server_uri(text)) << text;
}

}  // namespace
}  // namespace rota
