// SPDX-License-Identifier: GPL-2.0-or-later
// The core's own random numbers (SplitMix64): seeded from outside, equal on every platform.
// For the protocol's spreading choices only; nothing about security rests on it.
#pragma once

#include <cstdint>

namespace cluster {

class Prng {
  public:
    explicit Prng(std::uint64_t seed) noexcept : m_state(seed) {}

    std::uint64_t next() noexcept {
        m_state += 0x9e3779b97f4a7c15U;
        std::uint64_t z = m_state;
        z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
        z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
        return z ^ (z >> 31U);
    }

    /// Uniform in [0, bound); bound below 2^32. The bias of the integer ratio is far below what
    /// anyone can measure here.
    std::uint64_t below(std::uint64_t bound) noexcept { return ((next() >> 32U) * bound) >> 32U; }

    template <class Archive, class Self>
    static void archive(Archive& ar, Self& self) {
        ar(self.m_state);
    }

  private:
    std::uint64_t m_state;
};

}  // namespace cluster
