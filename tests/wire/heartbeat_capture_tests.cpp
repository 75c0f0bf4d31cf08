// SPDX-License-Identifier: GPL-2.0-or-later
// The heartbeat codec against what the real daemon (heartbeat 1:3.0.6-13) put on the wire. Every
// packet must verify and re-encode to itself; the datagrams that were crafted to be wrong stand in
// a table with their exact errors. Keys and origin of the captures: tests/data/captures/index.md.
#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "cluster/wire/announce_frame.hpp"
#include "cluster/wire/heartbeat.hpp"
#include "support/catch.hpp"
#include "support/pcap.hpp"

using namespace cluster;
using namespace cluster::wire;
using test_support::CapturedPacket;

namespace {

constexpr std::uint16_t heartbeat_port = 694;
constexpr test_support::Octets4 crafting_node{10, 10, 10, 13};

AuthKeys keys_of_captures(int sending_index, const std::string& secret = "hbx-secret") {
    AuthKeys keys;
    keys.sending_index = sending_index;
    keys.keys[1] = AuthKey{AuthMethod::sha1, secret};
    keys.keys[2] = AuthKey{AuthMethod::md5, secret};
    keys.keys[3] = AuthKey{AuthMethod::crc, ""};
    return keys;
}

struct Capture {
    const char* file;
    int auth_index;
    MessageFormat format;
    std::size_t packets;  ///< of the two daemons; counted with an independent decoder
};

// crafted-third-node, crash-unsigned and crc-forged-shutdone hold packets of a third node as well;
// those are judged one by one further down. In mixed-* asterisk2 is a minimal implementation of
// ours, asterisk1 the daemon.
constexpr std::array captures{
    Capture{"active-active-ipaddr2.pcap", 1, MessageFormat::classic, 313},
    Capture{"afb-legacy-startup.pcap", 1, MessageFormat::classic, 277},
    Capture{"afb-off-startup.pcap", 1, MessageFormat::classic, 289},
    Capture{"clean-stop.pcap", 1, MessageFormat::classic, 89},
    Capture{"crafted-third-node.pcap", 1, MessageFormat::classic, 163},
    Capture{"crash-unsigned.pcap", 1, MessageFormat::classic, 206},
    Capture{"crc-forged-shutdone.pcap", 3, MessageFormat::classic, 385},
    Capture{"hb-standby-all.pcap", 1, MessageFormat::classic, 116},
    Capture{"hb-takeover-local.pcap", 1, MessageFormat::classic, 129},
    Capture{"loss-rexmit.pcap", 1, MessageFormat::classic, 404},
    Capture{"mcast-sha1.pcap", 1, MessageFormat::classic, 216},
    Capture{"mixed-cluster-1.pcap", 1, MessageFormat::classic, 371},
    Capture{"mixed-cluster-2.pcap", 1, MessageFormat::classic, 334},
    Capture{"mixed-split-newgen0.pcap", 1, MessageFormat::classic, 375},
    Capture{"mixed-split-newgen1.pcap", 1, MessageFormat::classic, 378},
    Capture{"netstring-sha1.pcap", 1, MessageFormat::netstring, 217},
    Capture{"one-node-first.pcap", 1, MessageFormat::classic, 287},
    Capture{"primary-killed.pcap", 1, MessageFormat::classic, 92},
    Capture{"rejoin-afb-on.pcap", 1, MessageFormat::classic, 133},
    Capture{"restart-within-deadtime.pcap", 1, MessageFormat::classic, 386},
    Capture{"return-afb-legacy.pcap", 1, MessageFormat::classic, 346},
    Capture{"return-afb-off.pcap", 1, MessageFormat::classic, 477},
    Capture{"sigstop-sigcont.pcap", 1, MessageFormat::classic, 360},
    Capture{"split-and-rejoin.pcap", 1, MessageFormat::classic, 405},
    Capture{"start-failure.pcap", 1, MessageFormat::classic, 542},
    Capture{"startup-sha1.pcap", 1, MessageFormat::classic, 313},
    Capture{"steady-crc.pcap", 3, MessageFormat::classic, 217},
    Capture{"steady-md5.pcap", 2, MessageFormat::classic, 217},
    Capture{"ucast-sha1.pcap", 1, MessageFormat::classic, 217},
};

std::vector<CapturedPacket> packets_of(const char* file, bool crafted) {
    auto packets = test_support::read_udp(test_support::capture_path(file), heartbeat_port);
    std::erase_if(packets, [crafted](const CapturedPacket& p) {
        return (p.source_ip == crafting_node) != crafted;
    });
    return packets;
}

std::vector<std::byte> read_file(const std::string& path) {
    std::ifstream file{path, std::ios::binary};
    REQUIRE(file);
    const std::vector<char> text{std::istreambuf_iterator<char>{file},
                                 std::istreambuf_iterator<char>{}};
    const auto bytes = std::as_bytes(std::span{text});
    return {bytes.begin(), bytes.end()};
}

/// Text for failure messages: newline as ~, other control characters as ?.
std::string printable(std::span<const std::byte> bytes) {
    std::string text;
    for (const std::byte b : bytes.first(std::min<std::size_t>(bytes.size(), 400))) {
        const char c = static_cast<char>(b);
        text += c == '\n' ? '~' : c >= ' ' && c <= '~' ? c : '?';
    }
    return text;
}

std::string result_text(const std::optional<DecodeError>& error) {
    return error ? std::string{to_string(*error)} : "verified";
}

}  // namespace

