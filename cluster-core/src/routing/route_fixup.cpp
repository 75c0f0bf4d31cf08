// SPDX-License-Identifier: GPL-2.0-or-later
// Planning of the source fix-up and of its undoing; see route_fixup.hpp for the rules.
//
// Why the undoing is planned so carefully (measured on Linux): deleting an address that a connected
// route prefers as its source deletes the whole route, and the node loses the network. A route
// named without its metric is another route, and changing it fails. Both broke the published
// `fixrouting` script.
#include "cluster/route_fixup.hpp"

#include <algorithm>
#include <optional>

#include "ip_prefix.hpp"

namespace cluster {

namespace {

/// A directly connected network that holds a virtual address.
struct Segment {
    IpPrefix network;
    std::string_view interface;
    std::string_view address;
};

std::vector<Segment> segments_of(std::span<const Route> routes,
                                 std::span<const AddressSpec> addresses) {
    std::vector<Segment> segments;
    for (const AddressSpec& spec : addresses) {
        const auto address = parse_ip_address(spec.address);
        if (!address) {
            continue;
        }
        for (const Route& route : routes) {
            const auto network = parse_ip_prefix(route.destination);
            // A host route (the kernel makes none in the main table for an address) does not make a
            // segment.
            if (!network || !route.gateway.empty() || !network->contains(*address) ||
                network->length == (address->ipv6 ? 128 : 32) ||
                (!spec.interface.empty() && spec.interface != route.interface)) {
                continue;
            }
            const bool taken = std::any_of(segments.begin(), segments.end(), [&](const Segment& s) {
                return s.network.same_network(*network) && s.interface == route.interface;
            });
            if (!taken) {
                segments.push_back({*network, route.interface, spec.address});
            }
        }
    }
    return segments;
}

bool listed(const Route& route, std::span<const std::string> networks) {
    const auto destination = parse_ip_prefix(route.destination);
    return networks.empty() ||
           std::any_of(networks.begin(), networks.end(), [&](const std::string& network) {
               const auto prefix = parse_ip_prefix(network);
               return network == route.destination ||
                      (prefix && destination && prefix->same_network(*destination));
           });
}

/// The source the route shall have, empty when it is none of ours. The narrowest segment decides.
std::string_view source_for(const Route& route, const std::vector<Segment>& segments) {
    const auto destination = parse_ip_prefix(route.destination);
    const auto gateway = parse_ip_address(route.gateway);
    const Segment* best = nullptr;
    for (const Segment& segment : segments) {
        const bool ours = route.gateway.empty()
                              ? destination && destination->same_network(segment.network)
                              : gateway && segment.network.contains(*gateway);
        if (ours && segment.interface == route.interface &&
            (best == nullptr || segment.network.length > best->network.length)) {
            best = &segment;
        }
    }
    return best == nullptr ? std::string_view{} : best->address;
}

}  // namespace

bool same_route(const Route& a, const Route& b) noexcept {
    return a.destination == b.destination && a.gateway == b.gateway && a.interface == b.interface &&
           a.metric == b.metric;
}

RouteFixupPlan plan_route_fixup(std::span<const Route> routes,
                                std::span<const AddressSpec> addresses,
                                std::span<const std::string> networks) {
    RouteFixupPlan plan;
    const std::vector<Segment> segments = segments_of(routes, addresses);
    for (const Route& route : routes) {
        const std::string_view source = source_for(route, segments);
        if (source.empty() || !listed(route, networks)) {
            continue;
        }
        RouteChange change{route, route.source};
        change.route.source = source;
        if (route.source == source) {
            change.before.clear();
            plan.already.push_back(std::move(change));
        } else {
            plan.changes.push_back(std::move(change));
        }
    }
    return plan;
}

std::vector<Route> plan_route_undo(std::span<const Route> routes,
                                   std::span<const RouteChange> applied) {
    std::vector<Route> undo;
    for (const RouteChange& change : applied) {
        const auto present = std::find_if(routes.begin(), routes.end(), [&](const Route& route) {
            return same_route(route, change.route) && route.source == change.route.source;
        });
        if (present != routes.end()) {
            undo.push_back(*present);
            undo.back().source = change.before;
        }
    }
    std::reverse(undo.begin(), undo.end());
    return undo;
}

}  // namespace cluster
