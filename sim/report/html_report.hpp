// SPDX-License-Identifier: GPL-2.0-or-later
// The reports of one command as a single HTML file: everything inline, no script, nothing from the
// network; light, dark and on paper. Says what text_report() says, with pictures. Same input, same
// bytes.
#pragma once

#include <string>

#include "report/comparison.hpp"
#include "report/summary.hpp"
#include "run/run.hpp"

namespace sim {

class HtmlReport {
  public:
    void add(const Scenario&, const RunResult&);
    void add(const Scenario&, const Summary&);
    void add(const Comparison&);
    [[nodiscard]] std::string text() const;

  private:
    struct Part {
        std::string title;
        std::string body;
    };
    std::string m_comparisons;  ///< stand before all parts
    std::vector<Part> m_parts;
};

}  // namespace sim
