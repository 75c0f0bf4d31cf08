// SPDX-License-Identifier: GPL-2.0-or-later
// Replaces the global allocation functions with counting ones; the array forms call these.
#include "allocation_count.hpp"

#include <cstdlib>
#include <new>

namespace {

std::size_t allocations = 0;

}  // namespace

void* operator new(std::size_t size) {
    ++allocations;
    if (void* const memory = std::malloc(size == 0 ? 1 : size)) {
        return memory;
    }
    throw std::bad_alloc{};
}

void operator delete(void* memory) noexcept {
    std::free(memory);
}

void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}

namespace test_support {

std::size_t allocation_count() noexcept {
    return allocations;
}

}  // namespace test_support
