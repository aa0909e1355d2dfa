// Every way in which something can fail on the device: one closed list. The spelling here is the
// spelling in logs, JSON, the database and the documentation (docs/errors.md). A number is never
// given to another word. Pure, any thread.
#pragma once

#include "ota/wire/bytes.h"

namespace otter {

// X(word, number, meaning). 1..99 the world: try again later. 100..199 data: the same bytes can't
// succeed, report it. 200..299 state: the wrong moment, or how a trial ended.
#define OTTER_ERRORS(X)                                                                           \
  X(ok, 0, "no error")                                                                            \
  X(flash_io, 1, "a flash operation failed or did not read back")                                 \
  X(network_unreachable, 2, "no connection to the server")                                        \
  X(network_timeout, 3, "the server did not answer in time")                                      \
  X(network_closed, 4, "the connection ended too early")                                          \
  X(tls_untrusted, 5, "the server's certificate is not one that this device trusts")              \
  X(http_status, 6, "the server answered with an unexpected status")                              \
  X(server_busy, 7, "the server asked to come back later")                                        \
  X(unauthorized, 8, "the server did not accept this device's key")                               \
  X(not_found, 9, "the server has no such file")                                                  \
  X(low_memory, 10, "not enough memory for the update")                                           \
  X(low_battery, 11, "not enough battery for the update")                                         \
  X(random_failed, 12, "no random numbers")                                                       \
  X(settings_io, 13, "the settings could not be read or written")                                 \
  X(request_refused, 14, "the server refused the request as wrong")                               \
  X(network_slow, 15, "the server sends too slowly")                                              \
  X(redirected_too_often, 16, "the server redirects too often, or to no valid address")           \
  X(content_changed, 17, "the file changed on the server between two requests")                   \
  X(root_missing, 18, "root metadata that was in force here is lost, and not fetched again yet")  \
  X(malformed, 100, "not in the documented format")                                               \
  X(truncated, 101, "ends too early")                                                             \
  X(trailing_bytes, 102, "bytes after the end")                                                   \
  X(too_large, 103, "larger than the limit")                                                      \
  X(too_deep, 104, "nested too deeply")                                                           \
  X(duplicate_key, 105, "a key appears twice")                                                    \
  X(missing_field, 106, "a required field is missing")                                            \
  X(wrong_type, 107, "a field has the wrong type")                                                \
  X(out_of_range, 108, "a value is outside of its range")                                         \
  X(unsupported, 109, "valid, but not supported here")                                            \
  X(bad_magic, 110, "the magic number is wrong")                                                  \
  X(bad_checksum, 111, "the checksum is wrong")                                                   \
  X(bad_hash, 112, "the SHA-256 or MD5 is wrong")                                                 \
  X(bad_hmac, 113, "the HMAC is wrong")                                                           \
  X(bad_signature, 114, "the signature is wrong")                                                 \
  X(bad_mac, 115, "the statement's MAC is wrong")                                                 \
  X(unknown_key, 116, "not signed by a key that this device knows")                               \
  X(unknown_critical, 117, "a critical field is unknown")                                         \
  X(stale_statement, 118, "the statement answers another request")                                \
  X(wrong_offer, 119, "the manifest is not the one that the statement offers")                    \
  X(wrong_device, 120, "made for another device")                                                 \
  X(wrong_product, 121, "made for another product")                                               \
  X(wrong_chip, 122, "made for another chip")                                                     \
  X(wrong_revision, 123, "made for another chip revision")                                        \
  X(wrong_hardware, 124, "made for other hardware")                                               \
  X(wrong_layout, 125, "made for another partition layout")                                       \
  X(slot_too_small, 126, "the slot is too small for the image")                                   \
  X(old_sequence, 127, "older than what this device has already accepted")                        \
  X(below_floor, 128, "below the security version floor")                                         \
  X(version_too_old, 129, "the running version must first take a release between")                \
  X(client_too_old, 130, "the device library is too old for this release")                        \
  X(expired, 131, "the release has expired")                                                      \
  X(failed_before, 132, "this release has failed on this device before")                          \
  X(no_app_description, 133, "no application description where one must be")                      \
  X(no_appended_hash, 134, "the image carries no SHA-256 of its own")                             \
  X(wrong_version, 135, "the image is of another version than the manifest says")                 \
  X(downgrade, 136, "an older version than the running one, and the release does not allow that") \
  X(sequence_jump, 137, "the release's sequence is implausibly far ahead")                        \
  X(bad_config, 138, "the application refused the configuration")                                 \
  X(old_root, 140, "root metadata that does not follow the one trusted so far")                   \
  X(key_not_allowed, 141, "signed by a key that is revoked or may not sign this")                 \
  X(old_trust, 142, "an older trust payload than the one in use")                                 \
  X(wrong_base, 143, "a patch for another image than the one that runs")                          \
  X(not_in_trial, 200, "no trial is under way")                                                   \
  X(update_pending, 201, "another update waits for its reboot")                                   \
  X(no_slot, 202, "the partition table has no pair of OTA slots")                                 \
  X(no_fallback, 203, "there is no other image to go back to")                                    \
  X(crashed, 210, "the new image crashed")                                                        \
  X(watchdog, 211, "the new image hung and the watchdog reset it")                                \
  X(selftest_failed, 212, "the application's self-test failed")                                   \
  X(no_network, 213, "the new image found no network")                                            \
  X(no_contact, 214, "the new image could not reach its server")                                  \
  X(trial_interrupted, 215, "the trial was cut short too often by resets")                        \
  X(no_rollback_support, 216, "the bootloader has no rollback; rolled back by the journal")       \
  X(boot_loop, 217, "the confirmed image kept crashing")                                          \
  X(commanded, 218, "the server asked for it")                                                    \
  X(by_application, 219, "the application asked for it")

enum class [[nodiscard]] Error : uint32_t {
#define OTTER_ERROR_ENUM(word, number, meaning) word = number,
  OTTER_ERRORS(OTTER_ERROR_ENUM)
#undef OTTER_ERROR_ENUM
};

enum class ErrorGroup : uint8_t { none, world, data, state };

// The enumerator's spelling: "bad_hash". "unknown" for a number that is not in the list.
Text name(Error error);
// One line for a person: "the SHA-256 or MD5 is wrong".
Text meaning(Error error);
// The error of that name, or Error::ok if there is none such (`text` "ok" included).
Error error_named(Text text);
ErrorGroup group(Error error);

// A value or the reason why there is none. `value` is default-made when error != ok.
template <typename T>
struct [[nodiscard]] Result {
  T value{};
  Error error = Error::ok;

  constexpr Result(const T& value_in) : value(value_in) {}
  constexpr Result(Error error_in) : error(error_in) {}
  constexpr bool ok() const { return error == Error::ok; }
};

// Returns from the enclosing function if `expression` is an Error other than ok.
#define OTTER_TRY(expression)                                          \
  do {                                                                 \
    const ::otter::Error otter_try_error = (expression);               \
    if (otter_try_error != ::otter::Error::ok) return otter_try_error; \
  } while (false)

#define OTTER_JOIN_(a, b) a##b
#define OTTER_JOIN(a, b) OTTER_JOIN_(a, b)
// `OTTER_TRY_SET(size, parse(...));` assigns the Result's value, or returns its error.
#define OTTER_TRY_SET(target, expression)                            \
  const auto OTTER_JOIN(otter_try_result_, __LINE__) = (expression); \
  if (!OTTER_JOIN(otter_try_result_, __LINE__).ok())                 \
    return OTTER_JOIN(otter_try_result_, __LINE__).error;            \
  target = OTTER_JOIN(otter_try_result_, __LINE__).value

}  // namespace otter
