// SPDX-License-Identifier: GPL-2.0-or-later
// Datagrams that nobody should send, against a running cluster: recorded malformed, forged and
// replayed ones, mutated ones by the thousand, and a flood. No crash, no takeover, no growth.
#include "support/catch.hpp"

#include <cstdlib>
#include <fstream>
#include <random>
#include <sstream>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "lab.hpp"
#include "support/pcap.hpp"

using lab::Lab;
using lab::milliseconds;
using lab::wait_for;

namespace {

/// Sends to the broadcast address from the switch, as any host on the LAN could.
class Attacker {
  public:
    explicit Attacker(const lab::Namespace& where) {
        where.sh("ip addr add 10.10.10.66/24 brd + dev br0");
        where.inside([&] {
            m_socket = linux_host::Fd{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
            const int on = 1;
            ::setsockopt(m_socket.get(), SOL_SOCKET, SO_BROADCAST, &on, sizeof on);
        });
        m_to.sin_family = AF_INET;
        m_to.sin_port = htons(694);
        ::inet_pton(AF_INET, "10.10.10.255", &m_to.sin_addr);
    }

    void send(std::span<const std::byte> bytes) {
        m_sent += ::sendto(m_socket.get(),
                           bytes.data(),
                           bytes.size(),
                           0,
                           reinterpret_cast<const sockaddr*>(&m_to),
                           sizeof m_to) >= 0
                      ? 1U
                      : 0U;
    }
    [[nodiscard]] std::uint64_t sent() const { return m_sent; }

  private:
    linux_host::Fd m_socket;
    sockaddr_in m_to{};
    std::uint64_t m_sent = 0;
};

long resident_kb(const lab::Node& node) {
    std::ifstream in{"/proc/" + std::to_string(node.daemon()) + "/status"};
    for (std::string line; std::getline(in, line);) {
        if (line.starts_with("VmRSS:")) {
            return std::atol(line.c_str() + 6);
        }
    }
    return 0;
}

std::vector<std::vector<std::byte>> datagrams(const char* file) {
    std::vector<std::vector<std::byte>> out;
    for (const auto& packet : test_support::read_udp(test_support::capture_path(file), 694)) {
        out.push_back(packet.payload);
    }
    return out;
}

}  // namespace

TEST_CASE("Hostile: recorded, mutated and flooding datagrams neither kill nor move anything",
          "[netns][hostile]") {
    const char* const wanted = std::getenv("UNDERSTUDY_MUTATIONS");
    const int mutations = wanted == nullptr ? 20'000 : std::atoi(wanted);
    Lab net;
    net.node(1).start();
    net.node(2).start();
    REQUIRE(wait_for([&] { return net.only_owner(1) && net.node(2).phase() == "active"; },
                     milliseconds{8000}));
    lab::sleep(milliseconds{5000});  // the dead time is what it will be
    const std::string calls = net.node(1).script_calls() + net.node(2).script_calls();
    Attacker attacker{net.net()};
    std::vector<std::vector<std::byte>> seeds;
    for (const char* const file : {"malformed-probe.pcap",
                                   "crash-unsigned.pcap",
                                   "crc-forged-shutdone.pcap",
                                   "startup-sha1.pcap",
                                   "primary-killed.pcap",
                                   "clean-stop.pcap"}) {
        for (auto& datagram : datagrams(file)) {
            attacker.send(datagram);
            seeds.push_back(std::move(datagram));
        }
    }
    REQUIRE(seeds.size() > 100);
    const long before = resident_kb(net.node(2));
    std::mt19937 random{20261122};
    for (int i = 0; i < mutations; ++i) {
        std::vector<std::byte> bytes = seeds[random() % seeds.size()];
        for (std::uint32_t n = 1 + random() % 4; n > 0 && !bytes.empty(); --n) {
            const auto at = random() % bytes.size();
            switch (random() % 3) {
            case 0:
                bytes[at] = static_cast<std::byte>(random());
                break;
            case 1:
                bytes.resize(at);
                break;
            default:
                bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(at),
                             static_cast<std::byte>(random()));
            }
        }
        attacker.send(bytes);
        if (i % 500 == 499) {
            lab::sleep(milliseconds{10});  // as fast as a busy host, not as fast as a flood
        }
    }
    // A flood of what is cheapest to send: 100 000 packets as fast as they go.
    const std::uint64_t so_far = attacker.sent();
    const auto began = lab::Clock::now();
    for (int i = 0; i < 100'000; ++i) {
        attacker.send(seeds[static_cast<std::size_t>(i) % seeds.size()]);
    }
    const double took = std::chrono::duration<double>(lab::Clock::now() - began).count();
    lab::sleep(milliseconds{1500});
    INFO(net.logs().substr(0, 20'000));
    WARN("flood: " << attacker.sent() - so_far << " packets in " << took << " s");
    CHECK(net.node(1).running());
    CHECK(net.node(2).running());
    CHECK(net.only_owner(1));
    CHECK(net.node(1).script_calls() + net.node(2).script_calls() == calls);
    for (int i = 1; i <= 2; ++i) {
        const std::string log = net.node(i).log();
        CHECK(log.find("is dead") == std::string::npos);
        CHECK(log.size() < 100'000);  // each kind of trouble is told once, not per packet
    }
    const long after = resident_kb(net.node(2));
    CAPTURE(before, after);
    CHECK(after - before < 2048);
    WARN("resident: " << before << " kB before, " << after << " kB after " << attacker.sent()
                      << " datagrams");
}
