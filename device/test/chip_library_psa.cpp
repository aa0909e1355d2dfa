// What chip_psa_test wraps of the library.
#include "device/test/chip_library.h"
#include "ota_esp/psa_crypto.h"

extern "C" {
using otter::ChipLibrary;
using otter::LibraryCall;

psa_status_t __real_psa_crypto_init();
psa_status_t __real_psa_hash_setup(psa_hash_operation_t* operation, psa_algorithm_t algorithm);
psa_status_t __real_psa_hash_update(psa_hash_operation_t* operation, const uint8_t* data,
                                    size_t size);
psa_status_t __real_psa_hash_finish(psa_hash_operation_t* operation, uint8_t* hash, size_t space,
                                    size_t* size);

psa_status_t __wrap_psa_crypto_init() {
  if (ChipLibrary::takes_failure(LibraryCall::begin)) return PSA_ERROR_INSUFFICIENT_MEMORY;
  return __real_psa_crypto_init();
}
psa_status_t __wrap_psa_hash_setup(psa_hash_operation_t* operation, psa_algorithm_t algorithm) {
  if (ChipLibrary::takes_failure(LibraryCall::hash_begin)) return PSA_ERROR_INSUFFICIENT_MEMORY;
  return __real_psa_hash_setup(operation, algorithm);
}
psa_status_t __wrap_psa_hash_update(psa_hash_operation_t* operation, const uint8_t* data,
                                    size_t size) {
  if (ChipLibrary::takes_failure(LibraryCall::hash_update)) return PSA_ERROR_INSUFFICIENT_MEMORY;
  return __real_psa_hash_update(operation, data, size);
}
psa_status_t __wrap_psa_hash_finish(psa_hash_operation_t* operation, uint8_t* hash, size_t space,
                                    size_t* size) {
  *size = space;  // no less than a failing library may leave there
  if (ChipLibrary::takes_failure(LibraryCall::hash_finish)) return PSA_ERROR_INSUFFICIENT_MEMORY;
  return __real_psa_hash_finish(operation, hash, space, size);
}
}
