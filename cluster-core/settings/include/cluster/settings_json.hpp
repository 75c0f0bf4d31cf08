// SPDX-License-Identifier: GPL-2.0-or-later
// understudy.json as text: reader, writer, and the bindings that the simulator adds. Keys, units
// and defaults are described in docs/configuration.md and by scenarios/schema/understudy-1.json.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "cluster/config.hpp"
#include "cluster/settings.hpp"

namespace cluster {

/// Never throws; unknown keys are errors, keys that begin with "x-" are free. A finding names the
/// JSON pointer (RFC 6901) in `found` and carries line and column of the offending key or value.
[[nodiscard]] Parsed<Settings> parse_settings_json(std::string_view text,
                                                   std::string_view file_name);

/// Text that parse_settings_json reads back to the same value; keys in a fixed order.
[[nodiscard]] std::string settings_to_json(const Settings&);

/// A number with a mandatory unit: ns, us, ms, s, min or h ("200ms", "1.5s"). Nullopt for anything
/// else.
[[nodiscard]] std::optional<Duration> parse_unit_duration(std::string_view text);

/// What the simulator binds when understudy.json does not say otherwise, as the content of these
/// two scripts is known: `fonulator` to the bridge switch, `fixrouting` to the source fix-up. The
/// daemon binds nothing by itself.
[[nodiscard]] const std::map<std::string, BindingSettings>& simulator_default_bindings();

/// Adds the default bindings for words that `settings` does not bind.
void add_default_bindings(Settings& settings,
                          const std::map<std::string, BindingSettings>& defaults);

}  // namespace cluster
