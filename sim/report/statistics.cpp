// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/statistics.hpp"

#include <algorithm>
#include <cmath>

namespace sim {

double binomial_cdf(std::int64_t k, std::int64_t n, double p) {
    if (k < 0) {
        return 0;
    }
    if (k >= n) {
        return 1;
    }
    if (p <= 0) {
        return 1;
    }
    if (p >= 1) {
        return 0;
    }
    // Each term from the one before, in logarithms, so that nothing underflows for large n.
    const double odds = std::log(p) - std::log1p(-p);
    double term = static_cast<double>(n) * std::log1p(-p);
    double sum = std::exp(term);
    for (std::int64_t i = 1; i <= k; ++i) {
        term += std::log(static_cast<double>(n - i + 1)) - std::log(static_cast<double>(i)) + odds;
        sum += std::exp(term);
    }
    return std::min(sum, 1.0);
}

std::int64_t quantile(const std::vector<std::int64_t>& sorted, double q) {
    // The small subtraction keeps 0.95 x 20 at rank 19 although 0.95 has no exact binary form.
    const double rank = std::ceil(q * static_cast<double>(sorted.size()) - 1e-9);
    const auto index = static_cast<std::size_t>(std::max(rank, 1.0)) - 1;
    return sorted[std::min(index, sorted.size() - 1)];
}

std::optional<std::size_t> upper_bound_rank(std::size_t samples, double q, double confidence) {
    // The k-th smallest is >= the q-quantile unless k or more samples lie below it: P = cdf(k - 1).
    for (std::size_t k = 1; k <= samples; ++k) {
        if (binomial_cdf(static_cast<std::int64_t>(k) - 1, static_cast<std::int64_t>(samples), q) >=
            confidence) {
            return k;
        }
    }
    return std::nullopt;
}

std::optional<std::size_t> lower_bound_rank(std::size_t samples, double q, double confidence) {
    std::optional<std::size_t> rank;
    for (std::size_t k = 1; k <= samples; ++k) {
        if (binomial_cdf(static_cast<std::int64_t>(k) - 1, static_cast<std::int64_t>(samples), q) >
            1 - confidence) {
            break;
        }
        rank = k;
    }
    return rank;
}

double rate_upper_bound(std::size_t successes, std::size_t trials, double confidence) {
    if (successes >= trials) {
        return 1;
    }
    // The largest p under which so few successes are not yet surprising; the cdf falls with p.
    double low = 0;
    double high = 1;
    for (int i = 0; i < 60; ++i) {
        const double middle = (low + high) / 2;
        const bool plausible = binomial_cdf(static_cast<std::int64_t>(successes),
                                            static_cast<std::int64_t>(trials),
                                            middle) > 1 - confidence;
        (plausible ? low : high) = middle;
    }
    return low;
}

Spread spread_of(std::vector<std::int64_t> samples) {
    if (samples.empty()) {
        return {};
    }
    std::sort(samples.begin(), samples.end());
    return {samples.front(), quantile(samples, 0.5), quantile(samples, 0.95), samples.back()};
}

}  // namespace sim
