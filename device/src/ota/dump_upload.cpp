#include "ota/dump_upload.h"

#include "ota/wire/json.h"

namespace otter {
namespace {

constexpr char kDumpPath[] = "/firmware/dump";
constexpr char kBinaryType[] = "application/octet-stream";
constexpr size_t kTargetSize =
    sizeof("/firmware/dump?sha256=&size=&offset=") + kDigestHexSize + 2 * 10;

Text target_of(const Digest& sha256, uint32_t size_bytes, uint32_t offset, MutableBytes out) {
  Appender appender(out);
  appender.text(kDumpPath);
  appender.text("?sha256=");
  appender.text(to_hex(sha256));
  appender.text("&size=");
  appender.decimal(size_bytes);
  appender.text("&offset=");
  appender.decimal(offset);
  return as_text(appender.written());
}

}  // namespace

Result<bool> DumpUpload::step(ServerSession& session, Crypto& crypto, MutableBytes piece,
                              MutableBytes answer) {
  const bool is_first = !is_hashed_ && offset_ == 0;
  if (is_first) crypto.sha256_begin(HashLane::image);
  const Result<bool> done = advance(session, crypto, piece, answer);
  if (done.ok() && !done.value) return false;
  // What the server refuses now it refuses later, too; and one that knows no dumps has no such
  // path.
  const bool is_refusal = done.error == Error::request_refused || done.error == Error::not_found ||
                          group(done.error) != ErrorGroup::world;
  if (!done.ok() && is_refusal) is_refused_ = true;
  offset_ = 0;
  is_hashed_ = false;
  is_asked_ = false;
  return done;
}

Result<bool> DumpUpload::advance(ServerSession& session, Crypto& crypto, MutableBytes piece,
                                 MutableBytes answer) {
  if (!is_hashed_) {
    OTTER_TRY(hash(crypto, piece));
    return false;
  }
  const uint32_t left = dump_->size_bytes() - offset_;
  const size_t size = is_asked_ ? piece.part(0, left).size : 0;
  OTTER_TRY_SET(const uint32_t kept, send(session, static_cast<uint32_t>(size), piece, answer));
  const bool is_progress = is_asked_ ? kept == offset_ + size : kept <= dump_->size_bytes();
  if (!is_progress) return Error::malformed;
  is_asked_ = true;
  offset_ = kept;
  if (kept < dump_->size_bytes()) return false;
  OTTER_TRY(dump_->erase());
  return true;
}

Error DumpUpload::hash(Crypto& crypto, MutableBytes buffer) {
  const MutableBytes part = buffer.part(0, dump_->size_bytes() - offset_);
  OTTER_TRY(dump_->read(offset_, part));
  crypto.sha256_update(HashLane::image, part);
  offset_ += static_cast<uint32_t>(part.size);
  if (offset_ < dump_->size_bytes()) return Error::ok;
  OTTER_TRY(crypto.sha256_finish(HashLane::image, &sha256_));
  is_hashed_ = true;
  offset_ = 0;
  return Error::ok;
}

// Gives how much of the dump the server has then.
Result<uint32_t> DumpUpload::send(ServerSession& session, uint32_t size, MutableBytes piece,
                                  MutableBytes answer) {
  const MutableBytes bytes = piece.part(0, size);
  OTTER_TRY(dump_->read(offset_, bytes));
  uint8_t target[kTargetSize];
  OTTER_TRY_SET(const Text body,
                session.post(target_of(sha256_, dump_->size_bytes(), offset_, target), kBinaryType,
                             bytes, answer));
  OTTER_TRY_SET(const Json object, Json::parse(body));
  OTTER_TRY_SET(const Json member, object.member("kept"));
  OTTER_TRY_SET(const int64_t kept, member.integer());
  if (kept < 0 || kept > UINT32_MAX) return Error::out_of_range;
  return static_cast<uint32_t>(kept);
}

}  // namespace otter
