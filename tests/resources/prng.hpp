// SPDX-License-Identifier: GPL-2.0-or-later
// splitmix64: small, seeded, the same everywhere. For property tests only.
#pragma once

#include <cstdint>

namespace testing {

class Prng {
  public:
    explicit Prng(std::uint64_t seed) : m_state(seed) {}
    std::uint64_t next() {
        std::uint64_t z = (m_state += 0x9E3779B97F4A7C15U);
        z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
        z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
        return z ^ (z >> 31U);
    }
    /// 0 .. bound - 1
    std::uint64_t below(std::uint64_t bound) { return next() % bound; }
    bool one_in(std::uint64_t n) { return below(n) == 0; }

  private:
    std::uint64_t m_state;
};

}  // namespace testing
