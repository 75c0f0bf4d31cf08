// SPDX-License-Identifier: GPL-2.0-or-later
// The exchange with the bridge under any datagrams and any timing. Input: one byte of options, then
// operations. Checked besides memory safety: the exchange ends, sends a bounded number of requests,
// and only well-formed ones.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

#include "cluster/bridge_switch.hpp"
#include "resources/emulated_bridge.hpp"

namespace {

using namespace cluster;

void require(bool condition) {
    if (!condition) {
        std::abort();
    }
}

class Input {
  public:
    Input(const std::uint8_t* data, std::size_t size) : m_bytes(data, size) {}
    [[nodiscard]] bool empty() const { return m_bytes.empty(); }

    std::uint8_t next() {
        if (m_bytes.empty()) {
            return 0;
        }
        const std::uint8_t value = m_bytes.front();
        m_bytes = m_bytes.subspan(1);
        return value;
    }

    std::vector<std::byte> take(std::size_t count) {
        std::vector<std::byte> out;
        for (; count > 0 && !m_bytes.empty(); --count) {
            out.push_back(static_cast<std::byte>(next()));
        }
        return out;
    }

  private:
    std::span<const std::uint8_t> m_bytes;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Input input(data, size);
    const std::uint8_t options = input.next();
    const BridgePolicy policy =
        (options & 1U) != 0 ? BridgePolicy::fonulator() : BridgePolicy::ours({});
    RedfoneConfig config = testing::quad_config();
    config.spans.resize((options >> 1U) % 5U);
    if ((options & 0x10U) != 0) {
        config.server.reset();
    }
    if ((options & 0x20U) != 0) {
        config.priorities = {0, 0, 1, 2};
    }
    testing::EmulatedBridge bridge;
    bridge.info.dsp_max_channels = (options & 0x40U) != 0 ? 128 : 0;
    bridge.info.flags = (options & 0x80U) != 0 ? 1 : 0;

    BridgeSwitch exchange(config, policy);
    Instant now{std::chrono::seconds{1}};
    std::vector<std::vector<std::byte>> honest;  // replies of the real bridge, not yet delivered
    int requests = 0;
    const auto take = [&](const BridgeAdvance& advance) {
        if (!advance.request.empty()) {
            ++requests;
            const auto request = wire::decode_bridge_request(advance.request);
            require(request.has_value());
            honest.push_back(bridge.execute(*request));
        }
        require(advance.reports.size() <= 4);
    };
    take(exchange.begin(now));
    while (!input.empty() && !exchange.result().has_value()) {
        switch (input.next() % 6U) {
        case 0:
            if (!honest.empty()) {
                const auto reply = honest.front();
                honest.erase(honest.begin());
                take(exchange.on_reply(now, reply));
            }
            break;
        case 1:  // lost
            if (!honest.empty()) {
                honest.erase(honest.begin());
            }
            break;
        case 2:
            take(exchange.on_reply(now, input.take(input.next())));
            break;
        case 3: {  // any status and length
            std::vector<std::byte> reply(input.next() * 6U, std::byte{0x5A});
            if (reply.size() > 1) {
                reply[1] = static_cast<std::byte>(input.next());
            }
            take(exchange.on_reply(now, reply));
            break;
        }
        case 4:
            now += std::chrono::milliseconds{input.next() * 50};
            take(exchange.on_deadline(now));
            break;
        default: {  // the state in bytes, with one bit turned or not
            std::vector<std::byte> bytes;
            exchange.save(bytes);
            const std::size_t at = input.next();
            const auto bit = static_cast<std::byte>(1U << (input.next() % 9U));
            const bool turned = at < bytes.size() && bit != std::byte{0};
            if (turned) {
                bytes[at] ^= bit;
            }
            BridgeSwitch other(config, policy);
            std::span<const std::byte> view = bytes;
            const bool loaded = other.load(view);
            require(loaded || turned);
            if (loaded && !turned) {
                exchange = std::move(other);
            } else if (loaded && other.next_deadline()) {
                static_cast<void>(other.on_deadline(*other.next_deadline()));
            }
            break;
        }
        }
    }
    // Silence ends every exchange.
    for (int left = 200; !exchange.result().has_value(); --left) {
        require(left > 0);
        now = std::max(now, *exchange.next_deadline());
        take(exchange.on_deadline(now));
    }
    require(requests == exchange.result()->round_trips);
    require(requests <= 120);  // 18 steps, three sends each, and as many drains
    require(!exchange.next_deadline().has_value());
    return 0;
}
