// SPDX-License-Identifier: GPL-2.0-or-later
#include "linux_host/addresses.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "cluster/route_fixup.hpp"
#include "cluster/wire/announce_frame.hpp"
#include "linux_host/clock.hpp"
#include "linux_host/log.hpp"

namespace linux_host {
namespace {

/// Two programs that both insist could keep each other busy for ever [assumed].
constexpr int restores_per_second = 50;

}  // namespace

Addresses::Addresses(Netlink& netlink, std::vector<IpBytes> moving, Answer later)
    : m_netlink(netlink), m_moving(std::move(moving)), m_later(std::move(later)) {
    m_interfaces = m_netlink.interfaces();
    m_addresses = m_netlink.addresses();
}

bool Addresses::moves(const IpBytes& address) const {
    return std::ranges::find(m_moving, address) != m_moving.end();
}

bool Addresses::present(const InterfaceAddress& wanted) const {
    return std::ranges::any_of(m_addresses, [&](const InterfaceAddress& a) {
        return a.interface == wanted.interface && a.address == wanted.address;
    });
}

/// The interface and prefix of an address: as written, else those of the network it lies in.
std::optional<InterfaceAddress> Addresses::place_of(const cluster::AddressSpec& spec) {
    const auto address = parse_ip(spec.address);
    if (!address) {
        return std::nullopt;
    }
    InterfaceAddress place;
    place.address = *address;
    if (!spec.interface.empty()) {
        const auto named = std::ranges::find(m_interfaces, spec.interface, &Interface::name);
        if (named == m_interfaces.end()) {
            return std::nullopt;
        }
        place.interface = named->index;
    }
    if (spec.prefix_length && place.interface != 0) {
        place.prefix_length = *spec.prefix_length;
        return place;
    }
    int longest = -1;
    for (const InterfaceAddress& own : m_addresses) {
        if (own.prefix_length > longest && own.prefix_length < own.address.bits() &&
            !moves(own.address) && same_prefix(own.address, *address, own.prefix_length) &&
            (spec.interface.empty() || own.interface == place.interface)) {
            longest = own.prefix_length;
            place.interface = own.interface;
        }
    }
    if (longest < 0) {
        // No address of the node lies there; a connected route may.
        m_table = m_netlink.routes();
        for (const KernelRoute& known : m_table) {
            const auto slash = known.route.destination.find('/');
            const auto network = parse_ip(known.route.destination.substr(0, slash));
            if (!network || slash == std::string::npos || !known.route.gateway.empty()) {
                continue;
            }
            const int length = std::stoi(known.route.destination.substr(slash + 1));
            const auto interface =
                std::ranges::find(m_interfaces, known.route.interface, &Interface::name);
            if (length > longest && interface != m_interfaces.end() &&
                same_prefix(*network, *address, length) &&
                (spec.interface.empty() || spec.interface == known.route.interface)) {
                longest = length;
                place.interface = interface->index;
            }
        }
    }
    if (place.interface == 0) {
        return std::nullopt;
    }
    place.prefix_length = spec.prefix_length ? *spec.prefix_length
                          : longest >= 0     ? longest
                                             : address->bits();
    return place;
}

std::optional<int> Addresses::acquire(cluster::ActionId id, const cluster::AcquireAddress& action) {
    const auto place = place_of(action.address);
    if (!place) {
        log(Level::error,
            "address " + action.address.address +
                (action.address.interface.empty() ? std::string{" lies in no network of this node"}
                                                  : ": no interface " + action.address.interface));
        return ENETUNREACH;
    }
    const int error = m_netlink.add_address(*place, action.address.label, action.address.broadcast);
    if (error != 0 && error != EEXIST) {
        return error;
    }
    m_held[action.resource] = {*place, action.address.label, action.address.broadcast};
    if (place->address.ipv6 && error == 0) {
        m_checking[id] = action.resource;
        return std::nullopt;
    }
    return 0;
}

int Addresses::release(const cluster::ReleaseAddress& action) {
    const auto address = parse_ip(action.address.address);
    if (!address) {
        return EINVAL;
    }
    m_held.erase(action.resource);
    std::erase_if(m_checking, [&](const auto& entry) {
        if (entry.second != action.resource) {
            return false;
        }
        m_later(entry.first, ECANCELED);
        return true;
    });
    std::erase_if(m_sources,
                  [&](const KernelRoute& r) { return r.route.source == to_text(*address); });
    // Wherever it is: an earlier life may have found another interface.
    int result = 0;
    for (const InterfaceAddress& at : m_netlink.addresses()) {
        if (at.address == *address) {
            const int error = m_netlink.remove_address(at);
            if (error != 0 && error != EADDRNOTAVAIL) {
                result = error;
            }
        }
    }
    return result;
}

void Addresses::announce(const cluster::AnnounceAddress& action) {
    const auto held = m_held.find(action.resource);
    if (held != m_held.end()) {
        send_announcement(held->second.at, action.form);
    }
}

void Addresses::send_announcement(const InterfaceAddress& at, cluster::ArpForm form) {
    const auto card = std::ranges::find(m_interfaces, at.interface, &Interface::index);
    if (card == m_interfaces.end() || !card->ethernet) {
        return;  // loopback and tunnels have nobody to tell
    }
    int error = 0;
    if (at.address.ipv6) {
        cluster::wire::Ipv6Bytes bytes{at.address.octets};
        error = m_announcer.send(at.interface,
                                 cluster::wire::unsolicited_advertisement(card->mac, bytes));
    } else {
        cluster::wire::Ipv4Bytes bytes{};
        std::copy_n(at.address.octets.begin(), bytes.size(), bytes.begin());
        error =
            m_announcer.send(at.interface, cluster::wire::gratuitous_arp(card->mac, bytes, form));
    }
    if (error != 0) {
        log(Level::warning,
            "announcing " + to_text(at.address) + " on " + card->name + ": " +
                std::strerror(error));
    }
}

std::vector<cluster::Route> Addresses::query_routes() {
    m_table = m_netlink.routes();
    std::vector<cluster::Route> out;
    for (const KernelRoute& known : m_table) {
        out.push_back(known.route);
    }
    return out;
}

int Addresses::replace_route(const cluster::Route& wanted) {
    const auto find = [&] {
        return std::ranges::find_if(m_table, [&](const KernelRoute& known) {
            return cluster::same_route(known.route, wanted);
        });
    };
    auto known = find();
    if (known == m_table.end()) {
        m_table = m_netlink.routes();
        known = find();
    }
    if (known == m_table.end()) {
        return ESRCH;
    }
    const int error = m_netlink.put_route(*known, wanted.source);
    if (error != 0) {
        return error;
    }
    known->route.source = wanted.source;
    std::erase_if(m_sources,
                  [&](const KernelRoute& r) { return cluster::same_route(r.route, wanted); });
    const auto source = parse_ip(wanted.source);
    if (source && moves(*source)) {
        m_sources.push_back(*known);
        m_netlink.watch_routes(true);
    } else if (m_sources.empty()) {
        m_netlink.watch_routes(false);
    }
    return 0;
}

bool Addresses::cancel(cluster::ActionId id) {
    return m_checking.erase(id) > 0;
}

void Addresses::adopt(cluster::ResourceId resource, const cluster::AddressSpec& spec) {
    const auto place = place_of(spec);
    if (place && present(*place)) {
        m_held[resource] = {*place, spec.label, spec.broadcast};
    }
}

void Addresses::adopt_routes() {
    for (KernelRoute& known : m_netlink.routes()) {
        const auto source = parse_ip(known.route.source);
        if (source && std::ranges::any_of(m_held, [&](const auto& held) {
                return held.second.at.address == *source;
            })) {
            m_sources.push_back(std::move(known));
        }
    }
    m_netlink.watch_routes(!m_sources.empty());
}

void Addresses::note(const InterfaceAddress& seen) {
    if (seen.tentative && !seen.duplicate) {
        return;
    }
    for (auto at = m_checking.begin(); at != m_checking.end(); ++at) {
        const auto held = m_held.find(at->second);
        if (held == m_held.end() || held->second.at.address != seen.address) {
            continue;
        }
        const auto [id, resource] = *at;
        m_checking.erase(at);
        if (seen.duplicate) {
            log(Level::error, "address " + to_text(seen.address) + " is in use by another host");
            (void)m_netlink.remove_address(held->second.at);
            m_held.erase(resource);
        }
        m_later(id, seen.duplicate ? EADDRINUSE : 0);
        return;
    }
}

void Addresses::refresh() {
    m_interfaces = m_netlink.interfaces();
    m_addresses = m_netlink.addresses();
    bool lost = false;
    for (auto& [resource, held] : m_held) {
        if (!present(held.at)) {
            restore(held);
            lost = true;
        }
    }
    if (lost) {
        m_addresses = m_netlink.addresses();
    }
    if (!m_sources.empty()) {
        restore_routes();
    }
}

bool Addresses::complete() const {
    return std::ranges::all_of(m_held, [&](const auto& entry) { return present(entry.second.at); });
}

void Addresses::restore(Held& held) {
    const cluster::Instant now = boot_time();
    if (now - m_restoring_since > std::chrono::seconds{1}) {
        m_restoring_since = now;
        m_restored_in_second = 0;
    }
    if (++m_restored_in_second > restores_per_second) {
        if (m_restored_in_second == restores_per_second + 1) {
            log(Level::error,
                "address " + to_text(held.at.address) +
                    " is removed again and again by somebody else; not put back for a second");
        }
        return;
    }
    if (const int error = m_netlink.add_address(held.at, held.label, held.broadcast); error != 0) {
        if (error != EEXIST) {
            log(Level::error,
                "address " + to_text(held.at.address) +
                    " was removed by somebody else and cannot be put back: " +
                    std::strerror(error));
        }
        return;
    }
    ++m_restored;
    send_announcement(held.at, cluster::ArpForm::request);
    send_announcement(held.at, cluster::ArpForm::reply);
    log(Level::warning,
        "address " + to_text(held.at.address) +
            " was removed by somebody else; put back and announced");
}

void Addresses::restore_routes() {
    m_table = m_netlink.routes();
    // Connected routes first: a gateway must be reachable before a route may lead through it.
    for (const bool through_gateway : {false, true}) {
        for (const KernelRoute& wanted : m_sources) {
            if (wanted.route.gateway.empty() == through_gateway) {
                continue;
            }
            const bool stands = std::ranges::any_of(m_table, [&](const KernelRoute& known) {
                return cluster::same_route(known.route, wanted.route) &&
                       known.route.source == wanted.route.source;
            });
            if (stands) {
                continue;
            }
            const int error = m_netlink.put_route(wanted, wanted.route.source);
            log(error == 0 ? Level::warning : Level::error,
                "the source " + wanted.route.source + " of route " + wanted.route.destination +
                    " was changed by somebody else; " +
                    (error == 0 ? std::string{"put back"}
                                : std::string{"cannot be put back: "} + std::strerror(error)));
            m_restored += error == 0 ? 1 : 0;
        }
    }
}

int Addresses::interface_towards(const std::string& address) {
    const auto place = place_of({.address = address,
                                 .prefix_length = std::nullopt,
                                 .interface = {},
                                 .label = {},
                                 .broadcast = {}});
    return place ? place->interface : 0;
}

}  // namespace linux_host
