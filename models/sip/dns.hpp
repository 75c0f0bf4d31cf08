// SPDX-License-Identifier: GPL-2.0-or-later
// DNS as SIP clients use it: messages (RFC 1035) with A, SRV (RFC 2782) and NAPTR (RFC 3403)
// records, a zone that answers, and the look-up of servers (RFC 3263). No I/O.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stack.hpp"

namespace models::sip {

inline constexpr std::uint16_t dns_port = 53;

enum class RecordType : std::uint16_t { a = 1, srv = 33, naptr = 35 };

struct DnsRecord {
    std::string name;  ///< without the final dot, lower case
    RecordType type = RecordType::a;
    std::uint32_t ttl_s = 300;   ///< [assumed default, facts: 300 s]
    std::string target;          ///< A: the address; SRV: a host; NAPTR: the replacement
    std::uint16_t priority = 0;  ///< SRV; NAPTR: order
    std::uint16_t weight = 0;    ///< SRV; NAPTR: preference
    std::uint16_t port = 0;      ///< SRV
    std::string service;         ///< NAPTR: "SIP+D2U"
    bool operator==(const DnsRecord&) const = default;
};

struct DnsMessage {
    std::uint16_t id = 0;
    bool response = false;
    bool name_error = false;
    std::string question;
    RecordType type = RecordType::a;
    std::vector<DnsRecord> answers;
    bool operator==(const DnsMessage&) const = default;
};

/// Names are bounded as RFC 1035 says (63 octets a label, 253 in all); longer ones are cut off.
[[nodiscard]] std::string encode(const DnsMessage&);
/// Nullopt: not a query or response with one question of a type we know. Records of other types
/// are left out. At most 64 answers.
[[nodiscard]] std::optional<DnsMessage> decode_dns(std::string_view datagram);

/// What an authoritative server knows.
struct Zone {
    std::vector<DnsRecord> records;
    [[nodiscard]] DnsMessage answer(const DnsMessage& query) const;
};

/// How much of RFC 3263 a client does.
enum class Lookup : std::uint8_t {
    a_only,     ///< the host name's addresses, the first one only
    srv,        ///< SRV, then A
    naptr_srv,  ///< NAPTR, then SRV, then A
};

/// Resolves with a server, caches by TTL. One per client.
class Resolver {
  public:
    struct Hooks {
        std::function<void(const std::string& datagram)> send;  ///< to the server, UDP/53
        std::function<void(Duration, std::function<void()>)> later;
        std::function<std::int64_t()> now_ns;
        std::function<std::uint64_t(std::uint64_t bound)> below;  ///< for weights and ids
    };
    Resolver(Hooks);
    ~Resolver();
    Resolver(const Resolver&) = delete;
    Resolver& operator=(const Resolver&) = delete;

    using Done = std::function<void(std::vector<Target>)>;  ///< best first; empty: none found
    /// Servers of `host`: an address as it is, a name by look-up. With a port no SRV is asked for
    /// (RFC 3263 4.2). `done` is called once, now or later.
    void resolve(const std::string& host, std::uint16_t port, Lookup, Done);
    void receive(std::string_view datagram);
    void forget_all() { m_cache.clear(); }

  private:
    struct Query;
    struct Cached {
        std::vector<DnsRecord> records;
        std::int64_t until_ns = 0;
    };
    using Answer = std::function<void(std::vector<DnsRecord>)>;
    void ask(const std::string& name, RecordType, Answer);
    void transmit(std::uint16_t id);
    void addresses_of(std::vector<DnsRecord> services, std::vector<Target> found, Done);
    /// RFC 2782: by priority, then drawn by weight.
    [[nodiscard]] std::vector<DnsRecord> ordered(std::vector<DnsRecord>);
    void services_of(const std::string& name, const std::string& host, Done);

    Hooks m_hooks;
    std::map<std::uint16_t, Query> m_open;
    std::map<std::pair<std::string, RecordType>, Cached> m_cache;
    std::shared_ptr<Resolver*> m_self;
};

}  // namespace models::sip
