#include "publish/trust_builder.h"

#include <boost/json.hpp>
#include <cctype>
#include <fstream>
#include <iterator>

#include "ota/wire/trust.h"
#include "publish/base64.h"
#include "publish/certificates.h"
#include "publish/host_crypto.h"
#include "publish/text.h"

namespace otter {
namespace {

namespace json = boost::json;

constexpr char kPemBegin[] = "-----BEGIN CERTIFICATE-----";
constexpr char kPemEnd[] = "-----END CERTIFICATE-----";

std::vector<uint8_t> from_base64(Text text) {
  std::vector<uint8_t> bytes(text.size);
  const Result<size_t> size = base64_decode(text, bytes);
  if (!size.ok()) throw TrustError("not base64");
  bytes.resize(size.value);
  return bytes;
}

std::string without_space(const std::string& text) {
  std::string out;
  for (char c : text) {
    if (std::isspace(static_cast<unsigned char>(c)) == 0) out += c;
  }
  return out;
}

}  // namespace

std::vector<uint8_t> read_anchor(const std::string& certificate_file) {
  const CertificateFacts facts = read_certificate(certificate_file);
  if (!facts.authority) {
    throw CertificateError(certificate_file + " is no authority's certificate but that of " +
                           facts.subject + "; name the one that signed it (ca.crt)");
  }
  std::ifstream file(certificate_file, std::ios::binary);
  const std::string pem{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  const size_t begin = pem.find(kPemBegin);
  const size_t end = pem.find(kPemEnd);
  if (begin == std::string::npos || end == std::string::npos || end < begin) {
    throw CertificateError(certificate_file + " is no certificate in PEM format");
  }
  if (pem.find(kPemBegin, end) != std::string::npos) {
    throw TrustError(certificate_file + " holds several certificates; give each its own file");
  }
  const size_t inside = begin + sizeof(kPemBegin) - 1;
  return from_base64(without_space(pem.substr(inside, end - inside)));
}

std::string read_pin(const std::string& certificate_file) {
  const std::vector<uint8_t> digest = from_base64(spki_pin(certificate_file));
  std::string hex(2 * digest.size(), '\0');
  hex_encode(digest, hex.data());
  return hex;
}

std::string build_trust(const TrustDocument& trust) {
  json::array anchors;
  for (const std::vector<uint8_t>& anchor : trust.anchors)
    anchors.emplace_back(base64_text(anchor));
  json::array pins;
  for (const std::string& pin : trust.pins) pins.emplace_back(pin);
  const std::string body = json::serialize(json::object{{"schema", 1},
                                                        {"version", trust.version},
                                                        {"created", trust.created_s},
                                                        {"anchors", anchors},
                                                        {"pins", pins}});
  const Error error = parse_trust(body).error;
  if (error == Error::ok) return body;
  const bool too_large = error == Error::too_large;
  throw TrustError("no device would take this trust payload: " + string_of(name(error)) +
                   (too_large ? "; at most 4 anchors, 8 pins, 3072 bytes" : ""));
}

TrustDocument read_trust(const std::string& body) {
  const Result<TrustPayload> trust = parse_trust(body);
  if (!trust.ok()) throw TrustError("not a trust payload: " + string_of(name(trust.error)));
  TrustDocument out;
  out.version = trust.value.version;
  out.created_s = Json::parse(body).value.member("created").value.integer().value;
  for (JsonItems items(trust.value.anchors); items.next();) {
    out.anchors.push_back(from_base64(items.value().plain_string().value));
  }
  for (JsonItems items(trust.value.pins); items.next();) {
    out.pins.push_back(string_of(items.value().plain_string().value));
  }
  return out;
}

LinkVerdict judge_trust(const SignedDocument& root, const SignedDocument& trust) {
  read_trust(trust.body);
  const RootDocument keys = read_root(root.body);
  const SignerCount count = count_signers(trust, keys);
  if (!count.is_enough()) {
    std::string missing;
    for (const std::string& id : count.missing) missing += (missing.empty() ? "" : ", ") + id;
    return {false, "signed by " + std::to_string(count.signers.size()) + " of the " +
                       std::to_string(count.needed) + " root keys needed; not yet by " + missing};
  }
  const std::string frame = write_signed_document(trust);
  HostCrypto crypto;
  TrustPayload ignored;
  const Error error = verify_trust(crypto, parse_envelope(as_bytes(frame)).value,
                                   parse_root(root.body).value, &ignored);
  if (error == Error::ok) return {true, ""};
  return {false, "a device refuses it: " + string_of(name(error))};
}

}  // namespace otter
