// SPDX-License-Identifier: GPL-2.0-or-later
// SIP messages (RFC 3261): the part of the grammar that phones, providers and PBXes of this model
// use, read from hostile input and written back. No I/O, no clock, no ns-3.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cluster/result.hpp"

namespace models::sip {

/// Bounds of what parse() takes: larger than anything that fits a datagram of our networks.
inline constexpr std::size_t max_message_bytes = 16 * 1024;
inline constexpr std::size_t max_headers = 96;

enum class Method : std::uint8_t { invite, ack, bye, cancel, register_, options, other };
[[nodiscard]] std::string_view to_string(Method) noexcept;  ///< "INVITE", …; "" for other

using Parameters = std::vector<std::pair<std::string, std::string>>;  ///< value "": a mere name
[[nodiscard]] const std::string* find_parameter(const Parameters&, std::string_view name) noexcept;

/// "sip:user@host:port;parameters". No password, no "?headers", no IPv6: not used here.
struct Uri {
    std::string user;
    std::string host;
    std::uint16_t port = 0;  ///< 0: none given
    std::string parameters;  ///< as written, with the leading ';'
    bool operator==(const Uri&) const = default;
};
[[nodiscard]] std::optional<Uri> parse_uri(std::string_view) noexcept;
[[nodiscard]] std::string to_string(const Uri&);

/// From, To, Contact.
struct NameAddr {
    std::string display;
    Uri uri;
    Parameters parameters;
    [[nodiscard]] std::string tag() const;
};
[[nodiscard]] std::optional<NameAddr> parse_name_addr(std::string_view) noexcept;
[[nodiscard]] std::string to_string(const NameAddr&);

struct Via {
    std::string transport = "UDP";
    std::string host;
    std::uint16_t port = 0;
    Parameters parameters;
    [[nodiscard]] std::string branch() const;
};
[[nodiscard]] std::optional<Via> parse_via(std::string_view) noexcept;
[[nodiscard]] std::string to_string(const Via&);

struct Header {
    std::string name;  ///< long form, in the usual spelling when it is a known one
    std::string value;
    bool operator==(const Header&) const = default;
};

struct Message {
    // a request
    Method method = Method::other;  ///< of a response: that of its CSeq
    std::string method_name;        ///< as written; of a response: that of its CSeq
    Uri request_uri;
    // a response; status 0: this is a request
    int status = 0;
    std::string reason;

    std::vector<Header> headers;  ///< without Content-Length, which follows from the body
    std::string body;
    std::uint32_t cseq = 0;  ///< number of the CSeq header

    [[nodiscard]] bool is_request() const noexcept { return status == 0; }
    /// First value of that name (long form, any case); empty: none.
    [[nodiscard]] std::string_view header(std::string_view name) const noexcept;
    [[nodiscard]] bool has(std::string_view name) const noexcept;
    void set(std::string_view name, std::string value);  ///< replaces the first, or appends
    void add(std::string_view name, std::string value);
    void remove(std::string_view name);  ///< all of that name
    [[nodiscard]] std::optional<Via> top_via() const;
    [[nodiscard]] std::optional<NameAddr> from() const { return parse_name_addr(header("From")); }
    [[nodiscard]] std::optional<NameAddr> to() const { return parse_name_addr(header("To")); }
    [[nodiscard]] std::optional<NameAddr> contact() const {
        return parse_name_addr(header("Contact"));
    }
    [[nodiscard]] std::string_view call_id() const noexcept { return header("Call-ID"); }
    bool operator==(const Message&) const = default;
};

/// What is wrong with a datagram that is no SIP message.
enum class ParseError : std::uint8_t {
    too_long,
    no_start_line,
    bad_start_line,
    bad_header,
    too_many_headers,
    missing_header,  ///< Via, From, To, Call-ID or CSeq
    bad_cseq,
    cseq_method,  ///< CSeq names another method than the request line
    bad_via,
    bad_address,  ///< From or To
    body_too_short,
};
[[nodiscard]] std::string_view to_string(ParseError) noexcept;

/// A datagram. Octets beyond Content-Length are dropped, fewer are an error (RFC 3261 18.3).
[[nodiscard]] cluster::Result<Message, ParseError> parse(std::string_view datagram);
[[nodiscard]] std::string serialise(const Message&);

/// A response to `request`: Via, From, To, Call-ID and CSeq copied; `to_tag` is added when To has
/// none and the status is not 100 (RFC 3261 8.2.6.2).
[[nodiscard]] Message make_response(const Message& request, int status, std::string_view to_tag);
[[nodiscard]] std::string_view reason_phrase(int status) noexcept;

[[nodiscard]] bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept;
[[nodiscard]] std::string_view trimmed(std::string_view) noexcept;
/// Whole text a decimal number up to `most`.
[[nodiscard]] std::optional<std::uint32_t> parse_number(std::string_view,
                                                        std::uint32_t most) noexcept;

}  // namespace models::sip
