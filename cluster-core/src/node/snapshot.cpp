// SPDX-License-Identifier: GPL-2.0-or-later
// Snapshot layout: version, mark of the configuration, length of the core's part, core's part,
// resources' part, checksum over all of it. Restoring needs the same options; the mark tells when
// they are not.
#include "archive.hpp"
#include "node_impl.hpp"

namespace cluster {
namespace {

constexpr std::uint64_t snapshot_version = 4;
constexpr std::size_t word = 8;

}  // namespace

/// Everything of the options that the saved state refers to by index or by name.
std::uint64_t ClusterNode::Impl::configuration_mark() const {
    std::vector<std::byte> bytes;
    ArchiveWriter writer{bytes};
    const NodeOptions& options = m_context.options;
    writer(options.name,
           options.uuid,
           options.seed,
           options.files.ha.nodes,
           options.files.ha.ping_targets.size());
    for (const LinkConfig& link : options.files.ha.links) {
        writer(link.kind, link.device, link.address, link.port);
    }
    for (const ResourceGroupConfig& group : options.files.resources.groups) {
        writer(group.node, group.resources.size());
        for (const ResourceWord& resource : group.resources) {
            writer(resource.text);
        }
    }
    return checksum(bytes);
}

std::vector<std::byte> ClusterNode::Impl::snapshot() const {
    std::vector<std::vector<std::byte>> framers;
    m_membership.save_framers(framers);
    std::vector<std::byte> core;
    ArchiveWriter{core}(m_started,
                        m_last_run,
                        m_context.issuer.last(),
                        m_context.prng,
                        m_membership,
                        m_ownership,
                        m_native,
                        m_speaks_native,
                        m_waiting,
                        framers);
    std::vector<std::byte> bytes;
    ArchiveWriter writer{bytes};
    writer(snapshot_version, configuration_mark(), core);
    m_resources.save(bytes);
    writer(checksum(bytes));
    return bytes;
}

std::optional<RestoreError> ClusterNode::Impl::load(std::span<const std::byte> bytes) {
    if (bytes.size() < 4 * word) {
        return RestoreError::truncated;
    }
    const std::span<const std::byte> body = bytes.first(bytes.size() - word);
    std::uint64_t sum = 0;
    ArchiveReader{bytes.last(word)}(sum);
    ArchiveReader reader{body};
    std::uint64_t version = 0;
    std::uint64_t mark = 0;
    reader(version);
    if (version != snapshot_version) {
        return RestoreError::unknown_version;
    }
    if (sum != checksum(body)) {
        return RestoreError::bad_checksum;
    }
    reader(mark);
    if (mark != configuration_mark()) {
        return RestoreError::other_configuration;
    }
    std::vector<std::byte> core;
    reader(core);
    if (reader.failed() || !m_resources.load(reader.rest())) {
        return RestoreError::truncated;
    }
    std::uint64_t last_action = 0;
    std::vector<std::vector<std::byte>> framers;
    ArchiveReader core_reader{core};
    core_reader(m_started,
                m_last_run,
                last_action,
                m_context.prng,
                m_membership,
                m_ownership,
                m_native,
                m_speaks_native,
                m_waiting,
                framers);
    m_context.issuer.restore(last_action);
    m_membership.load_framers(framers);
    m_membership.use_restored_keys();
    return core_reader.failed() ? std::optional{RestoreError::truncated} : std::nullopt;
}

}  // namespace cluster
