// SPDX-License-Identifier: GPL-2.0-or-later
// The heartbeat codec on made-up input: digests against published vectors, hostile bytes, both
// encodings.
#include <algorithm>
#include <array>
#include <cstdio>
#include <map>
#include <string>
#include <vector>

#include "allocation_count.hpp"
#include "cluster/wire/heartbeat.hpp"
#include "support/catch.hpp"

using namespace cluster;
using namespace cluster::wire;
using namespace std::string_literals;
using namespace std::string_view_literals;

namespace {

AuthKeys one_key(AuthMethod method, std::string secret, int index = 1) {
    AuthKeys keys;
    keys.sending_index = index;
    keys.keys[static_cast<std::size_t>(index)] = AuthKey{method, std::move(secret)};
    return keys;
}

std::vector<std::byte> bytes_of(std::string_view text) {
    const auto bytes = std::as_bytes(std::span{text});
    return {bytes.begin(), bytes.end()};
}

std::string text_of(std::span<const std::byte> bytes) {
    std::string text;
    for (const std::byte b : bytes) {
        text += static_cast<char>(b);
    }
    return text;
}

std::string digest_of(const Authenticator& keys, int index, int key_index, std::string_view text) {
    std::array<char, 64> out{};
    const std::size_t length = keys.digest(index, key_index, std::as_bytes(std::span{text}), out);
    return {out.data(), length};
}

/// `body` between the marks, with the trailer that index 1 of `keys` gives it.
std::vector<std::byte> signed_netstrings(std::string_view body, const Authenticator& keys) {
    const std::string text = "###\n" + std::string{body} + "%%%\n";
    const std::string digest = "1 " + digest_of(keys, 1, 1, text);
    return bytes_of(text + std::to_string(digest.size()) + ":" + digest + ",");
}

std::vector<std::byte> signed_lines(std::string_view lines, const Authenticator& keys) {
    return bytes_of(">>>\n" + std::string{lines} + "auth=1 " + digest_of(keys, 1, 1, lines) +
                    "\n<<<\n");
}

std::string
result_of(std::span<const std::byte> bytes, const Authenticator& keys, VerifyOptions options = {}) {
    MessageView view;
    const auto error = decode(bytes, keys, view, options);
    return error ? std::string{to_string(*error)} : "verified";
}

std::string result_of(std::string_view text, const Authenticator& keys) {
    return result_of(bytes_of(text), keys);
}

Uuid some_uuid() {
    Uuid uuid;
    for (std::size_t i = 0; i < uuid.bytes.size(); ++i) {
        uuid.bytes[i] = static_cast<std::byte>(i * 17);  // holds NUL
    }
    uuid.bytes[5] = std::byte{'\n'};
    uuid.bytes[6] = std::byte{'%'};
    uuid.bytes[7] = std::byte{','};
    return uuid;
}

OutgoingMessage status_message() {
    OutgoingMessage message;
    message.add("t", "status");
    message.add("st", "active");
    message.add_hex("dt", 2000);
    message.add("protocol", "1");
    message.add("src", "asterisk1");
    message.add_uuid("srcuuid", some_uuid());
    message.add_hex("seq", 0x12345678abcdef);
    message.add_hex("hg", 0);
    message.add_hex("ts", 0x6b029b91);
    message.add("ld", "0.00 0.01 0.05 1/234 5678");
    message.add_decimal("ttl", 3);
    return message;
}

/// Bit by bit, as the definition has it; the codec uses a table.
std::uint32_t crc_by_definition(std::string_view text) {
    std::uint32_t crc = 0;
    for (const char c : text) {
        for (int bit = 7; bit >= 0; --bit) {
            const auto in = static_cast<std::uint32_t>(static_cast<unsigned char>(c) >> bit & 1);
            const bool feedback = ((crc >> 31) ^ in) != 0;
            crc = crc << 1 ^ (feedback ? 0x04C11DB7U : 0U);
        }
    }
    return ~crc;
}

std::string hex_of(std::uint32_t value) {
    std::array<char, 9> text{};
    std::snprintf(text.data(), text.size(), "%x", value);
    return text.data();
}

}  // namespace

