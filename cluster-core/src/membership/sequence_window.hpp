// SPDX-License-Identifier: GPL-2.0-or-later
// What we know of one sender's sequence numbers: the last one, which older ones are missing, and
// when to ask for them. There is no order on the medium: late messages are accepted when they come
// (facts/heartbeat.md §2.2).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "../node/prng.hpp"
#include "cluster/time.hpp"

namespace cluster {

class SequenceWindow {
  public:
    enum class Verdict : std::uint8_t { accepted, filled_gap, duplicate };

    static constexpr std::size_t max_missing = 500;                           // heartbeat 3.0.6
    static constexpr std::uint64_t max_gap = 250;                             // heartbeat 3.0.6
    static constexpr Duration first_request = std::chrono::milliseconds{50};  // heartbeat 3.0.6
    static constexpr Duration request_interval = std::chrono::milliseconds{250};
    static constexpr Duration over_limit_delay =
        std::chrono::milliseconds{10};  // assumed: no burst after a long gap

    /// Precondition: seq > 0. The first number ever taken is the base, whatever it is.
    Verdict take(std::uint64_t seq, Instant now, Duration max_rexmit_delay, Prng& prng);

    /// The sender cannot repeat it.
    void give_up(std::uint64_t seq);
    void forget();          ///< the sender started anew
    void forget_missing();  ///< the sender is dead: nobody to ask

    /// Calls request(seq) for each number that is to be asked for now, at most `limit`; the rest
    /// comes a little later.
    template <class Request>
    void ask(Instant now, std::size_t limit, Request&& request) {
        for (Missing& missing : m_missing) {
            if (missing.next_request <= now && limit == 0) {
                missing.next_request = now + over_limit_delay;
            } else if (missing.next_request <= now) {
                --limit;
                missing.next_request = now + request_interval;
                missing.asked = true;
                request(missing.seq);
            }
        }
    }

    [[nodiscard]] std::optional<Instant> next_request() const;
    [[nodiscard]] bool started() const noexcept { return m_last > 0; }
    [[nodiscard]] std::uint64_t last() const noexcept { return m_last; }
    [[nodiscard]] std::size_t missing() const noexcept { return m_missing.size(); }
    [[nodiscard]] bool older_missing(std::uint64_t seq) const;
    /// Numbers given up since the last call.
    [[nodiscard]] std::uint64_t take_lost();

    struct Missing {
        std::uint64_t seq = 0;
        Instant next_request{};
        bool asked = false;

        template <class Archive, class Self>
        static void archive(Archive& ar, Self& self) {
            ar(self.seq, self.next_request, self.asked);
        }
    };

    template <class Archive, class Self>
    static void archive(Archive& ar, Self& self) {
        ar(self.m_last, self.m_lost, self.m_missing);
    }

  private:
    std::uint64_t m_last = 0;
    std::uint64_t m_lost = 0;
    std::vector<Missing> m_missing;  // ascending by seq
};

}  // namespace cluster
