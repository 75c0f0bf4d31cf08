// SPDX-License-Identifier: GPL-2.0-or-later
// The SIP cluster: phones, a provider, DNS, and Asterisk on a server. Messages are real text over
// simulated UDP. Behaviour and marks: docs/models-sip.md.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent.hpp"
#include "lan.hpp"
#include "sip/dns.hpp"
#include "sip/phone_profile.hpp"
#include "sip/user_agent.hpp"
#include "telephony.hpp"

namespace models {

inline constexpr std::uint16_t sip_port = 5060;

/// Sound as frames (50 a second and direction) or as the knowledge that it would flow.
enum class RtpDetail : std::uint8_t { windows, packets };

struct SipPhonesOptions {
    int count = 1;
    std::string first_address;  ///< the others follow
    int prefix_length = 24;
    ns3::Mac48Address first_mac;  ///< the others follow in the last two octets
    int first_extension = 1001;
    const sip::PhoneProfile* profile = nullptr;
    std::string registrar;             ///< address or domain
    std::vector<std::string> servers;  ///< further servers by address, tried in this order
    std::optional<int> expires_s;      ///< instead of the profile's
    std::string dns;                   ///< address of the name server; empty: none
    std::string gateway;
    /// First registrations fall evenly into this time from start(); the second ones into the whole
    /// interval, as with phones that have been there for long.
    ns3::Time start = ns3::Seconds(20);
    ns3::Time start_spread = ns3::Seconds(10);
    RtpDetail rtp = RtpDetail::windows;
};

/// Some phones of one make on the switch in their cupboard: one port, one MAC and address each.
class SipPhones final : public LanPort {
  public:
    SipPhones(Context&, std::string name, SipPhonesOptions);
    ~SipPhones() override;
    void receive(const Frame&) override;
    void carrier_changed(bool up) override;
    void start();

    [[nodiscard]] const SipPhonesOptions& options() const noexcept;
    [[nodiscard]] int count() const noexcept;
    [[nodiscard]] std::string extension(int phone) const;
    [[nodiscard]] bool registered(int phone) const;     ///< as far as it knows
    [[nodiscard]] std::string server(int phone) const;  ///< where it is registered; empty: nowhere
    [[nodiscard]] std::uint64_t registrations_sent() const noexcept;

    struct Placed {
        std::function<void()> answered;
        /// Once, after the end. `by_peer`: it was answered, and the other side ended it.
        std::function<void(bool was_answered, bool by_peer, int status)> ended;
    };
    /// `retransmit` false: a probe.
    std::uint64_t
    place(int phone, const std::string& number, ns3::Time patience, bool retransmit, Placed);
    void hang_up(int phone, std::uint64_t call);
    /// What this side of an answered call hears from; nullopt: no such call.
    [[nodiscard]] std::optional<sip::Sdp> heard_from(int phone, std::uint64_t call) const;
    /// Ends every call that came in to that phone, as a user does who hears nothing.
    void hang_up_incoming(int phone);
    [[nodiscard]] std::uint64_t rtp_received() const noexcept;

  private:
    struct Impl;
    std::unique_ptr<Impl> m_impl;
};

enum class SipAuth : std::uint8_t { by_address, by_digest };

struct SipProviderOptions {
    SipAuth auth = SipAuth::by_address;
    std::vector<std::string> accepts;  ///< by_address: everybody else gets 403
    std::string trunk;                 ///< where inward calls go; empty: to the registered Contact
    std::string user = "trunk";        ///< by_digest
    std::string secret = "trunk-secret";
    ns3::Time options_interval = ns3::Seconds(30);  ///< [assumed 30-60 s]; 0: no OPTIONS
    int options_misses = 3;                         ///< [assumed]
    ns3::Time options_timeout = ns3::Seconds(4);    ///< [assumed]
    ns3::Time answer_time = ns3::MilliSeconds(20);  ///< [assumed, as the telco's]
    std::string gateway;
    RtpDetail rtp = RtpDetail::windows;
};

/// The provider's edge, and the people behind it. Records: "ms.trunk" (subject: the provider) when
/// it takes calls to the cluster again after it did not.
class SipProvider {
  public:
    SipProvider(Context&,
                std::string name,
                ns3::Mac48Address,
                std::string ipv4,
                int prefix_length,
                SipProviderOptions);
    ~SipProvider();
    [[nodiscard]] LanPort& port();
    [[nodiscard]] const std::string& address() const;
    void set_serving(bool);
    [[nodiscard]] bool serving() const noexcept;
    [[nodiscard]] bool trunk_up() const;                   ///< it would send a call to the cluster
    [[nodiscard]] std::uint64_t refused() const noexcept;  ///< requests answered 403

    using Placed = SipPhones::Placed;
    std::uint64_t place(const std::string& extension, ns3::Time patience, bool retransmit, Placed);
    void hang_up(std::uint64_t call);
    [[nodiscard]] std::optional<sip::Sdp> heard_from(std::uint64_t call) const;
    /// Calls that came from the cluster and are not over.
    [[nodiscard]] std::size_t legs() const;
    [[nodiscard]] std::uint64_t rtp_received() const noexcept;

  private:
    struct Impl;
    std::unique_ptr<Impl> m_impl;
};

/// An authoritative name server.
class DnsServer {
  public:
    DnsServer(Context&,
              std::string name,
              ns3::Mac48Address,
              std::string ipv4,
              int prefix_length,
              sip::Zone,
              std::string gateway);
    ~DnsServer();
    [[nodiscard]] LanPort& port();
    [[nodiscard]] std::uint64_t queries() const noexcept;

