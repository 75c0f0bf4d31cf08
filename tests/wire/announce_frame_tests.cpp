// SPDX-License-Identifier: GPL-2.0-or-later
// Announcement frames and address texts. ARP frames of the real tools are compared in
// heartbeat_capture_tests.cpp.
#include <array>
#include <numeric>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/wire/announce_frame.hpp"
#include "support/catch.hpp"

using namespace cluster;
using namespace cluster::wire;

namespace {

constexpr MacAddress own{0x02, 0x00, 0x5e, 0x10, 0x20, 0x31};

unsigned u8(std::span<const std::byte> bytes, std::size_t at) {
    return std::to_integer<unsigned>(bytes[at]);
}

std::string hex(std::span<const std::byte> bytes) {
    std::string text;
    for (const std::byte b : bytes) {
        constexpr std::string_view digits = "0123456789abcdef";
        text += digits[std::to_integer<unsigned>(b) >> 4];
        text += digits[std::to_integer<unsigned>(b) & 15];
    }
    return text;
}

std::string hex(const Ipv6Bytes& address) {
    return hex(std::as_bytes(std::span{address}));
}

}  // namespace

TEST_CASE("Announcements: gratuitous ARP as request and as reply", "[wire][announce]") {
    constexpr Ipv4Bytes vip{10, 10, 10, 110};
    const std::string head = "ffffffffffff02005e1020310806"
                             "00010800060400";
    CHECK(hex(gratuitous_arp(own, vip, ArpForm::request)) == head + "01"
                                                                    "02005e102031"
                                                                    "0a0a0a6e"
                                                                    "000000000000"
                                                                    "0a0a0a6e");
    CHECK(hex(gratuitous_arp(own, vip, ArpForm::reply)) == head + "02"
                                                                  "02005e102031"
                                                                  "0a0a0a6e"
                                                                  "02005e102031"
                                                                  "0a0a0a6e");
}

TEST_CASE("Announcements: ARP bodies decode, with Ethernet padding too", "[wire][announce]") {
    const ArpBody body{.operation = 2,
                       .sender_mac = own,
                       .sender_address = {192, 168, 1, 1},
                       .target_mac = {1, 2, 3, 4, 5, 6},
                       .target_address = {192, 168, 1, 254}};
    const auto encoded = encode(body);
    std::vector<std::byte> bytes(encoded.begin(), encoded.end());
    REQUIRE(decode_arp(bytes).has_value());
    CHECK(*decode_arp(bytes) == body);
    bytes.resize(46);
    CHECK(*decode_arp(bytes) == body);

    CHECK(decode_arp(std::span{bytes}.first(27)).error() == ArpError::too_short);
    CHECK(decode_arp({}).error() == ArpError::too_short);
    for (const std::size_t at : {1U, 3U, 4U, 5U}) {
        auto wrong = bytes;
        wrong[at] ^= std::byte{1};
        CHECK(decode_arp(wrong).error() == ArpError::not_ethernet_ipv4);
    }
    for (const unsigned operation : {0U, 3U, 8U}) {
        bytes[7] = static_cast<std::byte>(operation);
        CHECK(decode_arp(bytes).error() == ArpError::bad_operation);
    }
}

TEST_CASE("Announcements: unsolicited neighbour advertisement, field by field",
          "[wire][announce]") {
    const auto address = parse_ipv6("fd00::a:110");
    REQUIRE(address);
    const auto frame = unsolicited_advertisement(own, *address);
    const std::span<const std::byte> bytes{frame};
    CHECK(hex(bytes.first(14)) == "333300000001"
                                  "02005e102031"
                                  "86dd");
    CHECK(hex(bytes.subspan(14, 8)) == "60000000"
                                       "0020"
                                       "3a"
                                       "ff");
    CHECK(hex(bytes.subspan(22, 16)) == hex(*address));
    CHECK(hex(bytes.subspan(38, 16)) == "ff020000000000000000000000000001");
    CHECK(hex(bytes.subspan(54, 2)) == "8800");
    CHECK(hex(bytes.subspan(58, 4)) == "20000000");
    CHECK(hex(bytes.subspan(62, 16)) == hex(*address));
    CHECK(hex(bytes.subspan(78, 8)) == "0201"
                                       "02005e102031");
}

