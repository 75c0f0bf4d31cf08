// SPDX-License-Identifier: GPL-2.0-or-later
// Random streams and distributions of the simulation. One stream per object and purpose, named;
// adding a stream never shifts the draws of another. Integer arithmetic where it can be; no std::
// distribution (those differ by library).
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>
#include <variant>
#include <vector>

namespace models {

using Duration = std::chrono::nanoseconds;

class RandomStream {
  public:
    RandomStream(std::uint64_t seed, std::string_view name) noexcept;
    std::uint64_t next() noexcept;
    /// Uniform in [0, bound); bound > 0.
    std::uint64_t below(std::uint64_t bound) noexcept;
    /// Uniform in [0, 1) with 53 bits.
    double unit() noexcept;
    bool chance(double probability) noexcept;
    /// Uniform in [low, high], both included.
    Duration uniform(Duration low, Duration high) noexcept;

  private:
    std::uint64_t m_state[4];
};

struct ConstantDist {
    Duration value{};
};
struct UniformDist {
    Duration min{}, max{};
};
struct TriangularDist {
    Duration min{}, mode{}, max{};
};
struct NormalDist {
    Duration mean{}, sd{}, min{}, max{};
};  ///< truncated to [min, max]
struct LognormalDist {
    Duration median{};
    double sigma = 0;
};
struct ExponentialDist {
    Duration mean{};
};
struct WeibullDist {
    Duration scale{};
    double shape = 1;
};
struct EmpiricalDist {
    std::vector<Duration> values;
};
using Distribution = std::variant<ConstantDist,
                                  UniformDist,
                                  TriangularDist,
                                  NormalDist,
                                  LognormalDist,
                                  ExponentialDist,
                                  WeibullDist,
                                  EmpiricalDist>;

/// Never negative.
[[nodiscard]] Duration draw(const Distribution&, RandomStream&);

}  // namespace models
