// SPDX-License-Identifier: GPL-2.0-or-later
// The exchange behind bridge_switch.hpp: one stage after the other, repeats, drains, and what a
// failure leads to.
//
// Telling replies apart. The protocol has no sequence number; a reply shows its status and its
// length, nothing else. After a step that was sent more than once, replies may still be under way
// that would fit the next step. Our policy then asks for the static information once more before it
// goes on: its reply (352 bytes) is like no other, and since the bridge answers one port in order,
// whatever was owed has arrived or is lost when it comes ("drain"). What cannot be told apart: a
// reply that the network itself doubles or reorders, a forged one (no authentication).
#include "cluster/bridge_switch.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "../resources/state_bytes.hpp"
#include "cluster/wire/fonebridge.hpp"

namespace cluster {

namespace {

using wire::BridgeCommandCode;

constexpr std::size_t spans_of_block = 4;
constexpr std::size_t span_bytes = wire::span_block_bytes / spans_of_block;
/// E1, J1, framing, encoding, rbs, crc-mf, loopback, equalizer, LBO; the other seven bytes are
/// reserved.
constexpr std::size_t meaningful_span_bytes = 9;
constexpr int registers_per_span = 2;

/// As fonulator: each 0..3 without duplicates, or all zero (internal clock).
bool valid_priorities(const std::array<int, 4>& priorities) {
    if (std::all_of(priorities.begin(), priorities.end(), [](int p) { return p == 0; })) {
        return true;
    }
    std::array<int, 4> sorted = priorities;
    std::sort(sorted.begin(), sorted.end());
    return sorted == std::array<int, 4>{0, 1, 2, 3};
}

std::vector<std::byte> priority_bytes(const std::array<int, 4>& priorities) {
    std::vector<std::byte> bytes(priorities.size());
    std::transform(priorities.begin(), priorities.end(), bytes.begin(), [](int p) {
        return static_cast<std::byte>(p);
    });
    return bytes;
}

wire::BridgeRequest make_request(BridgeCommandCode command,
                                 std::uint8_t parameter,
                                 std::vector<std::byte> payload = {}) {
    return {.parameter = parameter,
            .command = static_cast<std::uint8_t>(command),
            .payload = std::move(payload)};
}

BridgeStage successor(BridgeStage stage) {
    return static_cast<BridgeStage>(static_cast<int>(stage) + 1);
}

bool switches_stream(BridgeStage stage) {
    return stage == BridgeStage::dsp_transmit_off || stage == BridgeStage::transmit_off ||
           stage == BridgeStage::transmit_on;
}

/// fonulator prints a message and goes on when one of these fails.
bool only_message(BridgeStage stage) {
    return stage == BridgeStage::clock_select || stage == BridgeStage::write_priorities ||
           stage == BridgeStage::write_register;
}

/// fonulator writes both jitter-attenuator registers of each configured span, on or off [sourced:
/// fonulator, libfb].
wire::RegisterWrite framer_register(std::size_t index, const SpanConfig& span) {
    return {.address = wire::jitter_registers[index % registers_per_span],
            .value = span.dejitter ? wire::jitter_attenuator_on : std::uint8_t{0}};
}

}  // namespace

std::string_view to_string(BridgeStage stage) noexcept {
    switch (stage) {
    case BridgeStage::static_info:
        return "static information";
    case BridgeStage::dsp_transmit_off:
        return "transmission off (DSP check)";
    case BridgeStage::read_spans:
        return "read spans";
    case BridgeStage::transmit_off:
        return "transmission off";
    case BridgeStage::check_priorities:
        return "check priorities";
    case BridgeStage::clock_select:
        return "clock select";
    case BridgeStage::read_priorities:
        return "read priorities";
    case BridgeStage::destination:
        return "TDMoE destination";
    case BridgeStage::write_spans:
        return "write spans";
    case BridgeStage::write_priorities:
        return "write priorities";
    case BridgeStage::write_register:
        return "write framer register";
    case BridgeStage::transmit_on:
        return "transmission on";
    }
    return "?";
}

std::string_view to_string(BridgeTrouble trouble) noexcept {
    switch (trouble) {
    case BridgeTrouble::none:
        return "none";
    case BridgeTrouble::no_reply:
        return "no reply";
    case BridgeTrouble::refused:
        return "refused";
    case BridgeTrouble::bad_reply:
        return "bad reply";
    case BridgeTrouble::invalid_priorities:
        return "invalid priorities";
    case BridgeTrouble::no_server:
        return "no server address";
    }
    return "?";
}

std::string_view to_string(BridgeStream stream) noexcept {
    switch (stream) {
    case BridgeStream::untouched:
        return "untouched";
    case BridgeStream::off:
        return "off";
    case BridgeStream::unknown:
        return "unknown";
    case BridgeStream::on:
        return "on";
    }
    return "?";
}

struct BridgeSwitch::Impl {
    RedfoneConfig config;
    BridgePolicy policy;

