// SPDX-License-Identifier: GPL-2.0-or-later
// Linux's answer to ARP that was not asked for: existing neighbour entries take the sender's new
// MAC (gratuitous request or reply, broadcast or not); new entries are not created (arp_accept =
// 0). ns-3's own ARP ignores all of it.
#pragma once

#include <ns3/packet.h>
#include <ns3/ptr.h>

namespace ns3 {
class ArpCache;
}

namespace models {

/// To be called for every ARP frame before ns-3's ARP sees it.
void learn_from_arp(ns3::ArpCache& cache, const ns3::Packet& packet);

}  // namespace models