TEST_CASE("Heartbeat codec: every packet of the daemon verifies and re-encodes byte for byte",
          "[wire][heartbeat]") {
    std::size_t total = 0;
    for (const Capture& capture : captures) {
        CAPTURE(capture.file);
        const Authenticator keys{keys_of_captures(capture.auth_index)};
        const auto packets = packets_of(capture.file, false);
        CHECK(packets.size() == capture.packets);
        for (const CapturedPacket& packet : packets) {
            MessageView view;
            const auto error = decode(packet.payload, keys, view);
            INFO(printable(packet.payload));
            REQUIRE(result_text(error) == "verified");
            REQUIRE(view.encoding() == Encoding::netstring);
            REQUIRE(view.auth_index() == capture.auth_index);
            std::vector<std::byte> again;
            encode_netstring(to_outgoing(view), keys, capture.format, again);
            REQUIRE(again == packet.payload);
        }
        total += packets.size();
    }
    WARN(total << " packets of " << captures.size() << " captures verified and rebuilt");
    CHECK(total == 8254);
}

TEST_CASE("Heartbeat codec: with a wrong key every packet of the daemon is a digest mismatch",
          "[wire][heartbeat]") {
    // crc has no key; there the wrong method stands for it.
    AuthKeys wrong = keys_of_captures(1, "hbx-secreT");
    wrong.keys[3] = AuthKey{AuthMethod::sha1, "hbx-secret"};
    const Authenticator keys{wrong};
    std::map<std::string, std::size_t> results;
    for (const Capture& capture : captures) {
        for (const CapturedPacket& packet : packets_of(capture.file, false)) {
            MessageView view;
            ++results[result_text(decode(packet.payload, keys, view))];
            REQUIRE(view.fields().empty());
        }
    }
    CHECK(results == std::map<std::string, std::size_t>{{"digest mismatch", 8254}});
}

TEST_CASE("Heartbeat codec: fields of the first packet of a cold start", "[wire][heartbeat]") {
    const Authenticator keys{keys_of_captures(1)};
    const auto packets = packets_of("startup-sha1.pcap", false);
    REQUIRE(!packets.empty());
    CHECK(packets.front().payload.size() == 308);
    MessageView view;
    REQUIRE(!decode(packets.front().payload, keys, view));
    std::vector<std::string> names;
    for (const FieldView& field : view.fields()) {
        names.emplace_back(field.name);
    }
    CHECK(
        names ==
        std::vector<std::string>{
            "t", "st", "dt", "protocol", "src", "srcuuid", "seq", "hg", "ts", "ld", "ttl", "auth"});
    CHECK(view.get("t") == "status");
    CHECK(view.get("st") == "init");
    CHECK(view.get_hex("dt") == 4000);  // deadtime 2 s + 2 s during the first seconds
    CHECK(view.get("src") == "asterisk1");
    CHECK(view.get_hex("seq") == 1);
    CHECK(view.get_decimal("ttl") == 3);
    CHECK(view.get("ld") == "1.02 1.27 1.15 2/271 39");
    const auto uuid = view.get_uuid("srcuuid");
    REQUIRE(uuid);
    CHECK(uuid->bytes[0] == std::byte{0xc6});
    CHECK(uuid->bytes[15] == std::byte{0xe7});
    CHECK(!view.get("dest"));
}