    // Of the exchange under way.
    bool running = false;
    bool looking = false;  // ends after static_info
    BridgeStage stage = BridgeStage::static_info;
    std::size_t register_index = 0;
    bool draining = false;
    bool aborting = false;  // after the drain only transmit_on is left
    int sends = 0;          // of this step (or drain)
    int answers = 0;        // of this step
    int step = 0;           // counts stages that need a round trip, from 1
    Instant deadline{};
    std::size_t hardware_spans = spans_of_block;
    bool echo_canceller = false;
    bool has_dsp = false;
    bool spans_differ = false;
    bool spans_written = false;
    bool priorities_differ = false;
    std::array<std::byte, wire::span_block_bytes> wanted_spans{};
    BridgeStream stream_before = BridgeStream::untouched;
    wire::BridgeRequest request;
    std::vector<std::byte> bytes;
    BridgeResult progress;
    std::optional<BridgeResult> result;

    [[nodiscard]] std::size_t configured_spans() const {
        return std::min(config.spans.size(), hardware_spans);
    }
    [[nodiscard]] std::size_t register_writes() const {
        return configured_spans() * registers_per_span;
    }

    /// Is this stage part of the run, as far as known now?
    [[nodiscard]] bool wanted(BridgeStage which) const {
        switch (which) {
        case BridgeStage::dsp_transmit_off:
            return has_dsp;
        case BridgeStage::read_priorities:
            return !spans_differ;
        case BridgeStage::destination:
            return config.server.has_value();
        case BridgeStage::write_spans:
            return spans_differ;
        case BridgeStage::write_priorities:
            return spans_differ || priorities_differ;
        case BridgeStage::write_register:
            return register_index < register_writes();
        case BridgeStage::static_info:
        case BridgeStage::read_spans:
        case BridgeStage::transmit_off:
        case BridgeStage::check_priorities:
        case BridgeStage::clock_select:
        case BridgeStage::transmit_on:
            return true;
        }
        return true;
    }

    /// Round trips of the whole run, as far as known now.
    [[nodiscard]] int steps() const {
        int count = 0;
        for (int s = 0; s <= static_cast<int>(BridgeStage::transmit_on); ++s) {
            const auto which = static_cast<BridgeStage>(s);
            if (which == BridgeStage::write_register) {
                count += static_cast<int>(register_writes());
            } else if (which != BridgeStage::check_priorities && wanted(which)) {
                ++count;
            }
        }
        return count;
    }

    void report(BridgeAdvance& out, BridgeStep::What what, int status = 0) const {
        if (looking) {
            return;
        }
        out.reports.push_back({.step = step,
                               .steps = steps(),
                               .attempt = std::max(sends, 1),
                               .what = what,
                               .status = status});
    }

