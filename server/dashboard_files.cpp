#include "server/dashboard_files.h"

#include <algorithm>

#include "server/byte_range.h"
#include "server/problem.h"

namespace otter::server {
namespace {

// The page's own files and the server's own API, and nothing else: no other host, no script or
// style within the page, and no text that becomes markup.
constexpr char kPolicy[] =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'";

constexpr char kNoDashboard[] = R"(<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Otter</title>
<h1>This otter was built without its dashboard</h1>
<p>The server works; its API is at <a href="/api/v1/openapi.json">/api/v1/openapi.json</a>.
<p>To get the dashboard, build again where Node.js 18 or newer and npm are installed:
<code>./setup.sh</code> installs them.
</html>
)";

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// False for one that says "q=0".
bool is_wanted(std::string_view parameters) {
  const size_t at = parameters.find("q=");
  if (at == std::string_view::npos) return true;
  return parameters.find_first_not_of("0. \t", at + 2) != std::string_view::npos;
}

bool takes(const Request& request, std::string_view coding) {
  const std::string* accepted = request.header("Accept-Encoding");
  std::string_view rest;
  if (accepted != nullptr) rest = *accepted;
  while (!rest.empty()) {
    const std::string_view item = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(rest.size(), item.size() + 1));
    const size_t semicolon = std::min(item.find(';'), item.size());
    if (trimmed(item.substr(0, semicolon)) == coding) return is_wanted(item.substr(semicolon));
  }
  return false;
}

struct Form {
  std::string_view coding;  // empty: as it is
  std::string_view bytes;
};

Form smallest_form(const DashboardFile& file, const Request& request) {
  if (takes(request, "br")) return {"br", file.brotli};
  if (takes(request, "gzip")) return {"gzip", file.gzip};
  return {"", file.identity};
}

Response absent_page() {
  Response response;
  response.headers = {{"Content-Type", "text/html; charset=utf-8"}, {"Cache-Control", "no-cache"}};
  response.body = kNoDashboard;
  return response;
}

}  // namespace

Response dashboard_response(std::span<const DashboardFile> files, std::string_view name,
                            const Request& request) {
  const auto file = std::ranges::find(files, name, &DashboardFile::name);
  if (file == files.end()) {
    if (name.empty()) return absent_page();
    throw HttpError(Problem::not_found, "the dashboard has no such file");
  }
  const Form form = smallest_form(*file, request);
  // Each form has its own: they are different bytes.
  const std::string etag = '"' + std::string(file->hash) + std::string(form.coding) + '"';
  Response response;
  response.headers = {
      {"ETag", etag},
      {"Vary", "Accept-Encoding"},
      {"Cache-Control", name.empty() ? "no-cache" : "public, max-age=31536000, immutable"},
      {"Content-Security-Policy", kPolicy},
      {"Cross-Origin-Opener-Policy", "same-origin"},
      {"Permissions-Policy", "serial=(self), camera=(), geolocation=(), microphone=()"}};
  const ByteRange range = select_bytes(request, etag, form.bytes.size());
  if (range.selection == Selection::not_modified) {
    response.status = 304;
    return response;
  }
  response.headers.emplace_back("Content-Type", std::string(file->type));
  if (!form.coding.empty()) response.headers.emplace_back("Content-Encoding", form.coding);
  response.body = form.bytes;
  return response;
}

Response serve_dashboard(const Call& call) {
  return dashboard_response(dashboard_files(), "", call.request);
}

Response serve_dashboard_file(const Call& call) {
  return dashboard_response(dashboard_files(), "assets/" + call.target.segments.at(1),
                            call.request);
}

}  // namespace otter::server
