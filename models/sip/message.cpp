// SPDX-License-Identifier: GPL-2.0-or-later
#include "message.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace models::sip {

namespace {

constexpr std::array<std::string_view, 6> method_names{
    "INVITE", "ACK", "BYE", "CANCEL", "REGISTER", "OPTIONS"};

char lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool is_token_char(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view{"-.!%*_+`'~"}.find(c) != std::string_view::npos;
}

bool is_token(std::string_view text) noexcept {
    return !text.empty() && std::ranges::all_of(text, is_token_char);
}

bool is_host(std::string_view text) noexcept {
    return !text.empty() && text.size() <= 253 && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '.' || c == '-' || c == '_';
    });
}

/// Compact forms (RFC 3261 7.3.3, 20) and the usual spelling of what we use.
constexpr std::array<std::pair<std::string_view, std::string_view>, 10> compact_names{
    {{"v", "Via"},
     {"f", "From"},
     {"t", "To"},
     {"i", "Call-ID"},
     {"m", "Contact"},
     {"l", "Content-Length"},
     {"c", "Content-Type"},
     {"k", "Supported"},
     {"s", "Subject"},
     {"e", "Content-Encoding"}}};
constexpr std::array<std::string_view, 20> usual_names{"Via",
                                                       "From",
                                                       "To",
                                                       "Call-ID",
                                                       "CSeq",
                                                       "Contact",
                                                       "Max-Forwards",
                                                       "Content-Length",
                                                       "Content-Type",
                                                       "Expires",
                                                       "Authorization",
                                                       "WWW-Authenticate",
                                                       "Proxy-Authorization",
                                                       "Proxy-Authenticate",
                                                       "Allow",
                                                       "Retry-After",
                                                       "User-Agent",
                                                       "Supported",
                                                       "Min-Expires",
                                                       "Server"};

std::string long_name(std::string_view name) {
    if (name.size() == 1) {
        for (const auto& [compact, full] : compact_names) {
            if (lower(name[0]) == compact[0]) {
                return std::string{full};
            }
        }
    }
    for (const std::string_view usual : usual_names) {
        if (equal_ignoring_case(name, usual)) {
            return std::string{usual};
        }
    }
    return std::string{name};
}

/// Headers that may hold several values in one line, separated by commas, of those that matter.
bool is_list(std::string_view name) noexcept {
    return name == "Via" || name == "Contact";
}

/// Position of `wanted` outside of quotes and angle brackets; npos: none.
std::size_t find_outside(std::string_view text, char wanted) noexcept {
    bool quoted = false;
    bool angled = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (quoted) {
            if (c == '\\') {
                ++i;
            } else if (c == '"') {
                quoted = false;
            }
        } else if (c == wanted && !angled) {
            return i;
        } else if (c == '"') {
            quoted = true;
        } else if (c == '<') {
            angled = true;
        } else if (c == '>') {
            angled = false;
        }
    }
    return std::string_view::npos;
}

/// ";a=b;c" into pairs; false: not well-formed.
bool parse_parameters(std::string_view text, Parameters& parameters) {
    text = trimmed(text);
    while (!text.empty()) {
        if (text.front() != ';') {
            return false;
        }
        text.remove_prefix(1);
        const std::size_t end = find_outside(text, ';');
        const std::string_view one = trimmed(text.substr(0, end));
        text.remove_prefix(end == std::string_view::npos ? text.size() : end);
        const std::size_t equals = one.find('=');
        const std::string_view name = trimmed(one.substr(0, equals));
        const std::string_view value =
            equals == std::string_view::npos ? std::string_view{} : trimmed(one.substr(equals + 1));
        if (!is_token(name) || (equals != std::string_view::npos && value.empty())) {
            return false;
        }
        parameters.emplace_back(name, value);
    }
    return true;
}

void append_parameters(std::string& out, const Parameters& parameters) {
    for (const auto& [name, value] : parameters) {
        out += ';';
        out += name;
        if (!value.empty()) {
            out += '=';
            out += value;
        }
    }
}

/// "host" or "host:port"; false: neither.
bool parse_host_port(std::string_view text, std::string& host, std::uint16_t& port) {
    const std::size_t colon = text.find(':');
    const std::string_view name = trimmed(text.substr(0, colon));
    if (!is_host(name)) {
        return false;
    }
    host = name;
    port = 0;
    if (colon != std::string_view::npos) {
        const auto number = parse_number(trimmed(text.substr(colon + 1)), 65535);
        if (!number || *number == 0) {
            return false;
        }
        port = static_cast<std::uint16_t>(*number);
    }
    return true;
}

Method method_of(std::string_view name) noexcept {
    const auto* const found = std::find(method_names.begin(), method_names.end(), name);
    return static_cast<Method>(found - method_names.begin());
}

