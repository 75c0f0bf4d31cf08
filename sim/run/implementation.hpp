// SPDX-License-Identifier: GPL-2.0-or-later
// A scenario as one implementation plays it: with our daemon as written; with heartbeat 3.0.6
// without understudy.json and with a script behind every word of haresources. Builds no model of
// hosts or networks.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "model/agent.hpp"
#include "run/run.hpp"
#include "scenario/scenario.hpp"

namespace sim {

/// Settings, models of scripts and findings as the scenario's implementation has them.
[[nodiscard]] Scenario as_played(Scenario);

/// The script behind a word whose content is known: IPaddr, IPaddr2, IPsrcaddr, fixrouting. Null:
/// not one of them; then the scenario has to say what it does.
[[nodiscard]] std::unique_ptr<models::Agent>
make_known_script(models::Host&, const cluster::HaResources&, const std::string& word);

/// What shapes a run with the profile heartbeat-3.0.6 besides the files.
[[nodiscard]] std::vector<Parameter> heartbeat_parameters();

}  // namespace sim
