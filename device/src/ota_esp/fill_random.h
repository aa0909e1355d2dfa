// The chip's random numbers, for whichever cryptography is used. Any task.
#pragma once

#include "ota/wire/error.h"

namespace otter {

// Fills `out`. True random numbers while Wi-Fi, Bluetooth or the SAR ADC's noise feeds the
// generator, else pseudo-random ones: good enough for nonces and report ids, which have to differ
// and need not be secret; no key is made here.
//
// Errors: random_failed (never on the chip)
// Source: esp_fill_random(), ESP-IDF v5.5.5 docs/en/api-reference/system/random.rst
Error fill_random(MutableBytes out);

}  // namespace otter
