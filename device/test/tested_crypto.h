// The Crypto that the tests of cryptography run with: the host's, or in tests of the chip's port
// the one that the build names. One thread.
#pragma once

#include <gtest/gtest.h>

#include "publish/host_crypto.h"
#ifdef OTTER_TESTED_CRYPTO
#include OTTER_TESTED_CRYPTO_HEADER
#endif

namespace otter {

#ifdef OTTER_TESTED_CRYPTO
class TestedCrypto : public OTTER_TESTED_CRYPTO {
 public:
  TestedCrypto() { EXPECT_EQ(begin(), Error::ok); }
};
#else
using TestedCrypto = HostCrypto;
#endif

}  // namespace otter