    [[nodiscard]] wire::BridgeRequest request_of(BridgeStage which) const {
        switch (which) {
        case BridgeStage::dsp_transmit_off:
        case BridgeStage::transmit_off:
            return make_request(BridgeCommandCode::tdmoe_transmit, 0);
        case BridgeStage::transmit_on:
            return make_request(BridgeCommandCode::tdmoe_transmit, 1);
        case BridgeStage::read_spans:
            return make_request(BridgeCommandCode::configure_spans, wire::bridge_read);
        case BridgeStage::write_spans:
            return make_request(BridgeCommandCode::configure_spans,
                                wire::bridge_write_all,
                                {wanted_spans.begin(), wanted_spans.end()});
        case BridgeStage::clock_select:
            return make_request(BridgeCommandCode::clock_select,
                                config.pll ? std::uint8_t{2} : std::uint8_t{1},
                                priority_bytes(config.priorities));
        case BridgeStage::read_priorities:
            return make_request(BridgeCommandCode::priorities, wire::bridge_read);
        case BridgeStage::write_priorities:
            return make_request(BridgeCommandCode::priorities,
                                wire::bridge_write_all,
                                priority_bytes(config.priorities));
        case BridgeStage::destination: {
            std::vector<std::byte> mac;
            for (const std::uint8_t octet : config.server.value_or(MacAddress{})) {
                mac.push_back(static_cast<std::byte>(octet));
            }
            return make_request(BridgeCommandCode::tdmoe_destination,
                                static_cast<std::uint8_t>(config.port - 1),
                                std::move(mac));
        }
        case BridgeStage::write_register:
            return make_request(
                BridgeCommandCode::write_register,
                static_cast<std::uint8_t>(register_index / registers_per_span),
                encode(framer_register(register_index,
                                       config.spans[register_index / registers_per_span])));
        case BridgeStage::static_info:
        case BridgeStage::check_priorities:
            break;  // the latter sends nothing
        }
        return make_request(BridgeCommandCode::static_info, 0);
    }

    void send(Instant now, BridgeAdvance& out) {
        ++sends;
        ++progress.round_trips;
        deadline = now + policy.reply_timeout;
        out.request = bytes;
        if (!draining) {
            report(out, BridgeStep::What::sent);
        }
    }

    void finish(BridgeAdvance& out) {
        running = false;
        const bool pointed = progress.destination_set || !config.server.has_value();
        const bool shaped = !spans_differ || spans_written;
        if (!policy.as_fonulator && !looking) {
            progress.ok = pointed && shaped && progress.stream == BridgeStream::on;
        }
        result = progress;
        report(out,
               progress.ok ? BridgeStep::What::finished : BridgeStep::What::given_up,
               progress.status);
    }

    void enter(BridgeStage which, Instant now, BridgeAdvance& out) {
        stage = which;
        draining = false;
        sends = 0;
        answers = 0;
        ++step;
        request = request_of(stage);
        bytes = encode(request);
        if (switches_stream(stage)) {
            stream_before = progress.stream;
            progress.stream = BridgeStream::unknown;
        }
        send(now, out);
    }

    /// Asks for the static information so that nothing of the past is taken for the next reply.
    void drain(Instant now, BridgeAdvance& out) {
        draining = true;
        sends = 0;
        answers = 0;
        bytes = encode(make_request(BridgeCommandCode::static_info, 0));
        send(now, out);
    }

    /// The stage is over (confirmed, or its failure does not matter): on to the next one that is
    /// wanted.
    void next(Instant now, BridgeAdvance& out) {
        if (stage == BridgeStage::transmit_on) {
            progress.ok = true;
            finish(out);
            return;
        }
        if (!policy.as_fonulator && !draining && stage != BridgeStage::static_info &&
            sends > answers) {
            drain(now, out);
            return;
        }
        if (stage == BridgeStage::write_register) {
            ++register_index;
        }
        auto following = stage == BridgeStage::write_register ? stage : successor(stage);
        while (!wanted(following)) {
            following = successor(following);
        }
        if (following == BridgeStage::check_priorities) {
            if (!valid_priorities(config.priorities)) {
                stage = following;
                note_failure(BridgeTrouble::invalid_priorities, 0, true);
                finish(out);
                return;
            }
            following = successor(following);
        }
        enter(following, now, out);
    }

