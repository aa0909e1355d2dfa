// Where a device stands in the order in which a rollout takes devices. docs/spec/rollout.md. Pure,
// any thread.
//
// The place depends on the rollout and the device alone, so no restart and no second server moves a
// device from one stage to another; and on both, so that it isn't always the same devices that go
// first. It is no secret: whoever can choose a device's id can choose its place.
#pragma once

#include <cstdint>
#include <string_view>

namespace otter::fleet {

// Any of 2^64, the lowest first.
//
// Source: FNV-1a, 64 bit, draft-eastlake-fnv-17; its bits are spread by the finalizer of
//         splitmix64 (Vigna 2015; variant 13 of Stafford's)
uint64_t cohort_place(std::string_view rollout, std::string_view device);

}  // namespace otter::fleet
