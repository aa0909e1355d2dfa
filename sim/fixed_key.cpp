#include "sim/fixed_key.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/obj_mac.h>

#include "publish/c_deleter.h"
#include "publish/host_crypto.h"
#include "sim/sim_error.h"

namespace otter::sim {
namespace {

using Group = std::unique_ptr<EC_GROUP, CDeleter<EC_GROUP_free>>;
using Point = std::unique_ptr<EC_POINT, CDeleter<EC_POINT_free>>;
using Number = std::unique_ptr<BIGNUM, CDeleter<BN_free>>;
using Context = std::unique_ptr<BN_CTX, CDeleter<BN_CTX_free>>;

void require(bool ok) {
  if (!ok) throw SimError("P-256: OpenSSL can't compute");
}

Digest hash(Bytes bytes) {
  HostCrypto crypto;
  return sha256(crypto, bytes).value;
}

// P-256 and room to compute in.
struct Curve {
  Group group{EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1)};
  Context context{BN_CTX_new()};

  const BIGNUM* order() const { return EC_GROUP_get0_order(group.get()); }
  Number number(const Digest& digest) const {
    Number out(BN_bin2bn(digest.bytes, kDigestSize, nullptr));
    require(out && BN_nnmod(out.get(), out.get(), order(), context.get()) == 1);
    return out;
  }
  Point times_base(const BIGNUM* factor) const {
    Point out(EC_POINT_new(group.get()));
    require(out && EC_POINT_mul(group.get(), out.get(), factor, nullptr, nullptr, context.get()));
    return out;
  }
};

}  // namespace

FixedKey::FixedKey(const std::string& name)
    : secret_(hash(as_bytes(Text("otter simulator key " + name)))) {
  const Curve curve;
  const Point point = curve.times_base(curve.number(secret_).get());
  require(EC_POINT_point2oct(curve.group.get(), point.get(), POINT_CONVERSION_UNCOMPRESSED,
                             key_.point, sizeof(key_.point),
                             curve.context.get()) == sizeof(key_.point));
  key_id_ = key_id_of(Bytes(key_.point));
  if (hex_decode(Text(key_id_), key_.id) != Error::ok) throw SimError("P-256: no key id");
}

// Source: FIPS 186-5 section 6.4.1, with k made as in none of its methods: only good for worlds
// without an enemy.
RawSignature FixedKey::sign(const Digest& digest) const {
  const Curve curve;
  BN_CTX* const context = curve.context.get();
  std::vector<uint8_t> both(secret_.bytes, secret_.bytes + kDigestSize);
  both.insert(both.end(), digest.bytes, digest.bytes + kDigestSize);
  const Number k = curve.number(hash(both));
  const Number d = curve.number(secret_);
  const Number z = curve.number(digest);
  const Number r(BN_new());
  const Number s(BN_new());
  const Point point = curve.times_base(k.get());
  const BIGNUM* const n = curve.order();
  require(r && s &&
          EC_POINT_get_affine_coordinates(curve.group.get(), point.get(), r.get(), nullptr,
                                          context) == 1 &&
          BN_nnmod(r.get(), r.get(), n, context) == 1 &&
          BN_mod_mul(s.get(), r.get(), d.get(), n, context) == 1 &&
          BN_mod_add(s.get(), s.get(), z.get(), n, context) == 1);
  const Number inverse(BN_mod_inverse(nullptr, k.get(), n, context));
  require(inverse && BN_mod_mul(s.get(), s.get(), inverse.get(), n, context) == 1);
  RawSignature out{};
  require(BN_bn2binpad(r.get(), out.data(), 32) == 32 &&
          BN_bn2binpad(s.get(), out.data() + 32, 32) == 32);
  return out;
}

SignedManifest FixedKey::sign_manifest(const std::string& manifest) const {
  return {manifest, {{key_id_, sign(manifest_signing_digest(manifest))}}};
}

}  // namespace otter::sim
