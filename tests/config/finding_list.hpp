// SPDX-License-Identifier: GPL-2.0-or-later
// Findings as short lines ("error 4:10 bad-value"), so that a test states a whole list at once.
#pragma once

#include <string>
#include <vector>

#include "cluster/config.hpp"

inline std::vector<std::string> summary(const std::vector<cluster::Finding>& findings,
                                        cluster::Severity least = cluster::Severity::note) {
    std::vector<std::string> out;
    for (const auto& finding : findings) {
        if (finding.severity > least) {
            continue;
        }
        const char* severity = finding.severity == cluster::Severity::error     ? "error "
                               : finding.severity == cluster::Severity::warning ? "warning "
                                                                                : "note ";
        out.push_back(severity + std::to_string(finding.where.line) + ':' +
                      std::to_string(finding.where.column) + ' ' + finding.rule);
    }
    return out;
}

inline std::vector<std::string> rules(const std::vector<cluster::Finding>& findings,
                                      cluster::Severity severity) {
    std::vector<std::string> out;
    for (const auto& finding : findings) {
        if (finding.severity == severity) {
            out.push_back(finding.rule);
        }
    }
    return out;
}

using Strings = std::vector<std::string>;
