// SPDX-License-Identifier: GPL-2.0-or-later
// One exchange with a foneBRIDGE: from "which bridge are you" to "voice flows to this server". A
// pure state machine: it is given replies and time, it gives back the next datagram. It has no
// socket and no timer of its own. Order and rules are those of one fonulator run (fonulator 2.0.1,
// configureFonebridge; facts/fonebridge.md §2.2).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "cluster/config.hpp"
#include "cluster/report.hpp"
#include "cluster/settings.hpp"
#include "cluster/time.hpp"

namespace cluster {

/// How the exchange deals with trouble.
struct BridgePolicy {
    Duration reply_timeout = std::chrono::milliseconds{500};
    int attempts = 3;  ///< sends of one step, at least 1
    /// True: fonulator. The next datagram is the reply, whatever it belongs to; a failed step ends
    /// the run where it stands (possibly mute), except the three kinds of step that only draw a
    /// message. False: ours. Datagrams that cannot be the reply are ignored, the line is drained
    /// after a repeat, and a failed exchange still tries to switch transmission on again.
    bool as_fonulator = false;

    /// 10 s, one send per step [sourced: libfb poll.c].
    [[nodiscard]] static BridgePolicy fonulator() { return {std::chrono::seconds{10}, 1, true}; }
    [[nodiscard]] static BridgePolicy ours(const BridgeSettings& settings) {
        return {settings.reply_timeout, settings.attempts, false};
    }
};

/// The steps in their order; each is one round trip, except check_priorities, which is none.
enum class BridgeStage : std::uint8_t {
    static_info,
    dsp_transmit_off,  ///< only when the bridge has a DSP
    read_spans,
    transmit_off,
    check_priorities,
    clock_select,
    read_priorities,   ///< only when the spans are as configured
    destination,       ///< the fail-over itself
    write_spans,       ///< only when they differ
    write_priorities,  ///< only when spans or priorities differ
    write_register,    ///< two per configured span
    transmit_on,
};

[[nodiscard]] std::string_view to_string(BridgeStage) noexcept;

enum class BridgeTrouble : std::uint8_t {
    none,
    no_reply,
    refused,    ///< the status byte of a reply was not 0
    bad_reply,  ///< fonulator only: a reply of the wrong length
    invalid_priorities,
    no_server,  ///< server= is missing and the bridge is not an echo canceller
};

[[nodiscard]] std::string_view to_string(BridgeTrouble) noexcept;

/// What we know of the stream when the exchange is over.
enum class BridgeStream : std::uint8_t {
    untouched,  ///< nothing that stops it was sent: still flows to whom it flowed before
    off,        ///< confirmed off, never confirmed on: mute until the next run
    unknown,    ///< a command that switches it was sent and not answered
    on,         ///< confirmed on
};

[[nodiscard]] std::string_view to_string(BridgeStream) noexcept;

struct BridgeResult {
    bool ok = false;                               ///< fonulator would exit with 0
    BridgeStage stage = BridgeStage::static_info;  ///< of the failure, or (ok) of the first step
                                                   ///< that only drew a message
    BridgeTrouble why = BridgeTrouble::none;       ///< none: everything went well
    int status = 0;                                ///< refused: the status byte
    int ignored_failures = 0;      ///< steps that failed and did not end the exchange
    bool destination_set = false;  ///< the bridge confirmed the new destination
    BridgeStream stream = BridgeStream::untouched;
    int round_trips = 0;  ///< requests sent, repeats and drains included
    bool operator==(const BridgeResult&) const = default;
};

/// What one call brought about. The view lives until the next non-const call.
struct BridgeAdvance {
    std::span<const std::byte> request;  ///< empty: nothing to send
    std::vector<BridgeStep> reports;
};

class BridgeSwitch final {
  public:
    BridgeSwitch(const RedfoneConfig& config, BridgePolicy policy);
    ~BridgeSwitch();
    BridgeSwitch(BridgeSwitch&&) noexcept;
    BridgeSwitch& operator=(BridgeSwitch&&) noexcept;

    /// Starts, or starts anew. Send the request at once.
    [[nodiscard]] BridgeAdvance begin(Instant now);
    /// Only asks for the static information: is the bridge there? Changes nothing in it and reports
    /// nothing; the result is ok or no_reply.
    [[nodiscard]] BridgeAdvance look(Instant now);
    /// Any datagram from the bridge's control port. Without effect when no exchange is under way.
    [[nodiscard]] BridgeAdvance on_reply(Instant now, std::span<const std::byte> bytes);
    /// Without effect before next_deadline().
    [[nodiscard]] BridgeAdvance on_deadline(Instant now);
    /// Nullopt: not begun, or over.
    [[nodiscard]] std::optional<Instant> next_deadline() const;

    /// Set when the exchange is over.
    [[nodiscard]] const std::optional<BridgeResult>& result() const noexcept;

    /// True: commands that switch the stream have been sent since the exchange began.
    [[nodiscard]] bool touched_stream() const noexcept;

    /// State of a running exchange as bytes; load() needs the same configuration and policy.
    void save(std::vector<std::byte>& out) const;
    [[nodiscard]] bool load(std::span<const std::byte>& in);

  private:
    void forget();
    struct Impl;
    std::unique_ptr<Impl> m_impl;
};

}  // namespace cluster