  private:
    struct Impl;
    std::unique_ptr<Impl> m_impl;
};

/// Who is registered, where (AstDB, or a database outside). What it holds survives its users.
class SipRegistrar {
  public:
    struct Binding {
        sip::Uri contact;
        sip::Target source;
        std::int64_t until_ns = 0;
    };
    void put(const std::string& user, Binding binding) { m_bindings[user] = std::move(binding); }
    void remove(const std::string& user) { m_bindings.erase(user); }
    [[nodiscard]] const Binding* find(const std::string& user, std::int64_t now_ns) const;
    [[nodiscard]] std::size_t valid(std::int64_t now_ns) const;

  private:
    std::map<std::string, Binding> m_bindings;
};

enum class Standby : std::uint8_t {
    cold,  ///< started by the resource script
    warm,  ///< runs since boot; the script reloads it
    hot,   ///< runs since boot; the script has nothing to do
};

struct SipTrunkOptions {
    std::string provider;    ///< address
    bool registers = false;  ///< outbound registration
    std::string user = "trunk";
    std::string secret = "trunk-secret";
    int expires_s = 3600;                   ///< [sourced: pjsip.conf]
    ns3::Time retry = ns3::Seconds(60);     ///< [sourced]
    int max_retries = 10;                   ///< [sourced]: then it stops for good
    ns3::Time forbidden_retry{};            ///< [sourced]: 0 = one 403 ends it for good
    ns3::Time first_min = ns3::Seconds(1);  ///< first REGISTER: start-up + 1..10 s [measured]
    ns3::Time first_max = ns3::Seconds(10);
    ns3::Time qualify{};  ///< OPTIONS to the provider; 0: off
};

struct SipPbxOptions {
    ScriptAgent::Profile profile;
    Standby standby = Standby::cold;
    std::map<std::string, std::string> phones;  ///< user -> secret
    SipTrunkOptions trunk;
    ns3::Time qualify{};                                  ///< of phones; 0: off [sourced default]
    ns3::Time qualify_timeout = ns3::MilliSeconds(3000);  ///< [sourced: pjsip.conf]
    int min_expires_s = 60;                               ///< [sourced]
    int max_expires_s = 3600;                             ///< [sourced: chan_sip]
    ns3::Time call_setup_time = ns3::MilliSeconds(5);     ///< dialplan work per call [assumed]
    int registrations_per_s = 100;                        ///< [assumed]
    std::vector<std::string> service_addresses;           ///< those that move with the service
    RtpDetail rtp = RtpDetail::windows;
};

/// Asterisk with PJSIP on one server. Addresses in Via, Contact and SDP are what the kernel's
/// routing says, message by message [measured].
class SipPbx final : public PbxService {
  public:
    SipPbx(Host&, SipPbxOptions, SipRegistrar&);
    ~SipPbx() override;
    void run(cluster::AgentOp, const std::vector<std::string>&, Done) override;
    void cancel() override;
    void host_lost() override;
    void crash() override;
    void start_again(ns3::Time after) override;
    void hang(bool) override;
    [[nodiscard]] bool hangs() const override;
    [[nodiscard]] bool answers_local_probe() const override;
    [[nodiscard]] bool trunk_up() const override;
    [[nodiscard]] AgentFaults& faults() noexcept override;
    /// A service manager starts it at boot (warm and hot only; does nothing when cold).
    void boot();
    /// Registrations are copied there 50 ms later [assumed], while it is powered.
    void replicate_to(SipRegistrar& store, Host& at);

    [[nodiscard]] Host& host() noexcept;
    [[nodiscard]] double registered_share() const;
    /// Calls for the cluster come to this server: it has one of the addresses that move.
    [[nodiscard]] bool holds_service_address() const;
    /// Sound of an established call leaves from here: the process runs and has that leg.
    [[nodiscard]] bool sends_media(const std::string& address, std::uint16_t port) const;
    struct Counters {
        std::uint64_t registrations = 0, registrations_peak = 0, challenged = 0,
                      refused_by_provider = 0, calls = 0, calls_failed = 0, trunk_registrations = 0;
        bool trunk_gave_up = false;  ///< outbound registration ended for good
    };
    [[nodiscard]] const Counters& counters() const noexcept;

  private:
    struct Impl;
    std::unique_ptr<Impl> m_impl;
};

struct SipPeople {
    ns3::Time patience = ns3::Seconds(10);         ///< [assumed, range 5-20]
    ns3::Time silence_patience = ns3::Seconds(8);  ///< [assumed]
    int redials = 2;                               ///< [assumed]
    ns3::Time redial_gap = ns3::Seconds(5);        ///< [assumed]
};

/// The users of phones and provider: probe calls and workload, metrics of who could call when.
class SipTelephones final : public Telephones {
  public:
    SipTelephones(Context&, std::vector<SipPhones*>, SipProvider*, SipPeople);
    ~SipTelephones() override;
    void add_server(SipPbx&);
    void probe(CallDirection, ns3::Time patience, Finished) override;
    void call(CallDirection, ns3::Time hold, Finished) override;
    [[nodiscard]] int calls_in_progress() const override;
    [[nodiscard]] double stations_reachable() const override;
    [[nodiscard]] ns3::Time settled_after() const override;
    void outage_begins() override;
    void add_metrics(std::vector<std::pair<std::string, std::int64_t>>&) const override;

  private:
    struct Impl;
    std::unique_ptr<Impl> m_impl;
};

}  // namespace models