TEST_CASE("Heartbeat codec: the 39 probe datagrams give exactly these errors",
          "[wire][heartbeat]") {
    // The daemon's own answers to them: numbers 37 to 39 (and their like without a trailer) ended
    // it.
    struct Probe {
        const char* what;
        const char* result;
    };
    constexpr std::array probes{
        Probe{"empty", "not a message"},
        Probe{"one byte", "not a message"},
        Probe{"64 random bytes", "not a message"},
        Probe{"start mark alone", "truncated"},
        Probe{"start mark, three binary bytes", "bad length"},
        Probe{"first half of a good message", "bad length"},
        Probe{"no trailer", "no digest"},
        Probe{"wrong digest", "digest mismatch"},
        Probe{"index 9 has no key", "unknown method"},
        Probe{"index 99999", "unknown method"},
        Probe{"index -5", "bad digest syntax"},
        Probe{"length 999999999", "bad length"},
        Probe{"length 2^32 - 1", "bad length"},
        Probe{"length 2^31 - 1", "bad length"},
        Probe{"length -5", "bad length"},
        Probe{"classic without auth", "no digest"},
        Probe{"classic, line of 20000 bytes, no auth", "no digest"},
        Probe{"classic, type 9, no auth", "no digest"},
        Probe{"classic, line without =, no auth", "no digest"},
        Probe{"classic, cut off in a line", "truncated"},
        Probe{"classic, 5000 fields", "too many fields"},
        Probe{"60000 x A", "not a message"},
        Probe{"length of 50000 digits", "bad length"},
        Probe{"signed: field twice", "verified"},
        Probe{"signed: only t and st", "verified"},
        Probe{"signed: unknown node", "verified"},
        Probe{"signed: seq 0", "verified"},
        Probe{"signed: seq of 16 x f", "verified"},
        Probe{"signed: generation 0", "verified"},
        Probe{"signed: older generation", "verified"},
        Probe{"signed: no ts", "verified"},
        Probe{"signed: ts 1", "verified"},
        Probe{"signed: st of 200 x Z", "verified"},
        Probe{"signed: t of 100 x y", "verified"},
        Probe{"signed: uuid of 3 bytes", "verified"},
        Probe{"signed: dt=0", "verified"},
        Probe{"signed: no (type) prefix", "bad field"},
        Probe{"signed: type 9", "bad field"},
        Probe{"signed: no =", "bad field"},
    };
    const auto packets =
        test_support::read_udp(test_support::capture_path("malformed-probe.pcap"), heartbeat_port);
    REQUIRE(packets.size() == probes.size());
    const Authenticator keys{keys_of_captures(1)};
    for (std::size_t i = 0; i < probes.size(); ++i) {
        CAPTURE(i + 1, probes[i].what, packets[i].payload.size(), printable(packets[i].payload));
        CHECK(packets[i].source_ip == crafting_node);
        MessageView view;
        CHECK(result_text(decode(packets[i].payload, keys, view)) == probes[i].result);
    }
}

TEST_CASE("Heartbeat codec: what a verified message may still hold is visible and typed",
          "[wire][heartbeat]") {
    const auto packets =
        test_support::read_udp(test_support::capture_path("malformed-probe.pcap"), heartbeat_port);
    REQUIRE(packets.size() == 39);
    const Authenticator keys{keys_of_captures(1)};
    const auto decoded = [&](std::size_t number) {
        MessageView view;
        REQUIRE(!decode(packets[number - 1].payload, keys, view));
        return view;
    };
    CHECK(decoded(24).fields().size() == 2);  // the same field twice: both there, the first is read
    CHECK(decoded(24).get("t") == "status");
    CHECK(decoded(27).get_hex("seq") == 0);
    CHECK(decoded(28).get_hex("seq") == UINT64_MAX);
    CHECK(decoded(29).get_hex("hg") == 0);
    CHECK(!decoded(31).get("ts"));
    CHECK(decoded(32).get_hex("ts") == 1);
    CHECK(decoded(33).get("st")->size() == 200);
    CHECK(!decoded(35).get_uuid("srcuuid"));
    CHECK(decoded(35).get("srcuuid") == "abc");
    CHECK(decoded(36).get_hex("dt") == 0);
}

TEST_CASE("Heartbeat codec: the unsigned datagram that ended the daemon has no digest",
          "[wire][heartbeat]") {
    const auto packets = packets_of("crash-unsigned.pcap", true);
    REQUIRE(packets.size() == 1);
    MessageView view;
    CHECK(decode(packets.front().payload, Authenticator{keys_of_captures(1)}, view) ==
          DecodeError::no_digest);
}

