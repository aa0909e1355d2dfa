// Release keys: P-256 keys in PEM files, and the signatures they make. docs/operating.md. The
// private half never leaves its file but to sign. Any thread.
#pragma once

#include <array>
#include <stdexcept>
#include <string>
#include <vector>

#include "ota/wire/checkin.h"

namespace otter {

// A key file that can't be read, written or used. what(): one line that names the file and what to
// do.
struct KeyError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

using RawSignature = std::array<uint8_t, kSignatureSize>;  // r || s, big-endian

// Makes a P-256 key: the private half as PKCS#8 PEM in a new file `path` of mode 0600, the public
// half as PEM in `path` + ".pub".
//
// Errors: KeyError (either file is there already, or can't be written)
// Power:  a cut inside may leave one file or an unfinished one; neither is ever overwritten
void make_signing_key(const std::string& path);

// The public point [kPublicKeySize bytes, SEC1 uncompressed] of a public or a private PEM file.
//
// Errors: KeyError (unreadable, no key, encrypted, not on P-256)
std::vector<uint8_t> read_public_point(const std::string& path);

// The same from the PEM's text; `source` is what errors call it.
//
// Errors: KeyError
std::vector<uint8_t> public_point_of_pem(const std::string& pem, const std::string& source);

// The point as a PEM text ("BEGIN PUBLIC KEY").
//
// Errors: KeyError (not a point of P-256)
std::string public_pem_of(Bytes point);

// The key's id: 16 hexadecimal digits, the first 8 bytes of SHA-256 of the point.
std::string key_id_of(Bytes point);

// Signs with the private key in the PEM file `path`.
//
// Errors: KeyError (unreadable, a public key, encrypted, not on P-256)
RawSignature sign_digest(const std::string& path, const Digest& digest);

// A signature made elsewhere: raw r || s, or DER as OpenSSL and most vaults give it.
//
// Errors: KeyError (neither of both)
RawSignature read_signature(Bytes raw_or_der);

}  // namespace otter
