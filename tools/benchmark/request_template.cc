// SPDX-License-Identifier: BSD-3-Clause
#include "tools/benchmark/request_template.h"

#include <cstring>

#include "platform/assert.h"
#include "platform/buffer.h"
#include "platform/text.h"
#include "proto/command_writer.h"

namespace rota {

namespace {

constexpr Slice kNames[kPlaceholderNames] = {
    "__rand_int__", "__rand_1st__", "__rand_2nd__", "__rand_3rd__", "__rand_4th__",
    "__rand_5th__", "__rand_6th__", "__rand_7th__", "__rand_8th__", "__rand_9th__"};
constexpr size_t kEachItsOwn = 0;  // __rand_int__: another number at every occurrence
constexpr Slice kDataName = "__data__";

std::string with_data(Slice arg, Slice data) {
    std::string out;
    for (size_t at; (at = arg.find(kDataName)) != Slice::npos;) {
        out.append(arg.substr(0, at)).append(data);
        arg.remove_prefix(at + kDataName.size());
    }
    return out.append(arg);
}

}  // namespace

Result<std::vector<UnitCommand>> parse_sequence(std::span<const std::string> words) {
    std::vector<UnitCommand> unit(1);
    for (const std::string& word : words) {
        if (word == ";") {
            unit.emplace_back();
        } else if (auto repeat = parse_uint64(word); repeat && unit.back().args.empty()) {
            unit.back().repeat = *repeat;
        } else {
            unit.back().args.push_back(word);
        }
    }
    if (unit.size() > 1 && unit.back().args.empty()) unit.pop_back();  // a ';' at the end
    for (const UnitCommand& command : unit) {
        if (command.args.empty()) return fail("a command of the sequence is empty");
        if (command.repeat < 1 || command.repeat > 1'000'000) {
            return fail("a command can be repeated 1 to 1000000 times");
        }
    }
    return unit;
}

RequestTemplate RequestTemplate::build(std::span<const UnitCommand> unit, size_t pipeline,
                                       bool replace, Slice data) {
    RequestTemplate made;
    Buffer wire;
    for (const UnitCommand& command : unit) {
        std::vector<std::string> args;
        for (const std::string& arg : command.args) args.push_back(with_data(arg, data));
        const std::vector<Slice> slices(args.begin(), args.end());
        for (uint64_t i = 0; i < command.repeat; ++i) append_command(wire, slices);
        made.unit_commands_ += command.repeat;
    }
    made.bytes_ = wire.view();
    made.unit_bytes_ = wire.size();
    made.pipeline_ = pipeline;
    if (replace) made.find_placeholders();
    made.bytes_.reserve(made.unit_bytes_ * pipeline);
    for (size_t i = 1; i < pipeline; ++i) made.bytes_.append(wire.view());
    return made;
}

RequestTemplate RequestTemplate::build_raw(Slice unit, size_t pipeline) {
    RequestTemplate made;
    for (size_t i = 0; i < pipeline; ++i) made.bytes_.append(unit);
    made.pipeline_ = pipeline;
    made.unit_bytes_ = unit.size();
    made.unit_commands_ = 1;
    return made;
}

void RequestTemplate::find_placeholders() {
    static_assert(kNames[0].size() == kPlaceholderDigits, "a number takes its name's place");
    for (size_t name = 0; name < kPlaceholderNames; ++name) {
        for (size_t at = 0; (at = bytes_.find(kNames[name], at)) != std::string::npos;
             at += kPlaceholderDigits) {
            offsets_[name].push_back(at);
            has_placeholders_ = true;
        }
    }
}

void RequestTemplate::patch(char* copy, size_t units, const NumberSource& numbers) const {
    ASSERT(units <= pipeline_);
    for (size_t i = 0; i < units; ++i, copy += unit_bytes_) {
        for (size_t at : offsets_[kEachItsOwn]) write_padded(copy + at, numbers.take(kEachItsOwn));
        for (size_t name = 1; name < kPlaceholderNames; ++name) {
            if (offsets_[name].empty()) continue;
            char digits[kPlaceholderDigits];
            write_padded(digits, numbers.take(name));
            for (size_t at : offsets_[name]) std::memcpy(copy + at, digits, sizeof digits);
        }
    }
}

void write_padded(char* out, uint64_t number) {
    static constexpr auto kPairs = [] {
        std::array<char, 200> pairs{};
        for (size_t i = 0; i < 100; ++i) {
            pairs[2 * i] = static_cast<char>('0' + i / 10);
            pairs[2 * i + 1] = static_cast<char>('0' + i % 10);
        }
        return pairs;
    }();
    // Three groups of four digits do not wait for each other's division.
    const uint32_t groups[3] = {static_cast<uint32_t>(number / 100'000'000 % 10'000),
                                static_cast<uint32_t>(number / 10'000 % 10'000),
                                static_cast<uint32_t>(number % 10'000)};
    for (uint32_t group : groups) {
        std::memcpy(out, &kPairs[2 * (group / 100)], 2);
        std::memcpy(out + 2, &kPairs[2 * (group % 100)], 2);
        out += 4;
    }
}

std::string make_data(size_t size, uint64_t seed) {
    RandomNumbers random(seed);
    std::string data(size, '\0');
    for (char& byte : data) byte = static_cast<char>('0' + random.below('z' - '0' + 1));
    return data;
}

}  // namespace rota
