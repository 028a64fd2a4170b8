// SPDX-License-Identifier: BSD-3-Clause
#include "transports/transports.h"

#include <gtest/gtest.h>

namespace rota {
namespace {

TEST(Transports, MakesEveryOneThatIsBuilt) {
    ASSERT_FALSE(built_transports().empty());
    for (const TransportRow& row : built_transports()) {
        const auto made = make_transport(row.name);
        ASSERT_TRUE(made) << made.error().message;
        EXPECT_STREQ((*made)->name(), row.name);
    }
}

TEST(Transports, AnUnknownNameNamesThoseThereAre) {
    const auto made = make_transport("pigeon");
    ASSERT_FALSE(made);
    EXPECT_NE(made.error().message.find("pigeon"), std::string::npos);
    EXPECT_NE(made.error().message.find(built_transports()[0].name), std::string::npos);
}

}  // namespace
}  // namespace rota
