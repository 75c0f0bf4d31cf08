// SPDX-License-Identifier: GPL-2.0-or-later
#include "dns.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace models::sip {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t most_answers = 64;
constexpr int most_pointers = 16;
// A stub resolver's own defaults [sourced: resolv.conf(5), timeout 5 s, 2 attempts].
constexpr Duration query_timeout = 5s;
constexpr int query_attempts = 2;
constexpr std::uint32_t negative_ttl_s = 300;  // [assumed, facts: negative TTL 300]

void put16(std::string& out, unsigned value) {
    out += static_cast<char>(value >> 8U & 0xffU);
    out += static_cast<char>(value & 0xffU);
}

void put_name(std::string& out, std::string_view name) {
    name = name.substr(0, 253);
    while (!name.empty()) {
        const std::size_t dot = name.find('.');
        const std::string_view label = name.substr(0, std::min<std::size_t>(dot, 63));
        if (!label.empty()) {
            out += static_cast<char>(label.size());
            out += label;
        }
        name.remove_prefix(dot == std::string_view::npos ? name.size() : dot + 1);
    }
    out += '\0';
}

void put_text(std::string& out, std::string_view text) {
    text = text.substr(0, 255);
    out += static_cast<char>(text.size());
    out += text;
}

class Reader {
  public:
    explicit Reader(std::string_view bytes) : m_bytes(bytes) {}
    [[nodiscard]] bool good() const noexcept { return m_good; }
    [[nodiscard]] std::size_t at() const noexcept { return m_at; }
    void go_to(std::size_t at) noexcept { m_at = at; }
    std::uint8_t octet() {
        if (m_at >= m_bytes.size()) {
            m_good = false;
            return 0;
        }
        return static_cast<std::uint8_t>(m_bytes[m_at++]);
    }
    std::uint16_t number16() {
        const unsigned high = octet();
        return static_cast<std::uint16_t>(high << 8U | octet());
    }
    std::uint32_t number32() {
        const std::uint32_t high = number16();
        return high << 16U | number16();
    }
    std::string text() {
        std::string result;
        for (unsigned left = octet(); left > 0 && m_good; --left) {
            result += static_cast<char>(octet());
        }
        return result;
    }
    /// RFC 1035 4.1.4; pointers must lead backwards, so it ends.
    std::string name() {
        std::string result;
        std::size_t back = 0;
        int pointers = 0;
        while (m_good) {
            const std::size_t here = m_at;
            const unsigned length = octet();
            if (length == 0) {
                break;
            }
            if ((length & 0xc0U) == 0xc0U) {
                const std::size_t to = (length & 0x3fU) << 8U | octet();
                if (to >= here || ++pointers > most_pointers) {
                    m_good = false;
                    break;
                }
                back = back == 0 ? m_at : back;
                m_at = to;
                continue;
            }
            if (length > 63 || result.size() + length > 253) {
                m_good = false;
                break;
            }
            if (!result.empty()) {
                result += '.';
            }
            for (unsigned i = 0; i < length; ++i) {
                const auto c = static_cast<char>(octet());
                result += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
            }
        }
        if (back != 0) {
            m_at = back;
        }
        return result;
    }

  private:
    std::string_view m_bytes;
    std::size_t m_at = 0;
    bool m_good = true;
};

bool known_type(unsigned type) noexcept {
    return type == static_cast<unsigned>(RecordType::a) ||
           type == static_cast<unsigned>(RecordType::srv) ||
           type == static_cast<unsigned>(RecordType::naptr);
}

void put_record(std::string& out, const DnsRecord& record) {
    put_name(out, record.name);
    put16(out, static_cast<unsigned>(record.type));
    put16(out, 1);  // IN
    put16(out, record.ttl_s >> 16U);
    put16(out, record.ttl_s & 0xffffU);
    std::string data;
    switch (record.type) {
    case RecordType::a: {
        std::string_view rest = record.target;
        for (int i = 0; i < 4; ++i) {
            const std::size_t dot = rest.find('.');
            data += static_cast<char>(parse_number(rest.substr(0, dot), 255).value_or(0));
            rest.remove_prefix(dot == std::string_view::npos ? rest.size() : dot + 1);
        }
        break;
    }
    case RecordType::srv:
        put16(data, record.priority);
        put16(data, record.weight);
        put16(data, record.port);
        put_name(data, record.target);
        break;
    case RecordType::naptr:
        put16(data, record.priority);
        put16(data, record.weight);
        put_text(data, "s");
        put_text(data, record.service);
        put_text(data, "");
        put_name(data, record.target);
        break;
    }
    put16(out, static_cast<unsigned>(data.size()));
    out += data;
}