    /// The first failure is told, or the one that ended the exchange.
    void note_failure(BridgeTrouble why, int status, bool ends = false) {
        if (progress.why == BridgeTrouble::none || ends) {
            progress.stage = stage;
            progress.why = why;
            progress.status = status;
        }
    }

    /// Nothing more can be reached: end, but not mute if we can help it.
    void restore_stream(Instant now, BridgeAdvance& out) {
        if (progress.stream == BridgeStream::untouched || stage == BridgeStage::transmit_on) {
            finish(out);
        } else if (!draining && sends > answers) {
            aborting = true;
            drain(now, out);
        } else {
            enter(BridgeStage::transmit_on, now, out);
        }
    }

    void give_up(Instant now, BridgeTrouble why, int status, BridgeAdvance& out) {
        const bool goes_on =
            only_message(stage) || (!policy.as_fonulator && stage == BridgeStage::read_priorities);
        note_failure(why, status, !goes_on);
        if (why == BridgeTrouble::refused && answers == sends && switches_stream(stage)) {
            progress.stream =
                stream_before;  // every send was answered with "no": nothing has changed
        }
        if (stage == BridgeStage::read_priorities) {
            priorities_differ = true;  // unknown: write them
        }
        if (policy.as_fonulator) {
            if (goes_on) {
                ++progress.ignored_failures;
                next(now, out);
            } else {
                finish(out);
            }
            return;
        }
        if (goes_on) {
            ++progress.ignored_failures;
            if (stage == BridgeStage::write_register && why == BridgeTrouble::no_reply) {
                restore_stream(
                    now, out);  // it does not answer: spare the waiting for the other registers
            } else {
                next(now, out);
            }
            return;
        }
        restore_stream(now, out);
    }

    /// The reply to the stage's request: take in what it says. False: it cannot be that reply.
    bool take(std::span<const std::byte> payload) {
        switch (stage) {
        case BridgeStage::static_info: {
            const auto info = wire::decode_static_info(payload);
            if (!info.has_value()) {
                return false;
            }
            hardware_spans = std::min<std::size_t>(info->spans, spans_of_block);
            echo_canceller = (info->flags & 1U) != 0;
            has_dsp = info->dsp_max_channels != 0;
            break;
        }
        case BridgeStage::read_spans: {
            std::copy(payload.begin(), payload.end(), wanted_spans.begin());
            const auto configured = wire::encode_spans(config.spans);
            for (std::size_t s = 0; s < configured_spans(); ++s) {
                const auto begin = static_cast<std::ptrdiff_t>(s * span_bytes);
                const auto end = begin + static_cast<std::ptrdiff_t>(meaningful_span_bytes);
                spans_differ = spans_differ || !std::equal(configured.begin() + begin,
                                                           configured.begin() + end,
                                                           payload.begin() + begin);
                std::copy(configured.begin() + begin,
                          configured.begin() + end,
                          wanted_spans.begin() + begin);
            }
            break;
        }
        case BridgeStage::read_priorities: {
            const auto wanted_bytes = priority_bytes(config.priorities);
            priorities_differ = !std::equal(
                wanted_bytes.begin(), wanted_bytes.end(), payload.begin(), payload.end());
            break;
        }
        case BridgeStage::destination:
            progress.destination_set = true;
            break;
        case BridgeStage::write_spans:
            spans_written = true;
            break;
        case BridgeStage::dsp_transmit_off:
        case BridgeStage::transmit_off:
            progress.stream = BridgeStream::off;
            break;
        case BridgeStage::transmit_on:
            progress.stream = BridgeStream::on;
            break;
        case BridgeStage::check_priorities:
        case BridgeStage::clock_select:
        case BridgeStage::write_priorities:
        case BridgeStage::write_register:
            break;
        }
        return true;
    }

    void confirmed(Instant now, BridgeAdvance& out) {
        report(out, BridgeStep::What::confirmed);
        if (looking) {
            progress.ok = true;
            finish(out);
            return;
        }
        if (stage == BridgeStage::static_info && !config.server.has_value() && !echo_canceller) {
            note_failure(BridgeTrouble::no_server, 0, true);
            finish(out);
            return;
        }
        next(now, out);
    }

