#include "ota_esp/mbedtls_crypto.h"

#if OTTER_HAS_MBEDTLS_CRYPTO
#include <mbedtls/ecdsa.h>

#include "ota/wire/checkin.h"
#include "ota_esp/fill_random.h"

#if !defined(MBEDTLS_SHA256_C) || !defined(MBEDTLS_ECDSA_C) || \
    !defined(MBEDTLS_ECP_DP_SECP256R1_ENABLED)
#error "Otter needs SHA-256, ECDSA and the curve secp256r1: menuconfig, Component config, mbedTLS"
#endif

namespace otter {
namespace {

constexpr size_t kNumberSize = kSignatureSize / 2;  // [bytes] of r and of s

// What a verification computes with.
struct Curve {
  Curve() {
    mbedtls_ecp_group_init(&group);
    mbedtls_ecp_point_init(&point);
    mbedtls_mpi_init(&r);
    mbedtls_mpi_init(&s);
  }
  ~Curve() {
    mbedtls_ecp_group_free(&group);
    mbedtls_ecp_point_free(&point);
    mbedtls_mpi_free(&r);
    mbedtls_mpi_free(&s);
  }
  Curve(const Curve&) = delete;
  Curve& operator=(const Curve&) = delete;

  mbedtls_ecp_group group;
  mbedtls_ecp_point point;
  mbedtls_mpi r;
  mbedtls_mpi s;
};

}  // namespace

MbedtlsCrypto::MbedtlsCrypto() {
  for (Lane& lane : lanes_) mbedtls_md_init(&lane.context);
}

MbedtlsCrypto::~MbedtlsCrypto() {
  for (Lane& lane : lanes_) mbedtls_md_free(&lane.context);
}

Error MbedtlsCrypto::begin() {
  if (is_begun_) return Error::ok;
  const mbedtls_md_info_t* sha256 = mbedtls_md_info_from_type(MBEDTLS_MD_SHA256);
  for (Lane& lane : lanes_) {
    mbedtls_md_free(&lane.context);  // what a begin() that failed has left
    if (mbedtls_md_setup(&lane.context, sha256, 0) != 0) return Error::low_memory;
  }
  is_begun_ = true;
  return Error::ok;
}

void MbedtlsCrypto::sha256_begin(HashLane lane) {
  at(lane).has_failed = !is_begun_ || mbedtls_md_starts(&at(lane).context) != 0;
}

void MbedtlsCrypto::sha256_update(HashLane lane, Bytes data) {
  Lane& hash = at(lane);
  if (hash.has_failed || data.size == 0) return;
  hash.has_failed = mbedtls_md_update(&hash.context, data.data, data.size) != 0;
}

Error MbedtlsCrypto::sha256_finish(HashLane lane, Digest* out) {
  Lane& hash = at(lane);
  const bool is_done = !hash.has_failed && mbedtls_md_finish(&hash.context, out->bytes) == 0;
  hash.has_failed = true;  // until it is begun again
  return is_done ? Error::ok : Error::low_memory;
}

// mbedtls_ecp_check_pubkey(): a point that is not on the curve would make the equation mean
// nothing.
bool MbedtlsCrypto::verify_p256(Bytes public_key, const Digest& digest, Bytes signature) {
  if (public_key.size != kPublicKeySize || signature.size != kSignatureSize) return false;
  Curve curve;
  const Bytes r = signature.part(0, kNumberSize);
  const Bytes s = signature.part(kNumberSize);
  return mbedtls_ecp_group_load(&curve.group, MBEDTLS_ECP_DP_SECP256R1) == 0 &&
         mbedtls_ecp_point_read_binary(&curve.group, &curve.point, public_key.data,
                                       public_key.size) == 0 &&
         mbedtls_ecp_check_pubkey(&curve.group, &curve.point) == 0 &&
         mbedtls_mpi_read_binary(&curve.r, r.data, r.size) == 0 &&
         mbedtls_mpi_read_binary(&curve.s, s.data, s.size) == 0 &&
         mbedtls_ecdsa_verify(&curve.group, digest.bytes, kDigestSize, &curve.point, &curve.r,
                              &curve.s) == 0;
}

Error MbedtlsCrypto::random(MutableBytes out) { return fill_random(out); }

}  // namespace otter

#endif