TEST_CASE("Heartbeat codec: a forged packet verifies where the method has no key",
          "[wire][heartbeat]") {
    const auto packets = packets_of("crc-forged-shutdone.pcap", true);
    REQUIRE(packets.size() == 1);
    MessageView view;
    REQUIRE(!decode(packets.front().payload, Authenticator{keys_of_captures(3)}, view));
    CHECK(view.get("t") == "shutdone");
    CHECK(view.get("src") == "asterisk1");
}

TEST_CASE(
    "Heartbeat codec: a third node may leave out the inner digest or send classic text by UDP",
    "[wire][heartbeat]") {
    const Authenticator keys{keys_of_captures(1)};
    std::map<std::string, int> forms;
    for (const CapturedPacket& packet : packets_of("crafted-third-node.pcap", true)) {
        MessageView view;
        REQUIRE(!decode(packet.payload, keys, view));
        std::vector<std::byte> again;
        if (view.encoding() == Encoding::classic) {
            ++forms["classic"];
            encode_classic(to_outgoing(view), keys, again);
            CHECK(view.get_uuid("srcuuid"));
        } else {
            const bool inner = view.get("auth").has_value();
            ++forms[inner ? "netstring with auth" : "netstring"];
            encode_netstring(to_outgoing(view),
                             keys,
                             inner ? MessageFormat::classic : MessageFormat::netstring,
                             again);
        }
        CHECK(again == packet.payload);
    }
    CHECK(forms == std::map<std::string, int>{
                       {"classic", 3}, {"netstring", 3}, {"netstring with auth", 10}});
}

TEST_CASE("Heartbeat codec: 21 of 21 messages of a serial line verify and re-encode byte for byte",
          "[wire][heartbeat]") {
    const auto bytes = read_file(test_support::capture_path("serial-asterisk1.txt"));
    const Authenticator keys{keys_of_captures(1)};
    // The daemon writes in fragments; any cutting must give the same messages.
    for (const std::size_t chunk :
         {std::size_t{1}, std::size_t{7}, std::size_t{64}, bytes.size()}) {
        CAPTURE(chunk);
        SerialFramer framer;
        std::vector<std::byte> again;
        int messages = 0;
        for (std::size_t at = 0; at < bytes.size(); at += chunk) {
            framer.feed(std::span{bytes}.subspan(at, std::min(chunk, bytes.size() - at)),
                        [&](auto frame) {
                            MessageView view;
                            REQUIRE(!decode(frame, keys, view));
                            REQUIRE(view.encoding() == Encoding::classic);
                            encode_classic(to_outgoing(view), keys, again);
                            ++messages;
                        });
        }
        CHECK(messages == 21);
        CHECK(framer.noise_bytes() == 0);
        CHECK(again == bytes);
    }
}

TEST_CASE("Announcements: the daemon's gratuitous ARP frames are ours, bit for bit",
          "[wire][announce]") {
    struct Seen {
        const char* file;
        Ipv4Bytes address;
        int requests;
        int replies;
    };
    constexpr Ipv4Bytes vip{10, 10, 10, 110};
    constexpr Ipv4Bytes second{10, 10, 10, 120};
    constexpr std::array seen{Seen{"startup-sha1.pcap", vip, 10, 10},
                              Seen{"primary-killed.pcap", vip, 10, 10},
                              Seen{"active-active-ipaddr2.pcap", second, 5, 5}};
    for (const Seen& expected : seen) {
        CAPTURE(expected.file);
        int requests = 0;
        int replies = 0;
        for (const CapturedPacket& packet :
             test_support::read_pcap(test_support::capture_path(expected.file))) {
            if (packet.kind != test_support::PacketKind::arp) {
                continue;
            }
            const auto arp = decode_arp(packet.payload);
            REQUIRE(arp.has_value());
            if (arp->sender_address != expected.address ||
                arp->target_address != expected.address) {
                continue;
            }
            const bool reply = arp->operation == 2;
            ++(reply ? replies : requests);
            const auto ours = gratuitous_arp(
                arp->sender_mac, expected.address, reply ? ArpForm::reply : ArpForm::request);
            REQUIRE(packet.frame.size() >= ours.size());
            CHECK(std::equal(ours.begin(), ours.end(), packet.frame.begin()));
            const auto body = encode(*arp);
            CHECK(std::equal(body.begin(), body.end(), packet.payload.begin()));
        }
        CHECK(requests == expected.requests);
        CHECK(replies == expected.replies);
    }
}