/// The next line without its end; folded lines (RFC 3261 7.3.1) are joined into `unfolded`.
std::string_view next_line(std::string_view& rest) noexcept {
    const std::size_t end = rest.find('\n');
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    if (!line.empty() && line.back() == '\r') {
        line.remove_suffix(1);
    }
    return line;
}

bool has_control(std::string_view text) noexcept {
    return std::ranges::any_of(text, [](char c) {
        return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f;
    });
}

bool parse_start_line(std::string_view line, Message& message) {
    constexpr std::string_view version = "SIP/2.0";
    if (has_control(line)) {
        return false;
    }
    const std::size_t first = line.find(' ');
    if (first == std::string_view::npos) {
        return false;
    }
    if (line.substr(0, first) == version) {
        line.remove_prefix(first + 1);
        const auto status = parse_number(line.substr(0, 3), 699);
        if (!status || *status < 100 || (line.size() > 3 && line[3] != ' ')) {
            return false;
        }
        message.status = static_cast<int>(*status);
        message.reason = line.size() > 4 ? std::string{line.substr(4)} : std::string{};
        return true;
    }
    const std::size_t last = line.rfind(' ');
    if (last == first || line.substr(last + 1) != version || !is_token(line.substr(0, first))) {
        return false;
    }
    const auto uri = parse_uri(line.substr(first + 1, last - first - 1));
    if (!uri) {
        return false;
    }
    message.request_uri = *uri;
    message.method_name = line.substr(0, first);
    message.method = method_of(message.method_name);
    return true;
}

std::optional<ParseError> judge(Message& message) {
    for (const std::string_view name : {"Via", "From", "To", "Call-ID", "CSeq"}) {
        if (message.header(name).empty()) {
            return ParseError::missing_header;
        }
    }
    const std::string_view cseq = message.header("CSeq");
    const std::size_t gap = cseq.find_first_of(" \t");
    if (gap == std::string_view::npos) {
        return ParseError::bad_cseq;
    }
    const auto number = parse_number(cseq.substr(0, gap), 0x7fffffffU);
    const std::string_view method = trimmed(cseq.substr(gap));
    if (!number || !is_token(method)) {
        return ParseError::bad_cseq;
    }
    message.cseq = *number;
    if (message.is_request()) {
        if (method != message.method_name) {
            return ParseError::cseq_method;
        }
    } else {
        message.method_name = method;
        message.method = method_of(method);
    }
    if (!message.top_via()) {
        return ParseError::bad_via;
    }
    if (!message.from() || !message.to()) {
        return ParseError::bad_address;
    }
    return std::nullopt;
}

}  // namespace

std::string_view to_string(Method method) noexcept {
    const auto index = static_cast<std::size_t>(method);
    return index < method_names.size() ? method_names[index] : std::string_view{};
}

bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept {
    return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) {
               return lower(x) == lower(y);
           });
}

std::string_view trimmed(std::string_view text) noexcept {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) {
        text.remove_prefix(1);
    }
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) {
        text.remove_suffix(1);
    }
    return text;
}

std::optional<std::uint32_t> parse_number(std::string_view text, std::uint32_t most) noexcept {
    std::uint32_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size() || value > most) {
        return std::nullopt;
    }
    return value;
}

const std::string* find_parameter(const Parameters& parameters, std::string_view name) noexcept {
    for (const auto& [known, value] : parameters) {
        if (equal_ignoring_case(known, name)) {
            return &value;
        }
    }
    return nullptr;
}

std::optional<Uri> parse_uri(std::string_view text) noexcept {
    constexpr std::string_view scheme = "sip:";
    if (!equal_ignoring_case(text.substr(0, scheme.size()), scheme)) {
        return std::nullopt;
    }
    text.remove_prefix(scheme.size());
    if (text.find_first_of("? <>\"\t") != std::string_view::npos || has_control(text)) {
        return std::nullopt;
    }
    Uri uri;
    if (const std::size_t at = text.find('@'); at != std::string_view::npos) {
        const std::string_view user = text.substr(0, at);
        if (user.empty() || user.find_first_of(":@") != std::string_view::npos) {
            return std::nullopt;
        }
        uri.user = user;
        text.remove_prefix(at + 1);
    }
    const std::size_t semicolon = text.find(';');
    if (semicolon != std::string_view::npos) {
        uri.parameters = text.substr(semicolon);
    }
    if (!parse_host_port(text.substr(0, semicolon), uri.host, uri.port)) {
        return std::nullopt;
    }
    return uri;
}

