// A core dump's way to the server, in pieces; the server says how far it has come, so nothing but
// the dump itself has to outlive a power cut. docs/spec/core-dump.md. One caller at a time.
//
//   hash the dump -> ask what is there -> send piece after piece -> erase the dump
#pragma once

#include "ota/core_dump.h"
#include "ota/server_session.h"

namespace otter {

class DumpUpload {
 public:
  // `dump` must outlive it; nullptr: the board keeps none.
  explicit DumpUpload(CoreDump* dump) : dump_(dump) {}

  // There is a dump, and the server has not refused it in this boot.
  bool is_due() const { return dump_ != nullptr && !is_refused_ && dump_->size_bytes() > 0; }

  // Does one bounded piece of work: hashes a part, or sends one. True when the server has the whole
  // and the dump is erased. After an error the next call begins anew.
  //
  // REQUIRES: is_due()
  // Errors:   those of ServerSession::post() and Json::parse; flash_io, low_memory, out_of_range;
  //           malformed (the server makes no progress)
  // Power:    a cut leaves the dump, and with the server what it has of it
  Result<bool> step(ServerSession& session, Crypto& crypto, MutableBytes piece,
                    MutableBytes answer);

 private:
  Error hash(Crypto& crypto, MutableBytes buffer);
  Result<uint32_t> send(ServerSession& session, uint32_t size, MutableBytes piece,
                        MutableBytes answer);
  Result<bool> advance(ServerSession& session, Crypto& crypto, MutableBytes piece,
                       MutableBytes answer);

  CoreDump* dump_;
  Digest sha256_;
  uint32_t offset_ = 0;  // [bytes] hashed, then kept by the server
  bool is_hashed_ = false;
  bool is_asked_ = false;  // what the server has
  bool is_refused_ = false;
};

}  // namespace otter
