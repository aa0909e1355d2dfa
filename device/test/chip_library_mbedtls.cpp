// What chip_mbedtls_test wraps of the library.
#include "device/test/chip_library.h"
#include "ota_esp/mbedtls_crypto.h"

extern "C" {
using otter::ChipLibrary;
using otter::LibraryCall;

int __real_mbedtls_md_setup(mbedtls_md_context_t* context, const mbedtls_md_info_t* info, int hmac);
int __real_mbedtls_md_starts(mbedtls_md_context_t* context);
int __real_mbedtls_md_update(mbedtls_md_context_t* context, const uint8_t* data, size_t size);
int __real_mbedtls_md_finish(mbedtls_md_context_t* context, uint8_t* out);

int __wrap_mbedtls_md_setup(mbedtls_md_context_t* context, const mbedtls_md_info_t* info,
                            int hmac) {
  if (ChipLibrary::takes_failure(LibraryCall::begin)) return MBEDTLS_ERR_MD_ALLOC_FAILED;
  return __real_mbedtls_md_setup(context, info, hmac);
}
int __wrap_mbedtls_md_starts(mbedtls_md_context_t* context) {
  if (ChipLibrary::takes_failure(LibraryCall::hash_begin)) return MBEDTLS_ERR_MD_ALLOC_FAILED;
  return __real_mbedtls_md_starts(context);
}
int __wrap_mbedtls_md_update(mbedtls_md_context_t* context, const uint8_t* data, size_t size) {
  if (ChipLibrary::takes_failure(LibraryCall::hash_update)) return MBEDTLS_ERR_MD_ALLOC_FAILED;
  return __real_mbedtls_md_update(context, data, size);
}
int __wrap_mbedtls_md_finish(mbedtls_md_context_t* context, uint8_t* out) {
  if (ChipLibrary::takes_failure(LibraryCall::hash_finish)) return MBEDTLS_ERR_MD_ALLOC_FAILED;
  return __real_mbedtls_md_finish(context, out);
}
}
