// SPDX-License-Identifier: GPL-2.0-or-later
// The transaction layer of one SIP element over UDP (RFC 3261 17, with the accepted states of
// RFC 6026): retransmissions, time-outs, matching. Sans I/O: whoever owns it gives it datagrams,
// carries away what it sends and runs its timers.
//
//   client INVITE   calling -> proceeding -> completed (failure) | accepted (2xx)   timers A B D M
//   client other    trying -> proceeding -> completed                               timers E F K
//   server INVITE   proceeding -> completed -> confirmed | accepted (2xx)           timers G H I L
//   server other    trying -> proceeding -> completed                               timer J
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "message.hpp"

namespace models::sip {

using Duration = std::chrono::nanoseconds;

inline constexpr std::uint16_t default_port = 5060;

/// Where a datagram goes to, or came from.
struct Target {
    std::string address;
    std::uint16_t port = default_port;
    bool operator==(const Target&) const = default;
    auto operator<=>(const Target&) const = default;
};

/// RFC 3261 table 4.
struct Timers {
    Duration t1 = std::chrono::milliseconds{500};
    Duration t2 = std::chrono::seconds{4};
    Duration t4 = std::chrono::seconds{5};
};

enum class ClientId : std::uint64_t { none = 0 };
enum class ServerId : std::uint64_t { none = 0 };

class Stack {
  public:
    struct Hooks {
        std::function<void(const Target&, const std::string&)> send;
        /// The address that a datagram to that target would leave from; empty: unreachable.
        std::function<std::string(const Target&)> local_address;
        std::function<void(Duration, std::function<void()>)> later;
        /// A random token for branches; need not be secret.
        std::function<std::string()> token;
        /// A new request; ACK to a failure never comes here. CANCEL comes with the server
        /// transaction of the INVITE it means as `cancelled` (none: there is no such).
        std::function<void(ServerId, const Message&, const Target& from, ServerId cancelled)>
            request;
        std::function<void(const Message&, const Target&)> ack;  ///< for a 2xx; may be null
    };
    enum class Failure : std::uint8_t {
        timeout,    ///< timer B or F
        transport,  ///< ICMP said that nobody listens there, or no way leads there
    };
    struct Handler {
        std::function<void(const Message&)> response;  ///< provisional ones, too
        std::function<void(Failure)> failed;
    };
    struct Options {
        Duration timeout{};      ///< of timers B and F; 0: 64 T1
        bool retransmit = true;  ///< false: sent once, as probe calls are
    };

    Stack(Hooks, Timers = {});
    ~Stack();
    Stack(const Stack&) = delete;
    Stack& operator=(const Stack&) = delete;

    /// Adds a Via and sends. The message needs all else. Not for ACK.
    ClientId request(Message, const Target&, Handler, Options);
    ClientId request(Message message, const Target& to, Handler handler) {
        return request(std::move(message), to, std::move(handler), Options{});
    }
    /// CANCEL for an INVITE that has no final response; nothing when it has one or is gone.
    void cancel(ClientId);
    /// No more is heard of it; it goes on as a transaction.
    void forget(ClientId);
    /// ACK for a 2xx to that INVITE (its own transaction, RFC 3261 13.2.2.4); sent again when the
    /// 2xx comes again.
    void acknowledge(ClientId invite, Message ack, const Target&);
    void respond(ServerId, const Message&);
    /// A final response was sent, or there is no such transaction.
    [[nodiscard]] bool answered(ServerId) const;

    void receive(std::string_view datagram, const Target& from);
    /// ICMP port unreachable came back from there.
    void unreachable(const Target&);

    struct Counters {
        std::uint64_t sent = 0, received = 0, malformed = 0, retransmitted = 0, timed_out = 0;
    };
    [[nodiscard]] const Counters& counters() const noexcept { return m_counters; }
    [[nodiscard]] std::size_t open_transactions() const noexcept {
        return m_clients.size() + m_servers.size();
    }
    [[nodiscard]] const Timers& timers() const noexcept { return m_timers; }

  private:
    struct Client;
    struct Server;
    void later(Duration, std::function<void(Stack&)>);
    void transmit(const Target&, const std::string&);
    void retransmit_client(ClientId, Duration interval);
    void retransmit_server(ServerId, Duration interval);
    void fail(ClientId, Failure);
    void end_client(ClientId);
    void end_server(ServerId);
    void on_response(Message, const Target&);
    void on_request(Message, const Target&);
    void acknowledge_failure(Client&, const Message& response);
    Client* client(ClientId);
    Server* server(ServerId);

    Hooks m_hooks;
    Timers m_timers;
    std::map<std::uint64_t, std::unique_ptr<Client>> m_clients;
    std::map<std::uint64_t, std::unique_ptr<Server>> m_servers;
    std::map<std::string, std::uint64_t, std::less<>> m_client_keys;  // branch + method
    std::map<std::string, std::uint64_t, std::less<>> m_server_keys;  // branch + sent-by + method
    std::map<std::string, std::uint64_t, std::less<>> m_accepted;     // 2xx that wait for their ACK
    std::uint64_t m_last = 0;
    Counters m_counters;
    std::shared_ptr<Stack*> m_self;  // timers outlive the stack
};

}  // namespace models::sip
