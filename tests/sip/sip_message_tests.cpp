// SPDX-License-Identifier: GPL-2.0-or-later
#include "support/catch.hpp"

#include "sip/digest.hpp"
#include "sip/message.hpp"
#include "sip/sdp.hpp"

using namespace models::sip;

namespace {

std::string invite(const std::string& extra = {}, const std::string& cseq = "7 INVITE") {
    return "INVITE sip:9100@10.10.10.110 SIP/2.0\r\n"
           "Via: SIP/2.0/UDP 10.10.10.130:5060;branch=z9hG4bKa1;rport\r\n"
           "From: \"Desk, 1\" <sip:101@10.10.10.110>;tag=a\r\n"
           "To: <sip:9100@10.10.10.110>\r\n"
           "Call-ID: c1\r\nCSeq: " +
           cseq + "\r\n" + extra + "\r\n";
}

ParseError error_of(const std::string& text) {
    const auto result = parse(text);
    REQUIRE_FALSE(result.has_value());
    return result.error();
}

}  // namespace

TEST_CASE("SIP message: a request is read, written and read again as the same", "[sip]") {
    const auto message = parse(invite("Content-Length: 3\r\n") + "abcdef");
    REQUIRE(message.has_value());
    CHECK(message->method == Method::invite);
    CHECK(message->request_uri.user == "9100");
    CHECK(message->cseq == 7);
    CHECK(message->body == "abc");  // RFC 3261 18.3: the rest of the datagram is dropped
    CHECK(message->from()->tag() == "a");
    CHECK(message->from()->display == "\"Desk, 1\"");
    CHECK(message->top_via()->branch() == "z9hG4bKa1");
    const auto again = parse(serialise(*message));
    REQUIRE(again.has_value());
    CHECK(*again == *message);
}

TEST_CASE("SIP message: compact forms, folding and lists are understood", "[sip]") {
    const auto message = parse("SIP/2.0 200 OK\r\n"
                               "v: SIP/2.0/UDP a:5060;branch=z9hG4bKx , SIP/2.0/UDP b\r\n"
                               "f: sip:1@a;tag=1\r\nt: <sip:1@a>;tag=2\r\ni: x\r\n"
                               "CSeq: 2\r\n  REGISTER\r\n"
                               "m: <sip:1@c;transport=udp>;expires=60, <sip:1@d>\r\nl: 0\r\n\r\n");
    REQUIRE(message.has_value());
    CHECK(message->status == 200);
    CHECK(message->method == Method::register_);
    CHECK(message->top_via()->host == "a");
    CHECK(message->from()->tag() == "1");
    CHECK(message->contact()->uri.host == "c");
    CHECK(message->contact()->uri.parameters == ";transport=udp");
    CHECK(*find_parameter(message->contact()->parameters, "Expires") == "60");
}

TEST_CASE("SIP message: what is no message says why", "[sip]") {
    CHECK(error_of("") == ParseError::no_start_line);
    CHECK(error_of("\r\n\r\n") == ParseError::no_start_line);
    CHECK(error_of("HELLO\r\n\r\n") == ParseError::bad_start_line);
    CHECK(error_of("SIP/2.0 099 No\r\n\r\n") == ParseError::bad_start_line);
    CHECK(error_of("INVITE tel:1 SIP/2.0\r\n\r\n") == ParseError::bad_start_line);
    CHECK(error_of(invite("no colon here\r\n")) == ParseError::bad_header);
    CHECK(error_of(invite("Content-Length: -1\r\n")) == ParseError::bad_header);
    CHECK(error_of(invite("Content-Length: 5\r\n") + "abc") == ParseError::body_too_short);
    CHECK(error_of(invite({}, "7 BYE")) == ParseError::cseq_method);
    CHECK(error_of(invite({}, "4294967296 INVITE")) == ParseError::bad_cseq);
    CHECK(error_of(std::string(max_message_bytes + 1, 'x')) == ParseError::too_long);
    std::string many;
    for (std::size_t i = 0; i < max_headers; ++i) {
        many += "X-A: 1\r\n";
    }
    CHECK(error_of(invite(many)) == ParseError::too_many_headers);
    CHECK(error_of("OPTIONS sip:a SIP/2.0\r\nVia: SIP/2.0/UDP a\r\nFrom: sip:a\r\nTo: sip:b\r\n"
                   "CSeq: 1 OPTIONS\r\n\r\n") == ParseError::missing_header);
}

TEST_CASE("SIP message: a response copies what RFC 3261 8.2.6.2 says", "[sip]") {
    const auto request = parse(invite());
    REQUIRE(request.has_value());
    CHECK(make_response(*request, 100, "t").to()->tag().empty());
    const Message ok = make_response(*request, 200, "t");
    CHECK(ok.to()->tag() == "t");
    CHECK(ok.header("CSeq") == "7 INVITE");
    CHECK(parse(serialise(ok)).has_value());
}

TEST_CASE("SIP digest: the example of RFC 2617 3.5, and SHA-256 of RFC 7616 3.9.1", "[sip]") {
    const auto md5 = parse_challenge("Digest realm=\"testrealm@host.com\", qop=\"auth,auth-int\", "
                                     "nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\"");
    REQUIRE(md5);
    CHECK(answer(*md5, "Mufasa", "Circle Of Life", "GET", "/dir/index.html", "0a4f113b", 1)
              .response == "6629fae49393a05397450978507c4ef1");
    const auto sha =
        parse_challenge("Digest realm=\"http-auth@example.org\", qop=\"auth\", algorithm=SHA-256, "
                        "nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\"");
    REQUIRE(sha);
    CHECK(answer(*sha,
                 "Mufasa",
                 "Circle of Life",
                 "GET",
                 "/dir/index.html",
                 "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
                 1)
              .response == "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1");
}

TEST_CASE("SIP digest: a wrong secret, method or field does not verify", "[sip]") {
    const Challenge challenge{.realm = "asterisk", .nonce = "n1"};
    const Credentials right = answer(challenge, "101", "secret", "REGISTER", "sip:a", "c", 1);
    const auto read = parse_credentials(to_string(right));
    REQUIRE(read);
    CHECK(*read == right);
    CHECK(verify(*read, "secret", "REGISTER"));
    CHECK_FALSE(verify(*read, "Secret", "REGISTER"));
    CHECK_FALSE(verify(*read, "secret", "INVITE"));
    Credentials other = right;
    other.nonce_count = "00000002";
    CHECK_FALSE(verify(other, "secret", "REGISTER"));
    CHECK_FALSE(parse_credentials("Basic abc"));
    CHECK_FALSE(parse_credentials("Digest username=\"101"));
}

TEST_CASE("SDP: address and port of the audio stream", "[sip]") {
    const Sdp sdp{.address = "10.10.10.110", .port = 4000, .session = 17};
    CHECK(parse_sdp(to_string(sdp)) == sdp);
    CHECK_FALSE(parse_sdp("v=0\r\nc=IN IP4 10.10.10.300\r\nm=audio 1 RTP/AVP 0\r\n"));
    CHECK_FALSE(parse_sdp("v=0\r\nm=video 1 RTP/AVP 0\r\nc=IN IP4 10.10.10.1\r\n"));
    CHECK_FALSE(parse_sdp("hello"));
}
