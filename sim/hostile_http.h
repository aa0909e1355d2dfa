// A network that spoils one answer, at one byte, in one way: an Http around another, in virtual
// time. The same fault does the same each time. docs/simulator.md. One thread at a time.
//
//   device -> HostileHttp -> ScriptedServer, or any other Http
//                   |
//                   +-- "https://elsewhere.invalid": a host of the attacker's own
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ota/http.h"
#include "sim/virtual_clock.h"

namespace otter::sim {

enum class HostileKind : uint8_t {
  // At a byte of the body; `drop` and `stall` also in the place of the head.
  drop,       // the connection ends
  stall,      // nothing more comes until the reader's patience is over
  duplicate,  // the last 16 bytes come a second time; the length stays
  truncate,   // the body ends, and Content-Length says so, too
  endless,    // the length is not stated, and the body never ends
  drip,       // from there on a byte a second
  flip,       // that byte comes with a bit flipped
  // Of the whole answer.
  whole_file,          // 200 for a request for a part
  changed_etag,        // the same bytes under another ETag
  gzip,                // the body compressed, though nobody asked for that
  wrong_length,        // Content-Length is one too many
  redirect_elsewhere,  // to a host of the attacker's
  redirect_loop,       // to itself, again and again
  replay,              // the answer that an earlier request for the same got
};
constexpr HostileKind kHostileKinds[] = {
    HostileKind::drop,          HostileKind::stall,        HostileKind::duplicate,
    HostileKind::truncate,      HostileKind::endless,      HostileKind::drip,
    HostileKind::flip,          HostileKind::whole_file,   HostileKind::changed_etag,
    HostileKind::gzip,          HostileKind::wrong_length, HostileKind::redirect_elsewhere,
    HostileKind::redirect_loop, HostileKind::replay};
const char* name(HostileKind kind);

struct HostileFault {
  HostileKind kind = HostileKind::drop;
  uint32_t response = 0;     // counted from 0, over all connections
  bool before_head = false;  // the request arrives, of its answer nothing does
  uint32_t byte = 0;         // [bytes of the body] that come before it
};
// "stall at byte 17 of answer 3"
std::string text_of(const HostileFault& fault);

// One answer as it was in a clean run.
struct SeenAnswer {
  std::string target;
  uint16_t status = 0;
  uint64_t body_bytes = 0;       // that were read
  bool was_seen_before = false;  // an earlier answer to the same target can be replayed
};

// What outlives the connections of one device: which answer it is, and what came of the fault.
class HostileNetwork {
 public:
  // `clock` must outlive it.
  explicit HostileNetwork(VirtualClock& clock, std::optional<HostileFault> fault = std::nullopt)
      : clock_(clock), fault_(fault) {}

  // A connection through this network, which must outlive it.
  std::unique_ptr<Http> wrap(std::unique_ptr<Http> http);

  // The device has met it.
  bool fired() const { return fired_; }
  const std::vector<SeenAnswer>& answers() const { return answers_; }
  // What hosts other than the update server were sent: each request's headers and body.
  const std::vector<std::string>& told_elsewhere() const { return told_elsewhere_; }

 private:
  friend class HostileHttp;
  struct Captured {
    HttpResponse head;
    std::string body;
  };

  VirtualClock& clock_;
  std::optional<HostileFault> fault_;
  bool fired_ = false;
  std::string looping_target_;
  std::vector<SeenAnswer> answers_;
  std::map<std::string, Captured> captured_;  // by target
  std::vector<std::string> told_elsewhere_;
};

// How many places of a body are tried. Answers of at most `small_max` bytes: every byte. Larger
// ones: each flash page's boundary and the byte on either side of it, and in between every
// `stride`-th byte, which is odd so that it meets all offsets within a page in turn.
struct HostilePlaces {
  uint64_t small_max = 4096;  // [bytes]
  uint32_t page = 256;        // [bytes]
  uint32_t stride = 97;       // [bytes]
};

// Every fault that can be met in a run whose clean answers were `answers`.
std::vector<HostileFault> enumerate_faults(const std::vector<SeenAnswer>& answers,
                                           const HostilePlaces& places = HostilePlaces());

}  // namespace otter::sim
