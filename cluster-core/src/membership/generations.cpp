// SPDX-License-Identifier: GPL-2.0-or-later
#include "generations.hpp"

#include <algorithm>

#include "../node/archive.hpp"

namespace cluster {
namespace {

constexpr std::uint64_t layout_version = 2;

struct Stored {
    std::uint64_t version = layout_version;
    std::uint64_t ceiling = 0;
    std::vector<Generations::Known> known;
    std::string running;

    template <class Archive, class Self>
    static void archive(Archive& ar, Self& self) {
        ar(self.version, self.ceiling, self.known, self.running);
    }
};

std::optional<Stored> decode(std::span<const std::byte> bytes) {
    if (bytes.size() < 8) {
        return std::nullopt;
    }
    ArchiveReader trailer{bytes.last(8)};
    std::uint64_t sum = 0;
    trailer(sum);
    ArchiveReader reader{bytes.first(bytes.size() - 8)};
    Stored stored;
    reader(stored);
    const bool good = !reader.failed() && sum == checksum(bytes.first(bytes.size() - 8)) &&
                      stored.version == layout_version;
    return good ? std::optional{std::move(stored)} : std::nullopt;
}

}  // namespace

std::uint64_t Generations::start(std::span<const std::byte> durable_state) {
    const auto wall = static_cast<std::uint64_t>(
        std::max<std::int64_t>(0, static_cast<std::int64_t>(m_context.wall)));
    // Nothing stored: heartbeat starts at time() + 1, so that a lost file still gives a generation
    // above the last one.
    m_current = wall + 1;
    if (auto stored = decode(durable_state)) {
        m_known = std::move(stored->known);
        m_left_running = m_running = std::move(stored->running);
        const bool by_time = m_context.ha().hbgenmethod == GenerationMethod::time;
        m_current = by_time ? std::max(wall, stored->ceiling + 1) : stored->ceiling + 1;
    } else if (m_context.ha().hbgenmethod == GenerationMethod::time) {
        m_current = wall;
    }
    m_ceiling = m_current + block;
    m_dirty = true;
    return m_current;
}

std::uint64_t Generations::raise() {
    ++m_current;
    if (m_current + block / 4 > m_ceiling) {
        m_ceiling = m_current + block;
        m_dirty = true;
    }
    return m_current;
}

std::uint64_t Generations::known(std::string_view node) const {
    const auto at = std::ranges::find(m_known, node, &Known::node);
    return at == m_known.end() ? 0 : at->generation;
}

void Generations::learn(std::string_view node, std::uint64_t generation) {
    const auto at = std::ranges::find(m_known, node, &Known::node);
    if (at == m_known.end()) {
        m_known.push_back({std::string{node}, generation});
    } else {
        at->generation = generation;
    }
    m_dirty = true;
}

void Generations::persist_if_due() {
    if (!m_dirty || m_writing || (m_retry_at && *m_retry_at > m_context.now)) {
        return;
    }
    std::vector<std::byte> bytes;
    ArchiveWriter writer{bytes};
    writer(Stored{layout_version, m_ceiling, m_known, m_running});
    writer(checksum(bytes));
    m_writing = m_context.issue(PersistState{m_context.out->keep(bytes)});
    m_dirty = false;
    m_retry_at.reset();
}

bool Generations::on_completed(ActionId id, Outcome outcome) {
    if (m_writing != id) {
        return false;
    }
    m_writing.reset();
    if (outcome != Outcome::done) {
        m_dirty = true;
        m_retry_at = m_context.now + retry_delay;
    }
    return true;
}

}  // namespace cluster
