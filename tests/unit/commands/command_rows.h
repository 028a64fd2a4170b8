// SPDX-License-Identifier: BSD-3-Clause
// CommandRows: the commands that the server has, called without a connection, with the reply read
// as JSON: sets and arrays alike are arrays, simple and bulk strings alike are strings.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "platform/text.h"
#include "proto/reply_parser.h"
#include "server/server.h"
#include "transports/sim/sim_transport.h"

namespace rota {

using Json = nlohmann::ordered_json;

class CommandRows : public testing::Test {
protected:
    CommandRows() {
        add_all_rows(config_, options_);
        server_ = std::make_unique<Server>(options_, config_, clock_,
                                           std::make_unique<SimTransport>(net_));
    }

    // The reply's bytes. The words are split at blanks; "" is an empty one.
    std::string wire(const std::string& line, int resp) {
        std::vector<Slice> args;
        const auto words = split_args(line);
        for (const std::string& word : *words) args.emplace_back(word);
        RegisteredCommand* command = table().resolve(args);
        EXPECT_NE(command, nullptr) << line;
        Buffer out;
        Reply reply(out, resp);
        Ctx ctx(server_->parts(), client_, *command, args, 0, reply);
        command->row->run(ctx);
        return std::string(out.view());
    }

    Json run(const std::string& line) {
        const std::string bytes = wire(line, 3);
        ReplyParser parser;
        EXPECT_EQ(parser.parse(bytes), ParseStatus::complete);
        EXPECT_EQ(parser.consumed(), bytes.size());
        return json_of(parser.value());
    }

    CommandTable& table() { return server_->parts().commands; }

private:
    static Json json_of(const ReplyValue& value) {
        switch (value.type) {
            case ReplyType::null:
                return nullptr;
            case ReplyType::integer:
                return value.integer;
            case ReplyType::map: {
                Json object = Json::object();
                for (size_t i = 0; i + 1 < value.elements.size(); i += 2)
                    object[value.elements[i].text] = json_of(value.elements[i + 1]);
                return object;
            }
            case ReplyType::array:
            case ReplyType::set: {
                Json array = Json::array();
                for (const ReplyValue& element : value.elements) array.push_back(json_of(element));
                return array;
            }
            default:
                return value.text;
        }
    }

    SimNet net_{1};
    AllOptions options_;
    ConfigTable config_;
    Clock clock_;
    std::unique_ptr<Server> server_;
    Client client_{1};
};

}  // namespace rota