bool is_address(std::string_view text) noexcept {
    return !text.empty() && text.find_first_not_of("0123456789.") == std::string_view::npos;
}

}  // namespace

std::string encode(const DnsMessage& message) {
    std::string out;
    put16(out, message.id);
    // QR, AA, RD; RCODE 3 = no such name
    put16(out,
          (message.response ? 0x8400U : 0U) | 0x0100U |
              (message.response && message.name_error ? 3U : 0U));
    put16(out, 1);
    put16(out, static_cast<unsigned>(std::min(message.answers.size(), most_answers)));
    put16(out, 0);
    put16(out, 0);
    put_name(out, message.question);
    put16(out, static_cast<unsigned>(message.type));
    put16(out, 1);
    for (std::size_t i = 0; i < std::min(message.answers.size(), most_answers); ++i) {
        put_record(out, message.answers[i]);
    }
    return out;
}

std::optional<DnsMessage> decode_dns(std::string_view datagram) {
    Reader in{datagram};
    DnsMessage message;
    message.id = in.number16();
    const unsigned flags = in.number16();
    message.response = (flags & 0x8000U) != 0;
    message.name_error = message.response && (flags & 0xfU) == 3;
    const unsigned questions = in.number16();
    const unsigned answers = in.number16();
    in.number16();
    in.number16();
    if (questions != 1 || answers > most_answers || (flags & 0x7800U) != 0) {
        return std::nullopt;
    }
    message.question = in.name();
    const unsigned type = in.number16();
    if (in.number16() != 1 || !known_type(type) || !in.good()) {
        return std::nullopt;
    }
    message.type = static_cast<RecordType>(type);
    for (unsigned i = 0; i < answers; ++i) {
        DnsRecord record;
        record.name = in.name();
        const unsigned record_type = in.number16();
        in.number16();
        record.ttl_s = in.number32();
        const std::size_t length = in.number16();
        const std::size_t end = in.at() + length;
        if (!in.good() || end > datagram.size()) {
            return std::nullopt;
        }
        if (known_type(record_type)) {
            record.type = static_cast<RecordType>(record_type);
            if (record.type == RecordType::a) {
                for (int octet = 0; octet < 4; ++octet) {
                    record.target += (octet == 0 ? "" : ".") + std::to_string(in.octet());
                }
            } else {
                record.priority = in.number16();
                record.weight = in.number16();
                if (record.type == RecordType::srv) {
                    record.port = in.number16();
                } else {
                    (void)in.text();
                    record.service = in.text();
                    (void)in.text();
                }
                record.target = in.name();
            }
            if (!in.good() || in.at() != end) {
                return std::nullopt;
            }
            message.answers.push_back(std::move(record));
        }
        in.go_to(end);
    }
    return message;
}

DnsMessage Zone::answer(const DnsMessage& query) const {
    DnsMessage reply = query;
    reply.response = true;
    reply.answers.clear();
    bool known = false;
    for (const DnsRecord& record : records) {
        known = known || record.name == query.question;
        if (record.name == query.question && record.type == query.type) {
            reply.answers.push_back(record);
        }
    }
    reply.name_error = !known;
    return reply;
}

// ---------------------------------------------------------------- Resolver

struct Resolver::Query {
    std::string name;
    RecordType type = RecordType::a;
    int attempts = 0;
    std::vector<Answer> waiting;
};

Resolver::Resolver(Hooks hooks)
    : m_hooks(std::move(hooks)), m_self(std::make_shared<Resolver*>(this)) {}

Resolver::~Resolver() {
    *m_self = nullptr;
}

void Resolver::ask(const std::string& name, RecordType type, Answer answer) {
    if (const auto cached = m_cache.find({name, type}); cached != m_cache.end()) {
        if (m_hooks.now_ns() < cached->second.until_ns) {
            answer(std::vector<DnsRecord>{cached->second.records});
            return;
        }
        m_cache.erase(cached);
    }
    for (auto& [id, open] : m_open) {
        if (open.name == name && open.type == type) {
            open.waiting.push_back(std::move(answer));
            return;
        }
    }
    std::uint16_t id = 0;
    do {
        id = static_cast<std::uint16_t>(m_hooks.below(65536));
    } while (m_open.contains(id));
    Query& query = m_open[id];
    query.name = name;
    query.type = type;
    query.waiting.push_back(std::move(answer));
    transmit(id);
}