TEST_CASE("Authenticator: HMAC digests match the published vectors", "[wire][heartbeat]") {
    // RFC 2202 test cases 2 and 6 (key of 80 bytes, longer than the block), RFC 4231 cases 2 and 6
    // (131 bytes).
    const auto digest = [](AuthMethod method, std::string secret, std::string_view text) {
        return digest_of(Authenticator{one_key(method, std::move(secret))}, 1, 1, text);
    };
    constexpr auto question = "what do ya want for nothing?"sv;
    constexpr auto long_key = "Test Using Larger Than Block-Size Key - Hash Key First"sv;
    CHECK(digest(AuthMethod::md5, "Jefe", question) == "750c783e6ab0b503eaa86e310a5db738");
    CHECK(digest(AuthMethod::md5, std::string(80, '\xaa'), long_key) ==
          "6b1ab7fe4bd7bf8f0b62e6ce61b9d0cd");
    CHECK(digest(AuthMethod::sha1, "Jefe", question) == "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
    CHECK(digest(AuthMethod::sha1, std::string(80, '\xaa'), long_key) ==
          "aa4ae5e15272d00e95705637ce8a3b55ed402112");
    CHECK(digest(AuthMethod::sha256, "Jefe", question) ==
          "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    CHECK(digest(AuthMethod::sha256, std::string(131, '\xaa'), long_key) ==
          "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST_CASE("Authenticator: crc is the CRC of its definition, printed without leading zeros",
          "[wire][heartbeat]") {
    const Authenticator keys{one_key(AuthMethod::crc, "")};
    CHECK(digest_of(keys, 1, 1, "") == "ffffffff");
    // "123456789" is the usual check text of CRC catalogues: 765e7680 for this polynomial, order,
    // start and end.
    CHECK(digest_of(keys, 1, 1, "123456789") == "765e7680");
    std::size_t shortest = 8;
    for (int i = 0; i < 3000; ++i) {
        const std::string text = "message " + std::to_string(i);
        const std::string digest = digest_of(keys, 1, 1, text);
        REQUIRE(digest == hex_of(crc_by_definition(text)));
        shortest = std::min(shortest, digest.size());
    }
    CHECK(shortest <= 6);  // leading zeros did occur
}

TEST_CASE("Heartbeat codec: what is sent comes back equal, for every method and encoding",
          "[wire][heartbeat]") {
    const OutgoingMessage message = status_message();
    for (const AuthMethod method :
         {AuthMethod::crc, AuthMethod::md5, AuthMethod::sha1, AuthMethod::sha256}) {
        for (const std::size_t key_bytes :
             {std::size_t{1}, std::size_t{64}, std::size_t{65}, std::size_t{300}}) {
            const Authenticator keys{one_key(method, std::string(key_bytes, 'k'), 15)};
            CAPTURE(static_cast<int>(method), key_bytes);
            std::vector<std::byte> inner;
            std::vector<std::byte> plain;
            std::vector<std::byte> text;
            encode_netstring(message, keys, MessageFormat::classic, inner);
            encode_netstring(message, keys, MessageFormat::netstring, plain);
            encode_classic(message, keys, text);
            for (const auto& packet : {inner, plain, text}) {
                MessageView view;
                REQUIRE(!decode(packet, keys, view));
                CHECK(view.auth_index() == 15);
                CHECK(to_outgoing(view) == message);
                CHECK(view.get_uuid("srcuuid") == some_uuid());
                CHECK(view.get_hex("seq") == 0x12345678abcdef);
            }
            CHECK(inner.size() > plain.size());
        }
    }
}

TEST_CASE("Heartbeat codec: encoding appends and leaves what stands before", "[wire][heartbeat]") {
    const Authenticator keys{one_key(AuthMethod::sha1, "k")};
    std::vector<std::byte> alone;
    encode_netstring(status_message(), keys, MessageFormat::classic, alone);
    std::vector<std::byte> after = bytes_of("before");
    encode_netstring(status_message(), keys, MessageFormat::classic, after);
    CHECK(text_of(after) == "before" + text_of(alone));
}

TEST_CASE("Heartbeat codec: golden packet in both encodings", "[wire][heartbeat]") {
    OutgoingMessage message;
    message.add("t", "NS_ackmsg");
    message.fields.push_back({"u", "\x00\x01\xff"s, FieldType::binary});
    const Authenticator keys{one_key(AuthMethod::crc, "", 3)};
    std::vector<std::byte> packet;
    encode_netstring(message, keys, MessageFormat::classic, packet);
    const std::string inner = "3 " + hex_of(crc_by_definition("t=NS_ackmsg\n(1)u=AAH/\n"));
    const std::string body = "###\n14:(0)t=NS_ackmsg,8:(1)u=\x00\x01\xff,"s +
                             std::to_string(8 + inner.size()) + ":(0)auth=" + inner + ",%%%\n";
    const std::string trailer = "3 " + hex_of(crc_by_definition(body));
    CHECK(text_of(packet) == body + std::to_string(trailer.size()) + ":" + trailer + ",");

    packet.clear();
    encode_classic(message, keys, packet);
    CHECK(text_of(packet) == ">>>\nt=NS_ackmsg\n(1)u=AAH/\nauth=" + inner + "\n<<<\n");
}

TEST_CASE("Heartbeat codec: no single flipped bit passes", "[wire][heartbeat]") {
    // With all methods configured, so that a flip in the index meets a known one.
    AuthKeys all = one_key(AuthMethod::sha1, "hbx-secret");
    all.keys[0] = AuthKey{AuthMethod::sha1, "other"};
    all.keys[2] = AuthKey{AuthMethod::md5, "hbx-secret"};
    all.keys[3] = AuthKey{AuthMethod::crc, ""};
    all.keys[5] = AuthKey{AuthMethod::sha256, "hbx-secret"};
    for (const int index : {1, 2, 3, 5}) {
        all.sending_index = index;
        const Authenticator keys{all};
        std::vector<std::byte> netstring;
        std::vector<std::byte> classic;
        encode_netstring(status_message(), keys, MessageFormat::classic, netstring);
        encode_classic(status_message(), keys, classic);
        for (auto packet : {netstring, classic}) {
            REQUIRE(result_of(packet, keys) == "verified");
            std::map<std::string, std::size_t> results;
            for (std::size_t bit = 0; bit < packet.size() * 8; ++bit) {
                const std::byte mask{static_cast<unsigned char>(1U << bit % 8)};
                packet[bit / 8] ^= mask;
                ++results[result_of(packet, keys)];
                packet[bit / 8] ^= mask;
            }
            CAPTURE(index, packet.size());
            CHECK(results.count("verified") == 0);
            CHECK(results["digest mismatch"] > packet.size());
        }
    }
}

TEST_CASE("Heartbeat codec: every prefix is an error, every suffix is trailing bytes",
          "[wire][heartbeat]") {
    const Authenticator keys{one_key(AuthMethod::sha1, "k")};
    std::vector<std::byte> netstring;
    std::vector<std::byte> classic;
    encode_netstring(status_message(), keys, MessageFormat::classic, netstring);
    encode_classic(status_message(), keys, classic);
    for (auto packet : {netstring, classic}) {
        for (std::size_t length = 0; length < packet.size(); ++length) {
            REQUIRE(result_of(std::span{packet}.first(length), keys) != "verified");
        }
        packet.push_back(std::byte{'\n'});
        CHECK(result_of(packet, keys) == "trailing bytes");
    }
}

TEST_CASE("Heartbeat codec: malformed frames and their errors", "[wire][heartbeat]") {
    const Authenticator keys{one_key(AuthMethod::sha1, "k")};
    CHECK(result_of(""sv, keys) == "not a message");
    CHECK(result_of("###"sv, keys) == "not a message");
    CHECK(result_of("###\r\n"sv, keys) == "not a message");
    CHECK(result_of("###\n"sv, keys) == "truncated");
    CHECK(result_of("###\n%%%"sv, keys) == "truncated");
    CHECK(result_of("###\n%%x\n"sv, keys) == "truncated");
    CHECK(result_of("###\n%%%\n"sv, keys) == "no digest");
    CHECK(result_of("###\n5"sv, keys) == "truncated");
    CHECK(result_of("###\n:(0)a=b,%%%\n"sv, keys) == "bad length");
    CHECK(result_of("###\n07:(0)a=b,%%%\n"sv, keys) == "bad length");
    CHECK(result_of("###\n+6:(0)a=b,%%%\n"sv, keys) == "bad length");
    CHECK(result_of("###\n 6:(0)a=b,%%%\n"sv, keys) == "bad length");
    CHECK(result_of("###\n600000:(0)a=b,%%%\n"sv, keys) == "bad length");
    CHECK(result_of("###\n7:(0)a=b,%%%\n"sv, keys) ==
          "truncated");  // no comma where the length says
    CHECK(result_of("###\n6:(0)a=b"sv, keys) == "truncated");
    CHECK(result_of("###\n6:(0)a=b,%%%\n5:1 abc"sv, keys) == "truncated");
    CHECK(result_of("###\n6:(0)a=b,%%%\n5:1 abc,,"sv, keys) == "trailing bytes");
    CHECK(result_of("###\n6:(0)a=b,%%%\n9:1 abc,"sv, keys) == "bad length");
    CHECK(result_of("###\n%%%\n0:,"sv, keys) == "bad digest syntax");
    CHECK(result_of("###\n%%%\n1:1,"sv, keys) == "bad digest syntax");
    CHECK(result_of("###\n%%%\n2:1 ,"sv, keys) == "bad digest syntax");
    CHECK(result_of("###\n%%%\n4: abc,"sv, keys) == "bad digest syntax");
    CHECK(result_of("###\n%%%\n6:1  abc,"sv, keys) == "bad digest syntax");
    CHECK(result_of("###\n%%%\n5:1 xyz,"sv, keys) == "bad digest syntax");
    CHECK(result_of("###\n%%%\n5:x abc,"sv, keys) == "bad digest syntax");
    CHECK(result_of("###\n%%%\n5:2 abc,"sv, keys) == "unknown method");
    CHECK(result_of("###\n%%%\n6:16 abc,"sv, keys) == "unknown method");
    CHECK(result_of("###\n%%%\n6:01 abc,"sv, keys) == "unknown method");
    CHECK(result_of("###\n%%%\n5:1 abc,"sv, keys) == "digest mismatch");
    CHECK(result_of(">>>\n"sv, keys) == "truncated");
    CHECK(result_of(">>>\n<<<\n"sv, keys) == "no digest");
    CHECK(result_of(">>>\na=b\n<<<\n"sv, keys) == "no digest");
    CHECK(result_of(">>>\nauth=\n<<<\n"sv, keys) == "bad digest syntax");
    CHECK(result_of(">>>\nauth=1 abc\na=b\n<<<\n"sv, keys) == "no digest");
    CHECK(result_of(">>>\nauth=1 abc\n<<<\n"sv, keys) == "digest mismatch");
    CHECK(result_of(std::vector<std::byte>(max_message_bytes + 1, std::byte{'#'}), keys) ==
          "too large");
}

TEST_CASE("Heartbeat codec: bad fields are found only behind a good digest", "[wire][heartbeat]") {
    const Authenticator keys{one_key(AuthMethod::sha1, "k")};
    const Authenticator other{one_key(AuthMethod::sha1, "K")};
    const auto netstring = [&](std::string_view field) {
        const auto packet =
            signed_netstrings(std::to_string(field.size()) + ":" + std::string{field} + ",", keys);
        CHECK(result_of(packet, other) == "digest mismatch");
        return result_of(packet, keys);
    };
    for (const auto field : {""sv,
                             "("sv,
                             "t"sv,
                             "(0"sv,
                             "(0)"sv,
                             "(0)="sv,
                             "(0)=x"sv,
                             "(0)t"sv,
                             "t=x"sv,
                             "(6)t=x"sv,
                             "(9)t=x"sv,
                             "(00)t=x"sv,
                             "(-)t=x"sv,
                             "[0]t=x"sv,
                             "(0)t=a\nb"sv,
                             "(0)t=a\0b"sv,
                             "(0)a\nb=x"sv}) {
        CAPTURE(std::string{field});
        CHECK(netstring(field) == "bad field");
    }
    for (const auto field : {"(0)t="sv,
                             "(0)t=x=y"sv,
                             "(1)t=a\nb\0c"sv,
                             "(1)t="sv,
                             "(2)t=t=x\x14st=y"sv,
                             "(3)t=a b"sv,
                             "(5)t=x"sv}) {
        CAPTURE(std::string{field});
        CHECK(netstring(field) == "verified");
    }
    CHECK(netstring("(4)t=x") == "compressed");
    CHECK(netstring("(1)_compressed_payload=x") == "compressed");
    CHECK(netstring("(0)_compression_algorithm=zlib") == "compressed");

    const auto line = [&](std::string_view field) {
        const auto packet = signed_lines(std::string{field} + "\n", keys);
        CHECK(result_of(packet, other) == "digest mismatch");
        return result_of(packet, keys);
    };
    CHECK(line("t=x") == "verified");
    CHECK(line("(0)t=x") == "verified");
    CHECK(line("(1)t=AAH/") == "verified");
    CHECK(line("(1)t=") == "verified");
    CHECK(line("(1)t=QQ==") == "verified");
    CHECK(line("(4)t=AAH/") == "compressed");
    for (const auto field : {""sv, "t"sv, "=x"sv, "(9)t=x"sv, "(1t=x"sv, "(1)=x"sv}) {
        CAPTURE(std::string{field});
        CHECK(line(field) == "bad field");
    }
    for (const auto field : {"(1)t=A"sv,
                             "(1)t=AAA"sv,
                             "(1)t=AAA=="sv,
                             "(1)t=A==="sv,
                             "(1)t===="sv,
                             "(1)t=QR=="sv,
                             "(1)t=AAB="sv,
                             "(1)t=A?BB"sv,
                             "(1)t=AAH/ "sv,
                             "(1)t=QQ==QQ=="sv}) {
        CAPTURE(std::string{field});
        CHECK(line(field) == "bad base64");
    }
}

TEST_CASE("Heartbeat codec: 64 fields are taken, 65 are not", "[wire][heartbeat]") {
    const Authenticator keys{one_key(AuthMethod::sha1, "k")};
    std::string body;
    for (std::size_t i = 0; i < max_fields; ++i) {
        body += "6:(0)a=b,";
    }
    CHECK(result_of(signed_netstrings(body, keys), keys) == "verified");
    CHECK(result_of(signed_netstrings(body + "6:(0)a=b,", keys), keys) == "too many fields");
    CHECK(result_of(signed_netstrings("", keys), keys) == "verified");
}

TEST_CASE("Heartbeat codec: the largest datagram is taken", "[wire][heartbeat]") {
    const Authenticator keys{one_key(AuthMethod::sha1, "k")};
    OutgoingMessage message;
    message.add(
        "t",
        std::string(max_message_bytes - 66, 'x'));  // marks, prefixes and trailer take 66 bytes
    std::vector<std::byte> packet;
    encode_netstring(message, keys, MessageFormat::netstring, packet);
    CHECK(packet.size() == max_message_bytes);
    CHECK(result_of(packet, keys) == "verified");
    message.fields[0].value += 'x';
    packet.clear();
    encode_netstring(message, keys, MessageFormat::netstring, packet);
    CHECK(result_of(packet, keys) == "too large");
}

TEST_CASE("Heartbeat codec: a failed decode leaves the view as it was", "[wire][heartbeat]") {
    const Authenticator keys{one_key(AuthMethod::sha1, "k")};
    std::vector<std::byte> packet;
    encode_netstring(status_message(), keys, MessageFormat::classic, packet);
    MessageView view;
    REQUIRE(!decode(packet, keys, view));
    const auto bad = signed_netstrings("6:(0)a=b,6:(9)a=b,", keys);
    REQUIRE(decode(bad, keys, view) == DecodeError::bad_field);
    CHECK(to_outgoing(view) == status_message());
}

TEST_CASE("Heartbeat codec: decoding takes nothing from the heap", "[wire][heartbeat]") {
    const Authenticator keys{one_key(AuthMethod::sha1, "k")};
    std::vector<std::byte> netstring;
    std::vector<std::byte> classic;
    encode_netstring(status_message(), keys, MessageFormat::classic, netstring);
    encode_classic(status_message(), keys, classic);
    const std::size_t before = test_support::allocation_count();
    MessageView view;
    const bool verified = !decode(netstring, keys, view) && !decode(classic, keys, view) &&
                          view.get_uuid("srcuuid") && view.get_hex("seq");
    const std::size_t after = test_support::allocation_count();
    CHECK(verified);
    CHECK(after == before);
    CHECK(before > 0);  // the counter counts
}

TEST_CASE("Heartbeat codec: heartbeat verifies netstrings with its own sending key",
          "[wire][heartbeat]") {
    // Measured with heartbeat 1:3.0.6-13: two nodes that sign with different indexes and keys
    // refuse each other although both know both keys. Classic packets are verified with the right
    // key.
    constexpr VerifyOptions quirk{.verify_with_sending_key = true};
    AuthKeys sender = one_key(AuthMethod::md5, "beta", 2);
    sender.keys[1] = AuthKey{AuthMethod::sha1, "alpha"};
    AuthKeys receiver = sender;
    receiver.sending_index = 1;
    std::vector<std::byte> netstring;
    std::vector<std::byte> classic;
    encode_netstring(status_message(), Authenticator{sender}, MessageFormat::classic, netstring);
    encode_classic(status_message(), Authenticator{sender}, classic);
    CHECK(result_of(netstring, Authenticator{receiver}) == "verified");
    CHECK(result_of(netstring, Authenticator{receiver}, quirk) == "digest mismatch");
    CHECK(result_of(classic, Authenticator{receiver}, quirk) == "verified");
    CHECK(result_of(netstring, Authenticator{sender}, quirk) == "verified");

    AuthKeys same = receiver;
    same.keys[1] = AuthKey{AuthMethod::sha1, "beta"};
    CHECK(result_of(netstring, Authenticator{same}, quirk) == "verified");

    AuthKeys keyless = receiver;
    keyless.sending_index = 7;
    CHECK(result_of(netstring, Authenticator{keyless}, quirk) == "unknown method");
}

TEST_CASE("Heartbeat codec: readers of values", "[wire][heartbeat]") {
    const Authenticator keys{one_key(AuthMethod::sha1, "k")};
    MessageView view;
    OutgoingMessage message;
    message.add("a", "fF0");
    message.add("b", "123456789abcdef0");
    message.add("c", "1123456789abcdef0");
    message.add("d", "");
    message.add("e", "-1");
    message.add("g", "18446744073709551615");
    message.add("h", "18446744073709551616");
    message.add("j", "1 ");
    message.add("k", "007");
    message.add("u", "0123456789abcdef");
    message.fields.push_back({"v", "abc", FieldType::binary});
    std::vector<std::byte> bytes;
    encode_netstring(message, keys, MessageFormat::netstring, bytes);
    REQUIRE(!decode(bytes, keys, view));
    CHECK(view.get_hex("a") == 0xff0);
    CHECK(view.get_hex("b") == 0x123456789abcdef0);
    CHECK(!view.get_hex("c"));
    CHECK(!view.get_hex("d"));
    CHECK(!view.get_hex("e"));
    CHECK(!view.get_hex("j"));
    CHECK(!view.get_hex("absent"));
    CHECK(view.get_decimal("g") == UINT64_MAX);
    CHECK(!view.get_decimal("h"));
    CHECK(!view.get_decimal("a"));
    CHECK(!view.get_decimal("d"));
    CHECK(!view.get_decimal("k"));
    CHECK(!view.get_uuid("u"));  // 16 characters, but a string
    CHECK(!view.get_uuid("v"));
    CHECK(!view.get("absent"));
}

TEST_CASE("Heartbeat codec: mutated packets never verify with other content", "[wire][heartbeat]") {
    const Authenticator keys{one_key(AuthMethod::sha1, "k")};
    std::vector<std::byte> original;
    encode_netstring(status_message(), keys, MessageFormat::classic, original);
    std::uint64_t state = 0x9e3779b97f4a7c15;
    const auto random = [&state](std::uint64_t below) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        return state % below;
    };
    std::size_t verified = 0;
    for (int round = 0; round < 20000; ++round) {
        auto packet = original;
        for (auto edits = 1 + random(4); edits > 0; --edits) {
            const auto at = static_cast<std::ptrdiff_t>(random(packet.size()));
            switch (random(4)) {
            case 0:
                packet[static_cast<std::size_t>(at)] = static_cast<std::byte>(random(256));
                break;
            case 1:
                packet.insert(packet.begin() + at,
                              static_cast<std::byte>("0123456789:,()=%#\n"[random(18)]));
                break;
            case 2:
                packet.erase(packet.begin() + at);
                break;
            default:
                packet.resize(packet.size() -
                              random(std::min<std::uint64_t>(8, packet.size() - 1)));
                break;
            }
        }
        MessageView view;
        if (!decode(packet, keys, view)) {
            ++verified;
            REQUIRE(packet == original);
        }
    }
    CHECK(verified < 200);  // edits that undid themselves
}
