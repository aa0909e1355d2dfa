#include "server/idempotency.h"

#include <algorithm>
#include <boost/json.hpp>

#include "publish/sealing.h"
#include "server/access.h"
#include "server/problem.h"
#include "server/secrets.h"

namespace otter::server {
namespace {

constexpr size_t kKeySizeMax = 255;

// All that is derived from who asks and under which key.
struct Ticket {
  Digest id;       // names the answer
  Digest request;  // of what was asked
  Digest sealing;  // key
};

bool is_printable(const std::string& text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
}

Digest keyed_hash(const Call& call, Bytes key, const std::string& text) {
  return require(hmac_sha256(call.crypto, key, as_bytes(text)), "can't hash a request");
}

Ticket ticket_of(const Call& call, const std::string& key) {
  // The same that operator_of() goes by, whatever else a proxy adds.
  const std::string credential =
      bearer_token(call.request).value_or(cookie_of(call.request, kSessionCookie));
  if (key.empty() || key.size() > kKeySizeMax || !is_printable(key) || credential.empty()) {
    throw HttpError(Problem::bad_request,
                    "Idempotency-Key must be 1 to 255 printable characters without spaces");
  }
  const Request& request = call.request;
  const Digest root = keyed_hash(call, as_bytes(credential), key);
  return {keyed_hash(call, root.bytes, "id"),
          keyed_hash(call, root.bytes,
                     "request " + request.method + " " + request.target + "\n" + request.body),
          keyed_hash(call, root.bytes, "answer")};
}

std::string text_of(const Response& response) {
  boost::json::array headers;
  for (const auto& [name, value] : response.headers) {
    headers.push_back(boost::json::array{name, value});
  }
  return boost::json::serialize(boost::json::object{
      {"status", response.status}, {"headers", std::move(headers)}, {"body", response.body}});
}

Response response_of(const std::string& text) {
  const boost::json::object kept = boost::json::parse(text).as_object();
  Response response;
  response.status = static_cast<unsigned>(kept.at("status").as_int64());
  for (const boost::json::value& header : kept.at("headers").as_array()) {
    response.headers.emplace_back(header.at(0).as_string(), header.at(1).as_string());
  }
  response.headers.emplace_back("Idempotency-Replayed", "true");
  response.body = std::string(kept.at("body").as_string());
  return response;
}

Response replay(const Ticket& ticket, const KeptAnswer& kept) {
  if (kept.request != ticket.request) {
    throw HttpError(Problem::key_reused, "this Idempotency-Key was used for another request");
  }
  const std::optional<std::string> text = unseal(ticket.sealing, kept.sealed);
  if (!text.has_value()) throw std::runtime_error("a kept answer is damaged");
  return response_of(*text);
}

[[noreturn]] void refuse_in_progress() {
  throw HttpError(Problem::in_progress,
                  "the first request with this Idempotency-Key is not answered yet",
                  {{"Retry-After", "1"}});
}

// Holds an id in the set.
class Claim {
 public:
  // Errors: HttpError in_progress
  Claim(std::mutex& lock, std::set<std::string>& ids, const Digest& id)
      : lock_(lock), ids_(ids), id_(id.bytes, id.bytes + kDigestSize) {
    const std::lock_guard<std::mutex> guard(lock_);
    if (!ids_.insert(id_).second) refuse_in_progress();
  }
  ~Claim() {
    const std::lock_guard<std::mutex> guard(lock_);
    ids_.erase(id_);
  }
  Claim(const Claim&) = delete;
  Claim& operator=(const Claim&) = delete;

 private:
  std::mutex& lock_;
  std::set<std::string>& ids_;
  const std::string id_;
};

}  // namespace

Response Idempotency::answer(const Call& call, const std::function<Response()>& handle) {
  const std::string* key = call.request.header("Idempotency-Key");
  if (key == nullptr) return handle();
  const Ticket ticket = ticket_of(call, *key);
  const Claim claim(lock_, in_progress_, ticket.id);
  Store& store = call.backend.store;
  std::optional<KeptAnswer> kept;
  // Behind who changes the store now: it may be the first of these requests, at another instance.
  store.atomically([&] { kept = store.kept_answer(ticket.id, call.now_s); });
  if (kept.has_value()) return replay(ticket, *kept);
  call.keep_answer = [&](const Response& response) {
    if (response.status / 100 != 2) return;
    if (store.kept_answer(ticket.id, call.now_s).has_value()) refuse_in_progress();  // elsewhere
    store.keep_answer(
        {ticket.id, ticket.request, call.now_s, seal(ticket.sealing, text_of(response))});
  };
  return handle();
}

}  // namespace otter::server
