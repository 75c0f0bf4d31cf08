// SPDX-License-Identifier: GPL-2.0-or-later
// What every part of one ClusterNode shares during a handle() call: who we are, what time it is,
// where actions go. Not a place for state of the protocol.
#pragma once

#include <string>
#include <utility>

#include "cluster/cluster_node.hpp"
#include "issuer.hpp"
#include "prng.hpp"

namespace cluster {

struct Context {
    explicit Context(NodeOptions the_options)
        : options(std::move(the_options)), prng(options.seed) {}

    NodeOptions options;
    Issuer issuer;
    Prng prng;
    Instant now{};
    WallSeconds wall{};
    std::string load;           ///< the first 63 bytes of Now::load; valid during the call
    ActionSink* out = nullptr;  ///< set during the call only

    [[nodiscard]] const HaConfig& ha() const noexcept { return options.files.ha; }
    [[nodiscard]] const Quirks& quirks() const noexcept { return options.quirks; }

    ActionId issue(Action action) { return issuer.issue(*out, std::move(action)); }
    void report(ReportBody body) { issue(Report{std::move(body)}); }
};

/// The earlier of two deadlines, of which each may be absent.
[[nodiscard]] inline std::optional<Instant> earlier(std::optional<Instant> a,
                                                    std::optional<Instant> b) {
    if (!a || !b) {
        return a ? a : b;
    }
    return *a < *b ? a : b;
}

}  // namespace cluster
