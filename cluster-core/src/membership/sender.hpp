// SPDX-License-Identifier: GPL-2.0-or-later
// Puts own messages on the wire: standard fields, numbering, one signature per encoding, all links;
// keeps the last 500 for byte-identical retransmission. Does not decide what to say or when.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <vector>

#include "../node/context.hpp"
#include "cluster/wire/heartbeat.hpp"

namespace cluster {

class Sender {
  public:
    static constexpr std::size_t history = 500;       // heartbeat 3.0.6
    static constexpr std::uint64_t max_repeats = 50;  // per request, heartbeat 3.0.6
    static constexpr Duration repeat_guard = std::chrono::milliseconds{240};  // heartbeat 3.0.6

    Sender(Context& context, const wire::Authenticator& keys);

    /// A fresh message of that type; the reference is valid until the next begin().
    wire::OutgoingMessage& begin(std::string_view type);
    wire::OutgoingMessage& begin_empty();

    /// Completes and sends the begun message. `destination`: uuid of the addressee, if it has one.
    void send(const Uuid* destination = nullptr);             ///< numbered, kept for retransmission
    void send_unnumbered(const Uuid* destination = nullptr);  ///< NS_ messages
    void send_beat();  ///< numbered, never repeated: the next one says it all again
    /// Another node's message, signed anew.
    void forward(const wire::OutgoingMessage& message);

    /// Answers a request for [first, last]; calls nak(seq) for what is no longer held.
    template <class Nak>
    void repeat(std::uint64_t first, std::uint64_t last, Nak&& nak) {
        first = std::max<std::uint64_t>(first, 1);
        last = std::min(last, m_seq);
        for (std::uint64_t n = 0; n < max_repeats && first <= last; ++n, ++first) {
            if (!repeat_one(first)) {
                nak(first);
            }
        }
    }

    /// A new generation: numbering starts again and nothing of the old life can be repeated.
    void start_generation(std::uint64_t generation);

    [[nodiscard]] std::uint64_t generation() const noexcept { return m_generation; }
    [[nodiscard]] std::uint64_t last_seq() const noexcept { return m_seq; }
    [[nodiscard]] std::uint64_t sent() const noexcept { return m_sent; }
    [[nodiscard]] std::uint64_t retransmitted() const noexcept { return m_retransmitted; }

    struct Kept {
        std::uint64_t seq = 0;
        Instant repeated{Duration::min()};
        std::vector<std::byte> netstring;
        std::vector<std::byte> classic;

        template <class Archive, class Self>
        static void archive(Archive& ar, Self& self) {
            ar(self.seq, self.repeated, self.netstring, self.classic);
        }
    };

    template <class Archive, class Self>
    static void archive(Archive& ar, Self& self) {
        ar(self.m_generation, self.m_seq, self.m_sent, self.m_retransmitted, self.m_history);
    }

  private:
    void complete(const Uuid* destination, bool numbered);
    void encode(const wire::OutgoingMessage& message, Kept& into) const;
    void transmit(const Kept& message);
    bool repeat_one(std::uint64_t seq);

    Context& m_context;
    const wire::Authenticator& m_keys;
    bool m_has_udp = false;
    bool m_has_serial = false;
    std::size_t m_ttl = 0;
    wire::OutgoingMessage m_message;
    Kept m_unnumbered;
    std::uint64_t m_generation = 0;
    std::uint64_t m_seq = 0;
    std::uint64_t m_sent = 0;
    std::uint64_t m_retransmitted = 0;
    std::vector<Kept>
        m_history;  // ring by seq % history; grows to its full size, then buffers are reused
};

}  // namespace cluster
