// SPDX-License-Identifier: GPL-2.0-or-later
// A foneBRIDGE in a few lines, as the other end of a BridgeSwitch in tests: state, losses,
// refusals, delays. Replies keep the order of the requests, as one UDP socket on one segment does.
#pragma once

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <set>
#include <vector>

#include "cluster/bridge_switch.hpp"
#include "cluster/wire/fonebridge.hpp"

namespace testing {

using namespace std::chrono_literals;

inline cluster::MacAddress server_mac() {
    return {0x02, 0, 0, 0, 0, 0x0B};
}
inline cluster::MacAddress old_server_mac() {
    return {0x02, 0, 0, 0, 0, 0x0A};
}

/// One PRI and three channel banks on a quad, as in the call-centre configuration.
inline cluster::RedfoneConfig quad_config() {
    cluster::RedfoneConfig config;
    config.bridge_address = "192.168.1.254";
    config.server = server_mac();
    config.spans.resize(4);
    for (std::size_t i = 1; i < 4; ++i) {
        config.spans[i].rbs = true;
    }
    return config;
}

struct EmulatedBridge {
    std::array<std::byte, cluster::wire::span_block_bytes> spans =
        cluster::wire::encode_spans(quad_config().spans);
    std::array<std::uint8_t, 4> priorities{0, 1, 2, 3};
    std::array<cluster::MacAddress, 2> destination{old_server_mac(), old_server_mac()};
    std::map<std::pair<int, int>, int> registers;  ///< (span, address) -> value
    bool transmitting = true;
    int clock_parameter = 0;
    cluster::wire::BridgeStaticInfo info;

    // Trouble, by number of the request (1 = first).
    std::set<int> lose_request;
    std::set<int> lose_reply;
    std::map<int, cluster::Duration> delay_reply;
    std::map<int, int> refuse_command;  ///< command number -> how many times
    bool mute = false;

    int requests = 0;           ///< sent by the host
    std::vector<int> executed;  ///< command numbers

    std::vector<std::byte> execute(const cluster::wire::BridgeRequest& request) {
        using cluster::wire::BridgeCommandCode;
        cluster::wire::BridgeReply reply{.first = request.parameter, .status = 0, .payload = {}};
        if (const auto refusal = refuse_command.find(request.command);
            refusal != refuse_command.end() && refusal->second > 0) {
            --refusal->second;
            reply.status = 7;
            return encode(reply);
        }
        executed.push_back(request.command);
        const auto as_bytes = [](const auto& values) {
            std::vector<std::byte> bytes;
            for (const auto v : values) {
                bytes.push_back(static_cast<std::byte>(v));
            }
            return bytes;
        };
        switch (static_cast<BridgeCommandCode>(request.command)) {
        case BridgeCommandCode::static_info:
            reply.payload = encode(info);
            break;
        case BridgeCommandCode::configure_spans:
            if (request.parameter == cluster::wire::bridge_write_all) {
                std::copy(request.payload.begin(), request.payload.end(), spans.begin());
            }
            reply.payload = {spans.begin(), spans.end()};
            break;
        case BridgeCommandCode::tdmoe_transmit:
            transmitting = request.parameter == 1;
            break;
        case BridgeCommandCode::tdmoe_destination:
            for (std::size_t i = 0; i < 6; ++i) {
                destination.at(request.parameter)[i] =
                    std::to_integer<std::uint8_t>(request.payload.at(i));
            }
            break;
        case BridgeCommandCode::clock_select:
            clock_parameter = request.parameter;
            reply.payload = request.payload;
            break;
        case BridgeCommandCode::priorities:
            reply.payload = as_bytes(priorities);  // the values before
            if (request.parameter == cluster::wire::bridge_write_all) {
                for (std::size_t i = 0; i < 4; ++i) {
                    priorities[i] = std::to_integer<std::uint8_t>(request.payload.at(i));
                }
            }
            break;
        case BridgeCommandCode::write_register: {
            const auto write = cluster::wire::decode_register_write(request.payload);
            if (write.has_value()) {
                registers[{request.parameter, write->address}] = write->value;
            }
            break;
        }
        case BridgeCommandCode::stop_flow:
        case BridgeCommandCode::reset:
        case BridgeCommandCode::stats:
        case BridgeCommandCode::rbs_read:
        case BridgeCommandCode::set_ip:
        case BridgeCommandCode::read_register:
        case BridgeCommandCode::store_config:
        case BridgeCommandCode::clear_config:
        case BridgeCommandCode::key_write:
        case BridgeCommandCode::temperature:
            reply.status = 3;
            break;
        }
        return encode(reply);
    }
};

/// Plays one exchange in virtual time. `tamper` may replace or add datagrams that the host
/// receives.
struct BridgePlay {
    EmulatedBridge& bridge;
    cluster::Duration round_trip = 6ms;  // 1 ms of wire and 5 ms of command [assumed]
    std::vector<cluster::BridgeStep> reports{};
    cluster::Duration took{};
    std::vector<int> commands{};  // as sent by the host
    std::function<void(cluster::BridgeSwitch&)> between{};

    cluster::BridgeResult run(cluster::BridgeSwitch& exchange) {
        const cluster::Instant start{1000s};
        cluster::Instant now = start;
        cluster::Instant last_arrival = start;
        std::vector<std::pair<cluster::Instant, std::vector<std::byte>>> in_flight;
        const auto take = [&](const cluster::BridgeAdvance& advance) {
            reports.insert(reports.end(), advance.reports.begin(), advance.reports.end());
            if (advance.request.empty()) {
                return;
            }
            const int number = ++bridge.requests;
            const auto request = cluster::wire::decode_bridge_request(advance.request);
            commands.push_back(request.value().command);
            if (bridge.mute || bridge.lose_request.count(number) != 0) {
                return;
            }
            auto reply = bridge.execute(request.value());
            if (bridge.lose_reply.count(number) != 0) {
                return;
            }
            const auto delayed = bridge.delay_reply.find(number);
            last_arrival = std::max(
                last_arrival,
                now + (delayed == bridge.delay_reply.end() ? round_trip : delayed->second));
            in_flight.emplace_back(last_arrival, std::move(reply));
        };
        take(exchange.begin(now));
        for (int events = 0; !exchange.result().has_value() && events < 10'000; ++events) {
            if (between) {
                between(exchange);
            }
            const auto deadline = exchange.next_deadline();
            if (!in_flight.empty() && in_flight.front().first < deadline.value()) {
                const auto [at, bytes] = in_flight.front();
                in_flight.erase(in_flight.begin());
                now = std::max(now, at);
                take(exchange.on_reply(now, bytes));
            } else {
                now = deadline.value();
                take(exchange.on_deadline(now));
            }
        }
        took = now - start;
        return exchange.result().value();
    }
};

}  // namespace testing