std::string to_string(const Uri& uri) {
    std::string text = "sip:";
    if (!uri.user.empty()) {
        text += uri.user;
        text += '@';
    }
    text += uri.host;
    if (uri.port != 0) {
        text += ':';
        text += std::to_string(uri.port);
    }
    return text + uri.parameters;
}

std::string NameAddr::tag() const {
    const std::string* found = find_parameter(parameters, "tag");
    return found == nullptr ? std::string{} : *found;
}

std::optional<NameAddr> parse_name_addr(std::string_view text) noexcept {
    NameAddr result;
    text = trimmed(text);
    const std::size_t open = find_outside(text, '<');
    if (open == std::string_view::npos) {
        // addr-spec: what follows ';' belongs to the header, not to the URI (RFC 3261 20.10)
        const std::size_t semicolon = text.find(';');
        const auto uri = parse_uri(trimmed(text.substr(0, semicolon)));
        if (!uri || (semicolon != std::string_view::npos &&
                     !parse_parameters(text.substr(semicolon), result.parameters))) {
            return std::nullopt;
        }
        result.uri = *uri;
        return result;
    }
    const std::size_t close = text.find('>', open);
    if (close == std::string_view::npos) {
        return std::nullopt;
    }
    const auto uri = parse_uri(text.substr(open + 1, close - open - 1));
    if (!uri || !parse_parameters(text.substr(close + 1), result.parameters)) {
        return std::nullopt;
    }
    result.display = trimmed(text.substr(0, open));
    result.uri = *uri;
    return result;
}

std::string to_string(const NameAddr& address) {
    std::string text = address.display;
    if (!text.empty()) {
        text += ' ';
    }
    text += '<';
    text += to_string(address.uri);
    text += '>';
    append_parameters(text, address.parameters);
    return text;
}

std::string Via::branch() const {
    const std::string* found = find_parameter(parameters, "branch");
    return found == nullptr ? std::string{} : *found;
}

std::optional<Via> parse_via(std::string_view text) noexcept {
    constexpr std::string_view protocol = "SIP/2.0/";
    text = trimmed(text);
    if (!equal_ignoring_case(text.substr(0, protocol.size()), protocol)) {
        return std::nullopt;
    }
    text.remove_prefix(protocol.size());
    const std::size_t gap = text.find_first_of(" \t");
    if (gap == std::string_view::npos || !is_token(text.substr(0, gap))) {
        return std::nullopt;
    }
    Via via;
    via.transport = text.substr(0, gap);
    text = trimmed(text.substr(gap));
    const std::size_t semicolon = text.find(';');
    if (!parse_host_port(text.substr(0, semicolon), via.host, via.port) ||
        (semicolon != std::string_view::npos &&
         !parse_parameters(text.substr(semicolon), via.parameters))) {
        return std::nullopt;
    }
    return via;
}

std::string to_string(const Via& via) {
    std::string text = "SIP/2.0/" + via.transport + ' ' + via.host;
    if (via.port != 0) {
        text += ':' + std::to_string(via.port);
    }
    append_parameters(text, via.parameters);
    return text;
}

std::string_view Message::header(std::string_view name) const noexcept {
    for (const Header& header : headers) {
        if (equal_ignoring_case(header.name, name)) {
            return header.value;
        }
    }
    return {};
}

bool Message::has(std::string_view name) const noexcept {
    return std::ranges::any_of(
        headers, [&](const Header& header) { return equal_ignoring_case(header.name, name); });
}

void Message::set(std::string_view name, std::string value) {
    for (Header& header : headers) {
        if (equal_ignoring_case(header.name, name)) {
            header.value = std::move(value);
            return;
        }
    }
    add(name, std::move(value));
}

void Message::add(std::string_view name, std::string value) {
    headers.push_back({std::string{name}, std::move(value)});
}

void Message::remove(std::string_view name) {
    std::erase_if(headers,
                  [&](const Header& header) { return equal_ignoring_case(header.name, name); });
}

std::optional<Via> Message::top_via() const {
    return parse_via(header("Via"));
}

std::string_view to_string(ParseError error) noexcept {
    switch (error) {
    case ParseError::too_long:
        return "too long";
    case ParseError::no_start_line:
        return "no start line";
    case ParseError::bad_start_line:
        return "bad start line";
    case ParseError::bad_header:
        return "bad header";
    case ParseError::too_many_headers:
        return "too many headers";
    case ParseError::missing_header:
        return "a mandatory header is missing";
    case ParseError::bad_cseq:
        return "bad CSeq";
    case ParseError::cseq_method:
        return "CSeq names another method";
    case ParseError::bad_via:
        return "bad Via";
    case ParseError::bad_address:
        return "bad From or To";
    case ParseError::body_too_short:
        return "body shorter than Content-Length";
    }
    return "";
}