TEST_CASE("Announcements: the advertisement's checksum holds for many addresses",
          "[wire][announce]") {
    // RFC 1071: summing all 16-bit words, checksum and pseudo header included, gives ffff. Added up
    // byte by byte here.
    for (unsigned i = 0; i < 2000; ++i) {
        Ipv6Bytes address{};
        for (std::size_t j = 0; j < address.size(); ++j) {
            address[j] = static_cast<std::uint8_t>(i * 7919 >> j % 3 ^ j * 29);
        }
        MacAddress mac = own;
        mac[5] = static_cast<std::uint8_t>(i);
        const auto frame = unsolicited_advertisement(mac, address);
        std::uint64_t high = 0;
        std::uint64_t low = 32 + 58;  // upper-layer length and next header of the pseudo header
        for (std::size_t at = 22; at < frame.size();
             ++at) {  // both addresses and the whole ICMPv6 message
            (at % 2 == 0 ? high : low) += u8(frame, at);
        }
        std::uint64_t sum = high * 256 + low;
        while (sum > 0xffff) {
            sum = sum % 0x10000 + sum / 0x10000;
        }
        REQUIRE(sum == 0xffff);
    }
}

TEST_CASE("Addresses: IPv4 is a strict dotted quad", "[wire][announce]") {
    CHECK(parse_ipv4("10.10.10.110") == Ipv4Bytes{10, 10, 10, 110});
    CHECK(parse_ipv4("0.0.0.0") == Ipv4Bytes{});
    CHECK(parse_ipv4("255.255.255.255") == Ipv4Bytes{255, 255, 255, 255});
    for (const std::string_view text :
         {"",         "1",         "1.2.3",     "1.2.3.",     "1.2.3.4.",   "1.2.3.4.5", ".1.2.3.4",
          "1..2.3",   "256.1.1.1", "1.1.1.256", "1.2.3.1000", "01.2.3.4",   "1.2.3.00",  "1.2.3.4 ",
          " 1.2.3.4", "1.2.3.-4",  "1.2.3.+4",  "0x1.2.3.4",  "1.2.3.4/24", "a.b.c.d"}) {
        CAPTURE(std::string{text});
        CHECK(!parse_ipv4(text));
    }
}

TEST_CASE("Addresses: the text forms of IPv6", "[wire][announce]") {
    struct Form {
        std::string_view text;
        std::string_view bytes;
    };
    for (const Form& form : {
             Form{"2001:DB8:0:0:8:800:200C:417A",
                  "20010db80000000000080800200c417a"},  // RFC 4291 §2.2
             Form{"2001:db8::8:800:200c:417a", "20010db80000000000080800200c417a"},
             Form{"ff01::101", "ff010000000000000000000000000101"},
             Form{"::1", "00000000000000000000000000000001"},
             Form{"::", "00000000000000000000000000000000"},
             Form{"1::", "00010000000000000000000000000000"},
             Form{"1:2:3:4:5:6:7::", "00010002000300040005000600070000"},
             Form{"::2:3:4:5:6:7:8", "00000002000300040005000600070008"},
             Form{"1:2:3::5:6:7:8", "00010002000300000005000600070008"},
             Form{"0:0:0:0:0:0:13.1.68.3", "0000000000000000000000000d014403"},
             Form{"::ffff:129.144.52.38", "00000000000000000000ffff81903426"},
             Form{"fe80::00ff", "fe8000000000000000000000000000ff"},
         }) {
        CAPTURE(std::string{form.text});
        const auto address = parse_ipv6(form.text);
        REQUIRE(address);
        CHECK(hex(*address) == form.bytes);
    }
    for (const std::string_view text : {"",
                                        ":",
                                        ":::",
                                        "1",
                                        "1:2:3:4:5:6:7",
                                        "1:2:3:4:5:6:7:8:9",
                                        "1:2:3:4:5:6:7:8::",
                                        "::1:2:3:4:5:6:7:8",
                                        "1::2::3",
                                        "12345::",
                                        "g::",
                                        ":1::",
                                        "1:::2",
                                        "::1:",
                                        "1:2:3:4:5:6:7:",
                                        "::1.2.3",
                                        "::1.2.3.4:5",
                                        "1.2.3.4::",
                                        "1.2.3.4",
                                        "1:2:3:4:5:6:7:1.2.3.4",
                                        "::1.2.3.256",
                                        "fe80::1%eth0",
                                        "::1/64",
                                        " ::1",
                                        "::1 "}) {
        CAPTURE(std::string{text});
        CHECK(!parse_ipv6(text));
    }
}
