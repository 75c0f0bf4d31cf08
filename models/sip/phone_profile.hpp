// SPDX-License-Identifier: GPL-2.0-or-later
// How makes of phones behave when their server is gone, as data. Sources: the vendors' guides named
// in docs/models-sip.md; what no guide says is marked there as assumed.
#pragma once

#include <span>
#include <string_view>

#include "dns.hpp"

namespace models::sip {

struct PhoneProfile {
    std::string_view name;
    Lookup lookup = Lookup::a_only;
    /// A server that has not answered for so long counts as gone; the last one on the list always
    /// gets 64 T1.
    Duration server_timeout = std::chrono::seconds{32};
    bool tries_next = false;         ///< goes to the next server within one request
    bool registers_at_next = false;  ///< registers there, too: inward calls find it
    bool redraws = false;            ///< order of equal servers drawn anew for each request
    enum class Back : std::uint8_t {
        each_request,  ///< every request begins with the first server again
        after,         ///< stays where it went, for back_after
        never,
    } back = Back::each_request;
    Duration back_after{};
    int expires_s = 3600;
    Duration renew_before = std::chrono::seconds{60};  ///< of shorter ones: half the time
    Duration retry = std::chrono::seconds{60};         ///< after a registration that failed
    /// Over UDP it does not fail over but starts anew after this [sourced for one make]; 0: no.
    Duration reboots_after{};
};

[[nodiscard]] std::span<const PhoneProfile> phone_profiles() noexcept;
[[nodiscard]] const PhoneProfile* phone_profile(std::string_view name) noexcept;  ///< null: none

}  // namespace models::sip
