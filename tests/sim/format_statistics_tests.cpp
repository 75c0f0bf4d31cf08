// SPDX-License-Identifier: GPL-2.0-or-later
#include "support/catch.hpp"

#include <algorithm>
#include <cmath>

#include "report/statistics.hpp"

namespace {

/// Slow and plain: sums C(n, i) p^i (1-p)^(n-i) with long double products.
double slow_cdf(std::int64_t k, std::int64_t n, double p) {
    long double sum = 0;
    for (std::int64_t i = 0; i <= std::min(k, n); ++i) {
        long double term = 1;
        for (std::int64_t j = 0; j < i; ++j) {
            term *= static_cast<long double>(n - j) / static_cast<long double>(j + 1) *
                    static_cast<long double>(p);
        }
        for (std::int64_t j = 0; j < n - i; ++j) {
            term *= 1 - static_cast<long double>(p);
        }
        sum += term;
    }
    return static_cast<double>(sum);
}

/// Smallest sample such that at least q of all are not larger, by counting.
std::int64_t slow_quantile(const std::vector<std::int64_t>& samples, double q) {
    std::int64_t best = *std::max_element(samples.begin(), samples.end());
    for (const std::int64_t candidate : samples) {
        const auto below = std::count_if(
            samples.begin(), samples.end(), [&](std::int64_t s) { return s <= candidate; });
        if (static_cast<double>(below) >= q * static_cast<double>(samples.size()) - 1e-9) {
            best = std::min(best, candidate);
        }
    }
    return best;
}

/// A small generator for test data.
struct Sequence {
    std::uint64_t state;
    std::uint64_t next() {
        state = state * 6364136223846793005ULL + 1442695040888963407ULL;
        return state >> 33U;
    }
};

}  // namespace

TEST_CASE("Statistics: the binomial sum agrees with the slow one", "[sim][report]") {
    for (const std::int64_t n : {1, 2, 7, 30, 59, 200}) {
        for (const double p : {0.05, 0.5, 0.95, 0.99}) {
            for (std::int64_t k = -1; k <= n; k += n > 30 ? 13 : 1) {
                CAPTURE(n, p, k);
                CHECK(sim::binomial_cdf(k, n, p) ==
                      Approx(k < 0 ? 0.0 : slow_cdf(k, n, p)).margin(1e-12));
            }
        }
    }
    CHECK(sim::binomial_cdf(0, 100'000, 0.5) == Approx(0).margin(1e-300));
}

TEST_CASE("Statistics: quantiles are nearest-rank", "[sim][report]") {
    Sequence random{42};
    for (int round = 0; round < 200; ++round) {
        std::vector<std::int64_t> samples(1 + random.next() % 60);
        for (auto& sample : samples) {
            sample = static_cast<std::int64_t>(random.next() % 20);
        }
        std::vector<std::int64_t> sorted = samples;
        std::sort(sorted.begin(), sorted.end());
        for (const double q : {0.01, 0.05, 0.5, 0.9, 0.95, 1.0}) {
            CAPTURE(round, q, sorted);
            CHECK(sim::quantile(sorted, q) == slow_quantile(samples, q));
        }
    }
}

TEST_CASE("Statistics: a bound on p95 needs 59 samples, on p50 five", "[sim][report]") {
    CHECK_FALSE(sim::upper_bound_rank(58, 0.95).has_value());  // 0.95^58 = 0.051
    CHECK(sim::upper_bound_rank(59, 0.95) == 59U);             // 0.95^59 = 0.0485
    CHECK_FALSE(sim::upper_bound_rank(4, 0.5).has_value());
    CHECK(sim::upper_bound_rank(5, 0.5) == 5U);
    CHECK(sim::lower_bound_rank(5, 0.5) == 1U);
    CHECK_FALSE(sim::lower_bound_rank(4, 0.5).has_value());
}

TEST_CASE("Statistics: bounds are the tightest ranks that keep 95 %", "[sim][report]") {
    for (const std::size_t n : {20U, 59U, 100U, 200U}) {
        for (const double q : {0.5, 0.9, 0.95}) {
            CAPTURE(n, q);
            const auto count = static_cast<std::int64_t>(n);
            if (const auto high = sim::upper_bound_rank(n, q)) {
                const auto rank = static_cast<std::int64_t>(*high);
                CHECK(slow_cdf(rank - 1, count, q) >= 0.95);
                CHECK(slow_cdf(rank - 2, count, q) < 0.95);
            }
            if (const auto low = sim::lower_bound_rank(n, q)) {
                const auto rank = static_cast<std::int64_t>(*low);
                CHECK(slow_cdf(rank - 1, count, q) <= 0.05);
                CHECK(slow_cdf(rank, count, q) > 0.05);
            }
        }
    }
}

TEST_CASE("Statistics: bounds cover the true quantile as often as they claim", "[sim][report]") {
    Sequence random{7};
    const std::size_t n = 100;
    int covered = 0;
    const int rounds = 2000;
    for (int round = 0; round < rounds; ++round) {
        std::vector<std::int64_t> samples(n);
        for (auto& sample : samples) {
            sample = static_cast<std::int64_t>(random.next() % 1'000'000);
        }
        std::sort(samples.begin(), samples.end());
        covered += samples[*sim::upper_bound_rank(n, 0.9) - 1] >= 900'000 ? 1 : 0;
    }
    CHECK(covered >= rounds * 93 / 100);
    CHECK(covered < rounds);
}

TEST_CASE("Statistics: the bound of a rate solves the binomial tail", "[sim][report]") {
    CHECK(sim::rate_upper_bound(5, 5) == 1.0);
    for (const std::size_t failures : {1U, 10U, 50U}) {
        const double bound = sim::rate_upper_bound(200 - failures, 200);
        CHECK(slow_cdf(static_cast<std::int64_t>(200 - failures), 200, bound) ==
              Approx(0.05).margin(1e-6));
    }
    CHECK(sim::rate_upper_bound(0, 1) == Approx(0.95));
}

TEST_CASE("Statistics: spread of nothing is zero", "[sim][report]") {
    CHECK(sim::spread_of({}) == sim::Spread{});
    CHECK(sim::spread_of({5, 1, 3}) == sim::Spread{1, 3, 5, 5});
}
