// SPDX-License-Identifier: BSD-3-Clause
#include "transports/endpoint.h"

#include <gtest/gtest.h>

namespace rota {
namespace {

TEST(Endpoint, PrintsWithBracketsRoundIpv6) {
    EXPECT_EQ(Endpoint::tcp("127.0.0.1", 6379).to_string(), "127.0.0.1:6379");
    EXPECT_EQ(Endpoint::tcp("::1", 6379).to_string(), "[::1]:6379");
    EXPECT_EQ(Endpoint::tcp("*", 0).to_string(), "*:0");
    EXPECT_EQ(Endpoint::unix_path("/run/x.sock").to_string(), "unix:/run/x.sock");
}

TEST(Endpoint, ParsesWhatItPrints) {
    for (const Endpoint& endpoint :
         {Endpoint::tcp("127.0.0.1", 6379), Endpoint::tcp("::1", 1), Endpoint::tcp("a.b", 65535),
          Endpoint::unix_path("/run/x:1.sock")}) {
        const Result<Endpoint> parsed = parse_endpoint(endpoint.to_string());
        ASSERT_TRUE(parsed) << parsed.error().message;
        EXPECT_EQ(*parsed, endpoint);
    }
    EXPECT_EQ(*parse_endpoint("::1:7"), Endpoint::tcp("::1", 7));
}

TEST(Endpoint, RefusesWhatIsNone) {
    for (const Slice text : {"", "host", "host:", ":1", "host:65536", "host:-1", "host:1x",
                             "[::1:1", "::1]:1", "[]:1", "unix:"})
        EXPECT_FALSE(parse_endpoint(text)) << text;
}

}  // namespace
}  // namespace rota
