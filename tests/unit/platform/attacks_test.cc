// SPDX-License-Identifier: BSD-3-Clause
// Known attacks on the parts below everything else, each named by its id. CVE-2022-3647 (a crash
// report that faults) is in crash_test.cc: Crash.EndsWhenTheReportItselfFaults and its neighbours.
#include <gtest/gtest.h>

#include <ctime>
#include <random>
#include <string>

#include "platform/buffer.h"
#include "platform/text.h"

namespace rota {
namespace {

std::string random_bytes(std::mt19937_64& random, size_t size) {
    std::string bytes(size, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    return bytes;
}

size_t random_size(std::mt19937_64& random) { return random() % (size_t{1} << random() % 15); }

// One random step on both; sizes are mostly small and sometimes far beyond the room there is.
void step(Buffer& buffer, std::string& model, std::mt19937_64& random) {
    const std::string bytes = random_bytes(random, random_size(random));
    switch (random() % 7) {
        case 0:
            buffer.append(bytes);
            model += bytes;
            break;
        case 1: {
            const size_t at = random() % (model.size() + 1);
            buffer.insert(at, bytes);
            model.insert(at, bytes);
            break;
        }
        case 2: {  // more room than is then used
            char* room = buffer.extend(bytes.size() * 2);
            std::copy(bytes.begin(), bytes.end(), room);
            buffer.commit(bytes.size());
            model += bytes;
            break;
        }
        case 3:
        case 4: {
            const size_t count = std::min(random_size(random), model.size());
            buffer.drop_front(count);
            model.erase(0, count);
            break;
        }
        case 5: {
            const size_t size = random() % (model.size() + 1);
            buffer.truncate(size);
            model.resize(size);
            break;
        }
        default:
            if (random() % 20 == 0) buffer.release();
            if (buffer.capacity() == 0) model.clear();
            buffer.append('x');
            model += 'x';
    }
}

TEST(Attack, Cve2023_41056_And_2025_49112_BuffersKnowTheirRoomHoweverTheyGrowAndShrink) {
    for (uint64_t seed = 1; seed <= 8; ++seed) {
        std::mt19937_64 random(seed);
        Buffer buffer;
        std::string model;
        for (int i = 0; i < 1500; ++i) {
            step(buffer, model, random);
            ASSERT_EQ(buffer.view(), model) << "seed " << seed << " step " << i;
            ASSERT_LE(buffer.size(), buffer.capacity());
            Buffer other = std::move(buffer);
            buffer.swap(other);
            ASSERT_EQ(other.size(), 0u);
        }
    }
}

TEST(Attack, Cve2022_36021_And_2024_31228_GlobTakesNoExponentialTimeAndNoStack) {
    const std::string text(20000, 'a');
    const auto repeat = [](const std::string& part, size_t times) {
        std::string whole;
        for (size_t i = 0; i < times; ++i) whole += part;
        return whole;
    };
    const std::clock_t begin = std::clock();  // processor time: a busy machine must not count
    for (const char* part : {"a*", "*a", "?*", "*?", "[a-z]*", "[^b]*", "\\a*", "**", "*a*a"}) {
        EXPECT_FALSE(glob_match(repeat(part, 2000) + "b", text, Case::sensitive)) << part;
        EXPECT_TRUE(glob_match(repeat(part, 2000) + "*", text, Case::sensitive)) << part;
    }
    EXPECT_TRUE(glob_match(std::string(10'000'000, '*'), text, Case::sensitive));
    EXPECT_FALSE(glob_match("*" + std::string(10000, 'a') + "b", text, Case::sensitive));
    EXPECT_LT((std::clock() - begin) / CLOCKS_PER_SEC, 20);
}

}  // namespace
}  // namespace rota
