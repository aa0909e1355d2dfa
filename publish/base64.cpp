#include "publish/base64.h"

#include <openssl/evp.h>

#include "ota/wire/digest.h"

namespace otter {

// OpenSSL's, quicker than the core's, which is made to be small.
std::string base64_text(Bytes bytes) {
  std::string text(base64_size(bytes.size), '\0');
  // The NUL that is written behind it lies where the string has its own.
  EVP_EncodeBlock(reinterpret_cast<uint8_t*>(text.data()), bytes.data,
                  static_cast<int>(bytes.size));
  return text;
}

}  // namespace otter
