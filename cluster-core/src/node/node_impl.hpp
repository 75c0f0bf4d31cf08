// SPDX-License-Identifier: GPL-2.0-or-later
// The parts of one ClusterNode and the order in which they see an event.
#pragma once

#include <vector>

#include "../membership/membership.hpp"
#include "../ownership/native/ownership_native.hpp"
#include "../ownership/ownership_r1.hpp"
#include "../resources/resource_manager.hpp"
#include "context.hpp"

namespace cluster {

class ClusterNode::Impl {
  public:
    explicit Impl(NodeOptions options);

    void handle(const Now& now, const Event& event, ActionSink& out);
    [[nodiscard]] std::optional<Instant> next_deadline() const;
    [[nodiscard]] NodeStatus status() const;
    [[nodiscard]] std::vector<std::byte> snapshot() const;
    std::optional<RestoreError> load(std::span<const std::byte> bytes);

  private:
    /// Quirk handle_on_tick: at most this many packets wait for the next beat; the rest is lost, as
    /// in a full socket.
    static constexpr std::size_t max_waiting = 1000;

    void on(const NodeStarted& event);
    void on(const DatagramReceived& event);
    void on(const LinkStateChanged& event);
    void on(const ActionCompleted& event);
    void on(const BridgeReplyReceived& event);
    void on(const BridgeStreamChanged& event);
    void on(const PingReplyReceived& event);
    void on(const AdminCommand& event);
    void on(const ConfigReloaded& event);
    void on(const DeadlineReached& event);
    void receive(LinkId link, std::span<const std::byte> bytes);
    void run_waiting();
    [[nodiscard]] bool loop_waits_for_ticks() const;
    void follow_events();
    [[nodiscard]] bool left() const noexcept {
        return m_speaks_native ? m_native.left() : m_ownership.left();
    }
    void notice_sleep();
    [[nodiscard]] std::uint64_t configuration_mark() const;

    /// Something that came between two beats (quirk handle_on_tick).
    struct Waiting {
        bool is_command = false;
        LinkId link{};
        std::vector<std::byte> bytes;
        AdminCommand::Kind kind{};
        ResourceScope scope{};

        template <class Archive, class Self>
        static void archive(Archive& ar, Self& self) {
            ar(self.is_command, self.link, self.bytes, self.kind, self.scope);
        }
    };

    Context m_context;
    Membership m_membership;
    ResourceManager m_resources;
    OwnershipR1 m_ownership;
    OwnershipNative m_native;
    bool m_speaks_native = false;  ///< which of the two acts
    std::vector<Waiting> m_waiting;
    Instant m_last_run{};
    bool m_started = false;
};

}  // namespace cluster
