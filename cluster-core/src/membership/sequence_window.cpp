// SPDX-License-Identifier: GPL-2.0-or-later
#include "sequence_window.hpp"

#include <algorithm>
#include <utility>

namespace cluster {

SequenceWindow::Verdict
SequenceWindow::take(std::uint64_t seq, Instant now, Duration max_rexmit_delay, Prng& prng) {
    if (!started()) {
        m_last = seq;
        return Verdict::accepted;
    }
    if (seq <= m_last) {
        const auto at = std::ranges::find(m_missing, seq, &Missing::seq);
        if (at == m_missing.end()) {
            return Verdict::duplicate;
        }
        m_missing.erase(at);
        return Verdict::filled_gap;
    }
    const std::uint64_t gap = seq - m_last - 1;
    if (gap > max_gap || m_missing.size() + gap > max_missing) {
        m_lost += gap + m_missing.size();
        m_missing.clear();
    } else {
        const auto spread = static_cast<std::uint64_t>(std::max<std::int64_t>(
            0,
            std::chrono::duration_cast<std::chrono::milliseconds>(max_rexmit_delay - first_request)
                .count()));
        for (std::uint64_t missing = m_last + 1; missing < seq; ++missing) {
            const auto delay = std::chrono::milliseconds{prng.below(spread + 1)};
            m_missing.push_back({missing, now + first_request + delay, false});
        }
    }
    m_last = seq;
    return Verdict::accepted;
}

void SequenceWindow::give_up(std::uint64_t seq) {
    m_lost +=
        std::erase_if(m_missing, [seq](const Missing& missing) { return missing.seq == seq; });
}

void SequenceWindow::forget() {
    m_missing.clear();
    m_last = 0;
}

void SequenceWindow::forget_missing() {
    m_missing.clear();
}

std::optional<Instant> SequenceWindow::next_request() const {
    const auto at = std::ranges::min_element(m_missing, {}, &Missing::next_request);
    return at == m_missing.end() ? std::nullopt : std::optional{at->next_request};
}

bool SequenceWindow::older_missing(std::uint64_t seq) const {
    return !m_missing.empty() && m_missing.front().seq < seq;
}

std::uint64_t SequenceWindow::take_lost() {
    return std::exchange(m_lost, 0);
}

}  // namespace cluster