cluster::Result<Message, ParseError> parse(std::string_view datagram) {
    if (datagram.size() > max_message_bytes) {
        return cluster::Unexpected{ParseError::too_long};
    }
    std::string_view rest = datagram;
    while (rest.substr(0, 2) == "\r\n") {
        rest.remove_prefix(2);  // RFC 3261 7.5: empty lines before the start line
    }
    if (rest.empty()) {
        return cluster::Unexpected{ParseError::no_start_line};
    }
    Message message;
    message.headers.reserve(12);
    if (!parse_start_line(next_line(rest), message)) {
        return cluster::Unexpected{ParseError::bad_start_line};
    }
    std::optional<std::uint32_t> content_length;
    bool ended = false;
    std::string unfolded;
    while (!rest.empty()) {
        std::string_view line = next_line(rest);
        if (line.empty()) {
            ended = true;
            break;
        }
        if (!rest.empty() && (rest.front() == ' ' || rest.front() == '\t')) {
            unfolded = line;
            while (!rest.empty() && (rest.front() == ' ' || rest.front() == '\t')) {
                unfolded += ' ';
                unfolded += trimmed(next_line(rest));
            }
            line = unfolded;
        }
        const std::size_t colon = line.find(':');
        const std::string_view name = trimmed(line.substr(0, colon));
        if (colon == std::string_view::npos || !is_token(name) || has_control(line)) {
            return cluster::Unexpected{ParseError::bad_header};
        }
        std::string_view value = trimmed(line.substr(colon + 1));
        std::string full = long_name(name);
        if (full == "Content-Length") {
            content_length = parse_number(value, max_message_bytes);
            if (!content_length) {
                return cluster::Unexpected{ParseError::bad_header};
            }
            continue;
        }
        for (bool more = true; more;) {
            const std::size_t comma =
                is_list(full) ? find_outside(value, ',') : std::string_view::npos;
            more = comma != std::string_view::npos;
            if (message.headers.size() == max_headers) {
                return cluster::Unexpected{ParseError::too_many_headers};
            }
            message.headers.push_back({full, std::string{trimmed(value.substr(0, comma))}});
            value = more ? value.substr(comma + 1) : std::string_view{};
        }
    }
    if (content_length) {
        if (rest.size() < *content_length || (!ended && *content_length > 0)) {
            return cluster::Unexpected{ParseError::body_too_short};
        }
        rest = rest.substr(0, *content_length);
    }
    message.body = rest;
    if (const auto error = judge(message)) {
        return cluster::Unexpected{*error};
    }
    return message;
}

std::string serialise(const Message& message) {
    std::string text;
    text.reserve(512 + message.body.size());
    if (message.is_request()) {
        text += message.method_name;
        text += ' ';
        text += to_string(message.request_uri);
        text += " SIP/2.0\r\n";
    } else {
        text += "SIP/2.0 ";
        text += std::to_string(message.status);
        text += ' ';
        text += message.reason;
        text += "\r\n";
    }
    for (const Header& header : message.headers) {
        text += header.name;
        text += ": ";
        text += header.value;
        text += "\r\n";
    }
    text += "Content-Length: ";
    text += std::to_string(message.body.size());
    text += "\r\n\r\n";
    text += message.body;
    return text;
}

Message make_response(const Message& request, int status, std::string_view to_tag) {
    Message response;
    response.status = status;
    response.reason = reason_phrase(status);
    response.method = request.method;
    response.method_name = request.method_name;
    response.cseq = request.cseq;
    for (const Header& header : request.headers) {
        if (header.name == "Via" || header.name == "From" || header.name == "Call-ID" ||
            header.name == "CSeq") {
            response.headers.push_back(header);
        } else if (header.name == "To") {
            response.headers.push_back(header);
            const auto to = parse_name_addr(header.value);
            if (status != 100 && !to_tag.empty() && to && to->tag().empty()) {
                response.headers.back().value += ";tag=";
                response.headers.back().value += to_tag;
            }
        }
    }
    return response;
}

std::string_view reason_phrase(int status) noexcept {
    switch (status) {
    case 100:
        return "Trying";
    case 180:
        return "Ringing";
    case 200:
        return "OK";
    case 400:
        return "Bad Request";
    case 401:
        return "Unauthorized";
    case 403:
        return "Forbidden";
    case 404:
        return "Not Found";
    case 405:
        return "Method Not Allowed";
    case 408:
        return "Request Timeout";
    case 480:
        return "Temporarily Unavailable";
    case 481:
        return "Call/Transaction Does Not Exist";
    case 486:
        return "Busy Here";
    case 487:
        return "Request Terminated";
    case 500:
        return "Server Internal Error";
    case 503:
        return "Service Unavailable";
    default:
        return "Unknown";
    }
}

}  // namespace models::sip
