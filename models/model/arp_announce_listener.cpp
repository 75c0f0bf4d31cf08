// SPDX-License-Identifier: GPL-2.0-or-later
#include "arp_announce_listener.hpp"

#include <array>
#include <cstdint>
#include <span>

#include <ns3/ipv4-header.h>  // arp-cache.h needs it before

#include <ns3/arp-cache.h>
#include <ns3/channel.h>
#include <ns3/ipv4-address.h>
#include <ns3/ipv4-interface.h>
#include <ns3/mac48-address.h>

#include "cluster/wire/announce_frame.hpp"

namespace models {

void learn_from_arp(ns3::ArpCache& cache, const ns3::Packet& packet) {
    std::array<std::uint8_t, cluster::wire::arp_body_bytes> raw{};
    if (packet.CopyData(raw.data(), raw.size()) != raw.size()) {
        return;
    }
    const auto body = cluster::wire::decode_arp(std::as_bytes(std::span{raw}));
    if (!body) {
        return;
    }
    const ns3::Ipv4Address sender = ns3::Ipv4Address::Deserialize(body->sender_address.data());
    ns3::ArpCache::Entry* entry = cache.Lookup(sender);
    if (entry == nullptr || entry->IsPermanent()) {
        return;
    }
    ns3::Mac48Address mac;
    mac.CopyFrom(body->sender_mac.data());
    if (entry->IsWaitReply()) {
        if (body->operation == 2) {
            return;  // the answer that ns-3's ARP waits for
        }
        entry->MarkAlive(mac);
        for (auto waiting = entry->DequeuePending(); waiting.first;
             waiting = entry->DequeuePending()) {
            cache.GetInterface()->Send(waiting.first, waiting.second, sender);
        }
        return;
    }
    if (entry->IsDead()) {
        cache.Remove(entry);
        entry = cache.Add(sender);
    }
    entry->SetMacAddress(mac);
    entry->UpdateSeen();
}

}  // namespace models
