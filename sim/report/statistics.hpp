// SPDX-License-Identifier: GPL-2.0-or-later
// Order statistics and exact binomial bounds: all that verdicts over seeds rest on. No distribution
// is assumed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace sim {

/// P(X <= k) for X ~ Binomial(n, p); 0 for k < 0, 1 for k >= n.
[[nodiscard]] double binomial_cdf(std::int64_t k, std::int64_t n, double p);

/// Nearest-rank quantile: the smallest sample that at least the share q of all samples do not
/// exceed. Precondition: sorted, not empty, 0 < q <= 1.
[[nodiscard]] std::int64_t quantile(const std::vector<std::int64_t>& sorted, double q);

/// Rank (1-based) of the order statistic that is at least (at most) the true q-quantile with the
/// given confidence, whatever the distribution. Nullopt: too few samples for such a bound.
[[nodiscard]] std::optional<std::size_t>
upper_bound_rank(std::size_t samples, double q, double confidence = 0.95);
[[nodiscard]] std::optional<std::size_t>
lower_bound_rank(std::size_t samples, double q, double confidence = 0.95);

/// Upper bound of the success probability after `successes` of `trials` (Clopper-Pearson,
/// one-sided).
[[nodiscard]] double
rate_upper_bound(std::size_t successes, std::size_t trials, double confidence = 0.95);

/// Spread of some samples. All zero when there are none.
struct Spread {
    std::int64_t min = 0;
    std::int64_t p50 = 0;
    std::int64_t p95 = 0;
    std::int64_t max = 0;
    bool operator==(const Spread&) const = default;
};
[[nodiscard]] Spread spread_of(std::vector<std::int64_t> samples);

}  // namespace sim