void Resolver::transmit(std::uint16_t id) {
    Query& query = m_open.at(id);
    const int attempt = ++query.attempts;
    m_hooks.later(query_timeout, [self = m_self, id, attempt] {
        Resolver* const resolver = *self;
        if (resolver == nullptr) {
            return;
        }
        const auto open = resolver->m_open.find(id);
        if (open == resolver->m_open.end() || open->second.attempts != attempt) {
            return;
        }
        if (attempt < query_attempts) {
            resolver->transmit(id);
            return;
        }
        // A failure is not cached: the next look-up asks again.
        const auto waiting = std::move(open->second.waiting);
        resolver->m_open.erase(open);
        for (const Answer& answer : waiting) {
            answer({});
        }
    });
    DnsMessage message;
    message.id = id;
    message.question = query.name;
    message.type = query.type;
    m_hooks.send(encode(message));
}

void Resolver::receive(std::string_view datagram) {
    const auto message = decode_dns(datagram);
    if (!message || !message->response) {
        return;
    }
    const auto open = m_open.find(message->id);
    if (open == m_open.end() || open->second.name != message->question ||
        open->second.type != message->type) {
        return;
    }
    std::uint32_t ttl = message->answers.empty() ? negative_ttl_s : ~0U;
    for (const DnsRecord& record : message->answers) {
        ttl = std::min(ttl, record.ttl_s);
    }
    m_cache[{message->question, message->type}] = {
        message->answers, m_hooks.now_ns() + static_cast<std::int64_t>(ttl) * 1'000'000'000};
    const auto waiting = std::move(open->second.waiting);
    m_open.erase(open);
    for (const Answer& answer : waiting) {
        answer(std::vector<DnsRecord>{message->answers});
    }
}

std::vector<DnsRecord> Resolver::ordered(std::vector<DnsRecord> records) {
    std::ranges::stable_sort(records, {}, &DnsRecord::priority);
    for (auto first = records.begin(); first != records.end();) {
        auto last = std::find_if(first, records.end(), [&](const DnsRecord& r) {
            return r.priority != first->priority;
        });
        for (; first != last; ++first) {
            std::uint64_t sum = 0;
            for (auto r = first; r != last; ++r) {
                sum += r->weight;
            }
            std::uint64_t draw = m_hooks.below(sum + 1);
            auto chosen = first;
            for (auto r = first; r != last; ++r) {
                if (draw <= r->weight) {
                    chosen = r;
                    break;
                }
                draw -= r->weight;
            }
            std::rotate(first, chosen, chosen + 1);
        }
    }
    return records;
}

void Resolver::addresses_of(std::vector<DnsRecord> services, std::vector<Target> found, Done done) {
    if (services.empty()) {
        done(std::move(found));
        return;
    }
    const DnsRecord next = services.front();
    services.erase(services.begin());
    ask(next.target,
        RecordType::a,
        [this, services = std::move(services), found = std::move(found), port = next.port, done](
            std::vector<DnsRecord> addresses) mutable {
            for (const DnsRecord& address : addresses) {
                found.push_back({address.target, port});
            }
            addresses_of(std::move(services), std::move(found), std::move(done));
        });
}

void Resolver::services_of(const std::string& name, const std::string& host, Done done) {
    ask(name, RecordType::srv, [this, host, done](std::vector<DnsRecord> services) {
        if (services.empty()) {
            // RFC 3263 4.2: no SRV, then the addresses of the name itself
            addresses_of({{.name = host, .target = host, .service = {}}}, {}, [done](auto targets) {
                for (Target& target : targets) {
                    target.port = default_port;
                }
                done(std::move(targets));
            });
            return;
        }
        addresses_of(ordered(std::move(services)), {}, done);
    });
}

void Resolver::resolve(const std::string& host, std::uint16_t port, Lookup lookup, Done done) {
    if (is_address(host)) {
        done({{host, port == 0 ? default_port : port}});
        return;
    }
    if (port != 0 || lookup == Lookup::a_only) {
        ask(host,
            RecordType::a,
            [port, lookup, done = std::move(done)](std::vector<DnsRecord> addresses) {
                std::vector<Target> targets;
                for (const DnsRecord& address : addresses) {
                    targets.push_back({address.target, port == 0 ? default_port : port});
                }
                if (lookup == Lookup::a_only && targets.size() > 1) {
                    targets.resize(1);
                }
                done(std::move(targets));
            });
        return;
    }
    const std::string plain = "_sip._udp." + host;
    if (lookup == Lookup::srv) {
        services_of(plain, host, std::move(done));
        return;
    }
    ask(host,
        RecordType::naptr,
        [this, plain, host, done = std::move(done)](std::vector<DnsRecord> pointers) {
            std::erase_if(pointers, [](const DnsRecord& r) { return r.service != "SIP+D2U"; });
            std::ranges::stable_sort(pointers, [](const DnsRecord& a, const DnsRecord& b) {
                return std::pair{a.priority, a.weight} < std::pair{b.priority, b.weight};
            });
            services_of(pointers.empty() ? plain : pointers.front().target, host, done);
        });
}

}  // namespace models::sip
