// SPDX-License-Identifier: GPL-2.0-or-later
// Any frame decodes as at most one of the two TDMoE formats, and what decodes survives encoding.
#include <cstdint>

#include "cluster/check.hpp"
#include "cluster/wire/tdmoe.hpp"

using namespace cluster::wire;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto bytes = std::as_bytes(std::span{data, size});
    const auto single = decode_tdmoe_single(bytes);
    const auto multi = decode_tdmoe_multi(bytes);
    CLUSTER_CHECK(!single || !multi);
    if (single) {
        const auto again = encode(*single);
        CLUSTER_CHECK(again.size() == bytes.size());
        CLUSTER_CHECK(*decode_tdmoe_single(again) == *single);
    }
    if (multi) {
        const auto again = encode(*multi);
        CLUSTER_CHECK(again.size() == bytes.size());
        CLUSTER_CHECK(*decode_tdmoe_multi(again) == *multi);
    }
    return 0;
}
