// SPDX-License-Identifier: GPL-2.0-or-later
// Replaces the global allocation functions with counting ones. All unaligned forms, because
// sanitizers bring their own for each form that is left out and then complain about the mixture.
#include "allocation_count.hpp"

#include <cstdlib>
#include <new>

namespace {

std::size_t allocations = 0;

void* counted(std::size_t size) noexcept {
    ++allocations;
    return std::malloc(size == 0 ? 1 : size);
}

void* counted_or_throw(std::size_t size) {
    if (void* const memory = counted(size)) {
        return memory;
    }
    throw std::bad_alloc{};
}

}  // namespace

void* operator new(std::size_t size) {
    return counted_or_throw(size);
}

void* operator new[](std::size_t size) {
    return counted_or_throw(size);
}

void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
    return counted(size);
}

void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
    return counted(size);
}

void operator delete(void* memory) noexcept {
    std::free(memory);
}

void operator delete[](void* memory) noexcept {
    std::free(memory);
}

void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}

void operator delete[](void* memory, std::size_t) noexcept {
    std::free(memory);
}

void operator delete(void* memory, const std::nothrow_t&) noexcept {
    std::free(memory);
}

void operator delete[](void* memory, const std::nothrow_t&) noexcept {
    std::free(memory);
}

namespace test_support {

std::size_t allocation_count() noexcept {
    return allocations;
}

}  // namespace test_support
