#include "cli/api_client.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

#include "cli/answer.h"

namespace otter::cli {
namespace {

constexpr size_t kAnswerSizeMax = 64 * 1024 * 1024;  // [bytes]
constexpr char kPageSize[] = "1000";
constexpr size_t kPieceSize = 16 * 1024;  // [bytes]

std::string read_token(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    throw std::runtime_error("can't read the token \"" + path + "\": " + std::strerror(errno) +
                             "; run it where otter.toml is, or name the token's file by "
                             "publish.token_file or OTTER_PUBLISH_TOKEN_FILE");
  }
  std::string token{std::istreambuf_iterator<char>(file), {}};
  token.erase(token.find_last_not_of(" \t\r\n") + 1);
  for (const char c : token) {
    // A newline inside would let the file add headers to the request.
    if (c <= ' ' || c > '~') throw std::runtime_error(path + " is not an admin token");
  }
  if (token.empty()) throw std::runtime_error(path + " is empty; it must hold an admin token");
  return token;
}

HttpsClientSettings client_settings(const Profile& profile, std::function<void(uint64_t)> sent) {
  const Result<HttpsEndpoint> endpoint = parse_https_url(profile.server);
  if (!endpoint.ok()) {
    throw std::runtime_error("publish.server \"" + profile.server +
                             "\" is not https://host[:port]");
  }
  HttpsClientSettings settings;
  settings.endpoint = endpoint.value;
  settings.ca_file = profile.ca_file;
  settings.sent = std::move(sent);
  return settings;
}

std::string string_or_empty(const boost::json::object& object, const char* key) {
  const boost::json::value* member = object.if_contains(key);
  return member != nullptr && member->is_string() ? std::string(member->as_string()) : "";
}

// What a refusal's problem+json says; the bare status if it is none.
ApiError refusal(unsigned status, const std::string& what, const std::string& body) {
  boost::json::error_code error;
  const boost::json::value value = boost::json::parse(body, error);
  const boost::json::object* problem = error ? nullptr : value.if_object();
  const std::string status_text = "HTTP status " + std::to_string(status);
  if (problem == nullptr) return ApiError(status, "", what + ": " + status_text);
  const std::string code = string_or_empty(*problem, "code");
  std::string reason = string_or_empty(*problem, "detail");
  if (reason.empty()) reason = status_text;
  if (status == 401) {
    reason =
        "the server does not take the token in publish.token_file: revoked, expired, or another "
        "server's";
  }
  return ApiError(status, code, what + ": " + reason + (code.empty() ? "" : " [" + code + "]"));
}

boost::json::value parse_answer(const std::string& what, const std::string& body) {
  boost::json::error_code error;
  boost::json::value value = boost::json::parse(body, error);
  if (error) throw ApiError(0, "", what + ": the answer is not JSON; is this an Otter server?");
  return value;
}

}  // namespace

ApiClient::ApiClient(const Profile& profile)
    : server_(profile.server),
      token_(read_token(profile.token_file)),
      client_(client_settings(profile, [this](uint64_t sent) {
        if (progress_ != nullptr) progress_->show(sent);
      })) {}

boost::json::value ApiClient::get(const std::string& path) {
  return parse_answer("GET " + path, get_text(path));
}

std::string ApiClient::get_text(const std::string& path) {
  return accepted("GET", path, nullptr, Bytes());
}

boost::json::value ApiClient::get_all(const std::string& path, const char* name) {
  const std::string first =
      path + (path.find('?') == std::string::npos ? '?' : '&') + "limit=" + kPageSize;
  boost::json::array all;
  std::string cursor;
  do {
    const boost::json::value page = get(cursor.empty() ? first : first + "&cursor=" + cursor);
    const boost::json::array items = list_of(page, name);
    all.insert(all.end(), items.begin(), items.end());
    cursor = items.empty() ? "" : string_or_empty(page.as_object(), "next");
  } while (!cursor.empty());
  return boost::json::object{{name, std::move(all)}};
}

void ApiClient::upload(const std::string& path, Bytes bytes, const std::string& what) {
  progress_ = std::make_unique<Progress>(what, bytes.size);
  put(path, bytes);
  progress_.reset();
}

boost::json::value ApiClient::post(const std::string& path, const boost::json::value& body) {
  return change("POST", path, body);
}

boost::json::value ApiClient::patch(const std::string& path, const boost::json::value& body) {
  return change("PATCH", path, body);
}

boost::json::value ApiClient::put_json(const std::string& path, const boost::json::value& body) {
  return change("PUT", path, body);
}

boost::json::value ApiClient::remove(const std::string& path) {
  return parse_answer("DELETE " + path, accepted("DELETE", path, nullptr, Bytes()));
}

void ApiClient::put(const std::string& path, Bytes bytes) {
  accepted("PUT", path, "application/octet-stream", bytes);
}

boost::json::value ApiClient::change(const std::string& method, const std::string& path,
                                     const boost::json::value& body) {
  const std::string text = boost::json::serialize(body);
  return parse_answer(method + " " + path,
                      accepted(method, path, "application/json", as_bytes(text)));
}

std::string ApiClient::accepted(const std::string& method, const std::string& path,
                                const char* content_type, Bytes body) {
  Answer answer = send(method, path, content_type, body);
  if (answer.status / 100 != 2) throw refusal(answer.status, method + " " + path, answer.body);
  return std::move(answer.body);
}

ApiClient::Answer ApiClient::send(const std::string& method, const std::string& path,
                                  const char* content_type, Bytes body) {
  std::vector<std::pair<std::string, std::string>> headers = {{"Authorization", "Bearer " + token_},
                                                              {"Accept", "application/json"}};
  if (content_type != nullptr) headers.emplace_back("Content-Type", content_type);
  HttpsResponseHead head;
  const Error error = client_.open(method, path, headers, body, &head);
  if (error != Error::ok) throw unreachable(error);
  Answer answer;
  answer.status = head.status;
  answer.body = read_body();
  client_.close();
  return answer;
}

std::string ApiClient::read_body() {
  std::string body;
  uint8_t piece[kPieceSize];
  while (true) {
    const Result<size_t> size = client_.read(piece);
    if (!size.ok()) throw unreachable(size.error);
    if (size.value == 0) return body;
    body.append(reinterpret_cast<const char*>(piece), size.value);
    if (body.size() > kAnswerSizeMax) throw unreachable(Error::too_large);
  }
}

ApiError ApiClient::unreachable(Error error) const {
  const std::string& detail = client_.detail();
  const bool is_down = error == Error::network_unreachable || error == Error::network_timeout;
  return ApiError(0, "",
                  server_ + ": " + meaning(error).data +
                      (detail.empty() ? "" : " (" + detail + ")") +
                      (is_down ? "; does `otter serve` run there?" : ""));
}

}  // namespace otter::cli
