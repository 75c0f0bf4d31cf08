// SPDX-License-Identifier: GPL-2.0-or-later
// xoshiro256** (Blackman, Vigna 2018), seeded by splitmix64 from the seed and the FNV-1a hash of
// the stream's name.
#include "random.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace models {
namespace {

std::uint64_t fnv1a(std::string_view text) noexcept {
    std::uint64_t hash = 0xcbf29ce484222325ULL;
    for (const char c : text) {
        hash ^= static_cast<unsigned char>(c);
        hash *= 0x100000001b3ULL;
    }
    return hash;
}

std::uint64_t splitmix64(std::uint64_t& state) noexcept {
    state += 0x9e3779b97f4a7c15ULL;
    std::uint64_t z = state;
    z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27U)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31U);
}

constexpr std::uint64_t rotate_left(std::uint64_t x, unsigned k) noexcept {
    return (x << k) | (x >> (64U - k));
}

/// Durations beyond a century are a slip of a heavy tail, not a time; the cut keeps sums far from
/// overflow.
constexpr double longest_ns = 3.2e18;

Duration from_ns(double ns) noexcept {
    if (!(ns > 0)) {
        return Duration::zero();
    }
    return Duration{static_cast<std::int64_t>(std::min(ns, longest_ns))};
}

double to_ns(Duration d) noexcept {
    return static_cast<double>(d.count());
}

/// (0, 1]: safe under a logarithm.
double unit_above_zero(RandomStream& stream) noexcept {
    return 1.0 - stream.unit();
}

/// Box–Muller, one of the pair; the other is thrown away so that a draw has no memory.
double standard_normal(RandomStream& stream) noexcept {
    const double radius = std::sqrt(-2.0 * std::log(unit_above_zero(stream)));
    return radius * std::cos(2.0 * std::numbers::pi * stream.unit());
}

Duration draw_from(const ConstantDist& d, RandomStream&) noexcept {
    return d.value;
}

Duration draw_from(const UniformDist& d, RandomStream& stream) noexcept {
    return d.max > d.min ? stream.uniform(d.min, d.max) : d.min;
}

Duration draw_from(const TriangularDist& d, RandomStream& stream) noexcept {
    const double low = to_ns(d.min);
    const double high = to_ns(d.max);
    const double mode = std::clamp(to_ns(d.mode), std::min(low, high), std::max(low, high));
    if (!(high > low)) {
        return d.min;
    }
    const double u = stream.unit();
    const double split = (mode - low) / (high - low);
    return from_ns(u < split ? low + std::sqrt(u * (high - low) * (mode - low))
                             : high - std::sqrt((1.0 - u) * (high - low) * (high - mode)));
}

Duration draw_from(const NormalDist& d, RandomStream& stream) noexcept {
    // max = 0 (the default) means: no upper limit.
    const double low = std::max(0.0, to_ns(d.min));
    const double high = d.max > Duration::zero() ? to_ns(d.max) : longest_ns;
    if (!(high > low)) {
        return from_ns(low);
    }
    // Rejection keeps the shape of the truncated curve; limits far in a tail end in a clamp instead
    // of a long loop.
    for (int attempt = 0; attempt < 1000; ++attempt) {
        const double x = to_ns(d.mean) + to_ns(d.sd) * standard_normal(stream);
        if (x >= low && x <= high) {
            return from_ns(x);
        }
    }
    return from_ns(std::clamp(to_ns(d.mean), low, high));
}

Duration draw_from(const LognormalDist& d, RandomStream& stream) noexcept {
    return from_ns(to_ns(d.median) * std::exp(d.sigma * standard_normal(stream)));
}

Duration draw_from(const ExponentialDist& d, RandomStream& stream) noexcept {
    return from_ns(-to_ns(d.mean) * std::log(unit_above_zero(stream)));
}

Duration draw_from(const WeibullDist& d, RandomStream& stream) noexcept {
    if (!(d.shape > 0)) {
        return d.scale;
    }
    return from_ns(to_ns(d.scale) * std::pow(-std::log(unit_above_zero(stream)), 1.0 / d.shape));
}

Duration draw_from(const EmpiricalDist& d, RandomStream& stream) noexcept {
    return d.values.empty() ? Duration::zero()
                            : d.values[static_cast<std::size_t>(stream.below(d.values.size()))];
}

}  // namespace

RandomStream::RandomStream(std::uint64_t seed, std::string_view name) noexcept {
    // The seed is mixed before the name joins it, so that neighbouring seeds and similar names
    // share nothing.
    std::uint64_t state = splitmix64(seed) ^ fnv1a(name);
    for (std::uint64_t& word : m_state) {
        word = splitmix64(state);
    }
}

std::uint64_t RandomStream::next() noexcept {
    const std::uint64_t result = rotate_left(m_state[1] * 5, 7) * 9;
    const std::uint64_t t = m_state[1] << 17U;
    m_state[2] ^= m_state[0];
    m_state[3] ^= m_state[1];
    m_state[1] ^= m_state[2];
    m_state[0] ^= m_state[3];
    m_state[2] ^= t;
    m_state[3] = rotate_left(m_state[3], 45);
    return result;
}

std::uint64_t RandomStream::below(std::uint64_t bound) noexcept {
    if (bound < 2) {
        return 0;
    }
    // The lowest (2^64 mod bound) values are refused, which leaves a whole number of full ranges:
    // no bias.
    const std::uint64_t refused = (0 - bound) % bound;
    std::uint64_t x = next();
    while (x < refused) {
        x = next();
    }
    return x % bound;
}

double RandomStream::unit() noexcept {
    return static_cast<double>(next() >> 11U) * 0x1.0p-53;
}

bool RandomStream::chance(double probability) noexcept {
    return unit() < probability;
}

Duration RandomStream::uniform(Duration low, Duration high) noexcept {
    if (high <= low) {
        return low;
    }
    const std::uint64_t width =
        static_cast<std::uint64_t>(high.count()) - static_cast<std::uint64_t>(low.count());
    const std::uint64_t step =
        width == std::numeric_limits<std::uint64_t>::max() ? next() : below(width + 1);
    return Duration{static_cast<std::int64_t>(static_cast<std::uint64_t>(low.count()) + step)};
}

Duration draw(const Distribution& distribution, RandomStream& stream) {
    const Duration drawn =
        std::visit([&stream](const auto& d) { return draw_from(d, stream); }, distribution);
    return std::max(drawn, Duration::zero());
}

}  // namespace models
