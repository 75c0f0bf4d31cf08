// SPDX-License-Identifier: GPL-2.0-or-later
#include "phone_profile.hpp"

#include <algorithm>
#include <array>

namespace models::sip {

namespace {

using namespace std::chrono_literals;
using Back = PhoneProfile::Back;

// Three repetitions of an INVITE and the wait after them: 0.5 + 1 + 2 + 4 s [derived from
// retryMaxCount 3 and retry_counts 3].
constexpr Duration three_retries = 7500ms;

constexpr std::array<PhoneProfile, 9> profiles{{
    {.name = "rfc3263-ideal",
     .lookup = Lookup::naptr_srv,
     .tries_next = true,
     .registers_at_next = true,
     .back = Back::each_request},
    {.name = "polycom",
     .lookup = Lookup::naptr_srv,
     .server_timeout = three_retries,
     .tries_next = true,
     .registers_at_next = false,  // reRegisterOn 0
     .back = Back::each_request},
    {.name = "yealink",
     .lookup = Lookup::a_only,  // over UDP no SRV unless told
     .server_timeout = three_retries,
     .tries_next = true,
     .registers_at_next = true,
     .back = Back::each_request},
    {.name = "cisco-spa",
     .lookup = Lookup::srv,
     .tries_next = true,
     .registers_at_next = true,
     .back = Back::after,
     .back_after = 3600s,  // Proxy Fallback Intvl
     .retry = 30s},        // Reg Retry Intvl
    {.name = "cisco-79xx",
     .lookup = Lookup::srv,
     .tries_next = false,
     .back = Back::never,
     .reboots_after = 90s},
    {.name = "snom",
     .lookup = Lookup::naptr_srv,
     .tries_next = true,
     .registers_at_next = true,
     .redraws = true,
     .back = Back::each_request},
    {.name = "audiocodes",
     .lookup = Lookup::srv,
     .tries_next = true,
     .registers_at_next = true,
     .back = Back::each_request},
    {.name = "grandstream",
     .lookup = Lookup::srv,
     .tries_next = true,
     .registers_at_next = true,
     .back = Back::never},
    {.name = "single-a", .lookup = Lookup::a_only, .back = Back::never},
}};

}  // namespace

std::span<const PhoneProfile> phone_profiles() noexcept {
    return profiles;
}

const PhoneProfile* phone_profile(std::string_view name) noexcept {
    const auto* const found = std::ranges::find(profiles, name, &PhoneProfile::name);
    return found == profiles.end() ? nullptr : found;
}

}  // namespace models::sip
