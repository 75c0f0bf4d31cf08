// SPDX-License-Identifier: GPL-2.0-or-later
// The core's typed reports as trace records with stable kinds and fields (docs/models.md lists
// them). No decisions.
#pragma once

#include <string_view>

#include "cluster/config.hpp"
#include "cluster/report.hpp"
#include "recorder.hpp"

namespace models {

/// One record, or two when the report is also a milestone; returns the last. `subject` is the node
/// that reports.
RecordId record_report(Recorder& recorder,
                       RecordId cause,
                       std::string_view subject,
                       const cluster::ReportBody& report,
                       const cluster::NodeFiles& files);

/// The text of a word of haresources; empty when there is no such word.
[[nodiscard]] std::string_view word_of(const cluster::NodeFiles& files,
                                       cluster::ResourceId resource);

}  // namespace models