    void reply(Instant now, std::span<const std::byte> datagram, BridgeAdvance& out) {
        const auto decoded = wire::decode_bridge_reply(datagram);
        if (!decoded.has_value()) {
            if (policy.as_fonulator) {
                give_up(now, BridgeTrouble::bad_reply, 0, out);
            }
            return;
        }
        const bool fits = decoded->payload.size() == wire::expected_reply_payload(request);
        if (draining) {
            if (decoded->status == 0 && decoded->payload.size() == wire::static_info_bytes) {
                if (aborting) {
                    enter(BridgeStage::transmit_on, now, out);
                } else {
                    next(now, out);
                }
            }
            return;
        }
        if (decoded->status != 0) {
            ++answers;
            report(out, BridgeStep::What::refused, decoded->status);
            if (sends < policy.attempts) {
                send(now, out);
            } else {
                give_up(now, BridgeTrouble::refused, decoded->status, out);
            }
            return;
        }
        if (!fits || !take(decoded->payload)) {
            if (policy.as_fonulator) {
                give_up(now, BridgeTrouble::bad_reply, 0, out);
            }
            return;
        }
        ++answers;
        confirmed(now, out);
    }

    void timed_out(Instant now, BridgeAdvance& out) {
        if (!draining) {
            report(out, BridgeStep::What::lost_reply);
        }
        if (sends < policy.attempts) {
            send(now, out);
        } else if (draining) {
            note_failure(BridgeTrouble::no_reply, 0);
            restore_stream(now, out);
        } else {
            give_up(now, BridgeTrouble::no_reply, 0, out);
        }
    }
};

BridgeSwitch::BridgeSwitch(const RedfoneConfig& config, BridgePolicy policy)
    : m_impl(std::make_unique<Impl>()) {
    m_impl->config = config;
    m_impl->config.spans.resize(std::min(config.spans.size(), spans_of_block));
    m_impl->policy = policy;
    m_impl->policy.attempts = std::max(policy.attempts, 1);
}

BridgeSwitch::~BridgeSwitch() = default;
BridgeSwitch::BridgeSwitch(BridgeSwitch&&) noexcept = default;
BridgeSwitch& BridgeSwitch::operator=(BridgeSwitch&&) noexcept = default;

void BridgeSwitch::forget() {
    auto fresh = std::make_unique<Impl>();
    fresh->config = std::move(m_impl->config);
    fresh->policy = m_impl->policy;
    m_impl = std::move(fresh);
}

BridgeAdvance BridgeSwitch::look(Instant now) {
    forget();
    BridgeAdvance out;
    m_impl->looking = true;
    m_impl->running = true;
    m_impl->enter(BridgeStage::static_info, now, out);
    return out;
}

BridgeAdvance BridgeSwitch::begin(Instant now) {
    forget();
    BridgeAdvance out;
    Impl& impl = *m_impl;
    if (!impl.policy.as_fonulator && !valid_priorities(impl.config.priorities)) {
        // fonulator notices only after it has switched transmission off.
        impl.stage = BridgeStage::check_priorities;
        impl.note_failure(BridgeTrouble::invalid_priorities, 0, true);
        impl.finish(out);
        return out;
    }
    impl.running = true;
    impl.enter(BridgeStage::static_info, now, out);
    return out;
}

BridgeAdvance BridgeSwitch::on_reply(Instant now, std::span<const std::byte> bytes) {
    BridgeAdvance out;
    if (m_impl->running) {
        m_impl->reply(now, bytes, out);
    }
    return out;
}

BridgeAdvance BridgeSwitch::on_deadline(Instant now) {
    BridgeAdvance out;
    if (m_impl->running && now >= m_impl->deadline) {
        m_impl->timed_out(now, out);
    }
    return out;
}

std::optional<Instant> BridgeSwitch::next_deadline() const {
    return m_impl->running ? std::optional{m_impl->deadline} : std::nullopt;
}

void BridgeSwitch::save(std::vector<std::byte>& out) const {
    const Impl& impl = *m_impl;
    StateWriter w{out};
    w.flag(impl.running);
    w.flag(impl.looking);
    w.word(impl.stage);
    w.number(impl.register_index);
    w.flag(impl.draining);
    w.flag(impl.aborting);
    w.signed_number(impl.sends);
    w.signed_number(impl.answers);
    w.signed_number(impl.step);
    w.signed_number(impl.deadline.time_since_epoch().count());
    w.number(impl.hardware_spans);
    w.flag(impl.echo_canceller);
    w.flag(impl.has_dsp);
    w.flag(impl.spans_differ);
    w.flag(impl.spans_written);
    w.flag(impl.priorities_differ);
    w.block(impl.wanted_spans);
    w.word(impl.stream_before);
    const auto put = [&w](const BridgeResult& r) {
        w.flag(r.ok);
        w.word(r.stage);
        w.word(r.why);
        w.signed_number(r.status);
        w.signed_number(r.ignored_failures);
        w.flag(r.destination_set);
        w.word(r.stream);
        w.signed_number(r.round_trips);
    };
    put(impl.progress);
    w.flag(impl.result.has_value());
    put(impl.result.value_or(BridgeResult{}));
}

bool BridgeSwitch::load(std::span<const std::byte>& in) {
    auto fresh = std::make_unique<Impl>();
    fresh->config = m_impl->config;
    fresh->policy = m_impl->policy;
    Impl& impl = *fresh;
    constexpr std::uint64_t many = 1U << 30U;  // no count of an exchange comes near
    StateReader r{in};
    const auto count = [&r] { return static_cast<int>(r.number_up_to(many)); };
    impl.running = r.flag();
    impl.looking = r.flag();
    impl.stage = r.word(BridgeStage::transmit_on);
    impl.register_index =
        static_cast<std::size_t>(r.number_up_to(spans_of_block * registers_per_span));
    impl.draining = r.flag();
    impl.aborting = r.flag();
    impl.sends = count();
    impl.answers = count();
    impl.step = count();
    impl.deadline = Instant{Duration{r.signed_number()}};
    impl.hardware_spans = static_cast<std::size_t>(r.number_up_to(spans_of_block));
    impl.echo_canceller = r.flag();
    impl.has_dsp = r.flag();
    impl.spans_differ = r.flag();
    impl.spans_written = r.flag();
    impl.priorities_differ = r.flag();
    const auto block = r.block();
    if (block.size() == impl.wanted_spans.size()) {
        std::copy(block.begin(), block.end(), impl.wanted_spans.begin());
    } else {
        r.fail();
    }
    impl.stream_before = r.word(BridgeStream::on);
    const auto get = [&r, &count] {
        BridgeResult result;
        result.ok = r.flag();
        result.stage = r.word(BridgeStage::transmit_on);
        result.why = r.word(BridgeTrouble::no_server);
        result.status = static_cast<int>(r.number_up_to(255));
        result.ignored_failures = count();
        result.destination_set = r.flag();
        result.stream = r.word(BridgeStream::on);
        result.round_trips = count();
        return result;
    };
    impl.progress = get();
    const bool over = r.flag();
    const BridgeResult result = get();
    if (over) {
        impl.result = result;
    }
    if (impl.running && impl.stage == BridgeStage::write_register &&
        impl.register_index >= impl.register_writes()) {
        r.fail();
    }
    if (!r.ok()) {
        return false;
    }
    if (impl.running) {
        impl.request = impl.request_of(impl.stage);
        impl.bytes =
            encode(impl.draining ? make_request(BridgeCommandCode::static_info, 0) : impl.request);
    }
    m_impl = std::move(fresh);
    return true;
}

bool BridgeSwitch::touched_stream() const noexcept {
    return m_impl->progress.stream != BridgeStream::untouched;
}

const std::optional<BridgeResult>& BridgeSwitch::result() const noexcept {
    return m_impl->result;
}

}  // namespace cluster
