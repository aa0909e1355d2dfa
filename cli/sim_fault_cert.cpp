#include "cli/sim_fault_cert.h"

#include <mutex>

#include "publish/certificates.h"
#include "publish/temporary_folder.h"
#include "server/http.h"
#include "sim/fault_story.h"
#include "sim/host_http.h"

namespace otter::cli {
namespace {

using sim::FaultBench;
using sim::FaultResult;
using sim::FaultStep;

constexpr uint64_t kHour = 3600 * 1000;  // [ms]

std::vector<std::pair<std::string, std::string>> headers_of(const HttpResponse& head,
                                                            uint64_t size) {
  std::vector<std::pair<std::string, std::string>> out;
  if (head.etag[0] != 0) out.emplace_back("ETag", head.etag);
  if (head.status != 206) return out;
  const std::string last = std::to_string(head.range_start + size - 1);
  out.emplace_back("Content-Range",
                   "bytes " + std::to_string(head.range_start) + "-" + last + "/*");
  return out;
}

server::Response failed(unsigned status) {
  server::Response out;
  out.status = status;
  return out;
}

// The scripted server behind real TLS.
class TlsServer {
 public:
  TlsServer(sim::ScriptedServer& scripted, const std::string& folder)
      : http_(scripted.connect()), server_(settings(folder), routes(), metrics_) {
    server_.start();
  }

  HttpsClientSettings client(const std::string& ca_file) const {
    return {.endpoint = {"localhost", std::to_string(server_.port())}, .ca_file = ca_file};
  }

 private:
  static server::HttpSettings settings(const std::string& folder) {
    server::HttpSettings out;
    out.tls.certificate_file = folder + "/" + kServerCertificateFile;
    out.tls.key_file = folder + "/" + kServerKeyFile;
    return out;
  }

  server::Routes routes() {
    return {[this](const server::Request& request) { return answer(request); },
            [](const server::Request&) { return size_t{64} * 1024; },
            [](unsigned status, const std::string&, const std::string&) { return failed(status); },
            {}};
  }

  server::Response answer(const server::Request& request) {
    const std::lock_guard<std::mutex> lock(mutex_);
    HttpRequest out;
    out.method = request.method == "POST" ? HttpMethod::post : HttpMethod::get;
    out.target = Text(request.target);
    out.body = as_bytes(Text(request.body));
    for (const char* name : {"X-API-Key", "X-Otter-Device", "Range", "If-Range"}) {
      const std::string* const value = request.header(name);
      if (value != nullptr) out.add(name, Text(*value));
    }
    HttpResponse head;
    if (http_->open(out, &head) != Error::ok) return failed(500);
    server::Response response = failed(head.status);
    for (;;) {
      uint8_t piece[4096];
      const Result<size_t> size = http_->read(piece);
      if (!size.ok() || size.value == 0) break;
      response.body.append(reinterpret_cast<const char*>(piece), size.value);
    }
    response.headers = headers_of(head, response.body.size());
    return response;
  }

  std::mutex mutex_;
  std::unique_ptr<Http> http_;
  server::Metrics metrics_;
  server::HttpServer server_;
};

// A board that trusts the authority in `ca_file`, and the folder with its server's certificate.
struct CertBench {
  std::string detail;  // what TLS said last
  std::optional<TlsServer> tls;
  FaultBench bench;

  CertBench(const std::string& ca_file, const std::string& folder)
      : bench({.connect = [this, ca_file]() -> std::unique_ptr<Http> {
          return std::make_unique<sim::HostHttp>(
              tls->client(ca_file), [this](const std::string& words) { detail = words; });
        }}) {
    tls.emplace(bench.server, folder);
  }
};

void refuse(FaultResult& result, CertBench& world, const std::string& done) {
  world.bench.server.offer(sim::make_release({}));
  world.bench.rest(kHour);
  const size_t requests = world.bench.server.requests.size();
  const bool refused = requests == 0 && world.bench.running_version() == "1.0.0" &&
                       world.detail.find("is not trusted") != std::string::npos;
  sim::tell(result, world.bench,
            {done, "each handshake is refused, no request is sent, 1.0.0 runs on",
             world.bench.summary() + "; " + std::to_string(requests) + " requests came through; " +
                 world.detail,
             refused});
}

}  // namespace

FaultResult play_cert() {
  const TemporaryFolder folder;
  const std::string own = folder.file("own"), stranger = folder.file("stranger"),
                    elsewhere = folder.file("elsewhere");
  make_certificates({.names = {"localhost"}, .folder = own});
  make_certificates({.names = {"localhost"}, .folder = stranger});
  make_certificates({.names = {"elsewhere.example"}, .folder = elsewhere});
  FaultResult result;
  {
    CertBench world(own + "/" + kAuthorityCertificateFile, stranger);
    refuse(result, world, "gave the server a certificate of another authority");
  }
  {
    CertBench world(elsewhere + "/" + kAuthorityCertificateFile, elsewhere);
    refuse(result, world, "gave the server the right authority's certificate for another name");
  }
  CertBench world(own + "/" + kAuthorityCertificateFile, own);
  const sim::ServedRelease release = sim::make_release({});
  world.bench.server.offer(release);
  const bool arrived = world.bench.run_to_confirmed("1.0.1") && world.bench.runs(release);
  sim::tell(result, world.bench,
            {"gave the server its own certificate", "1.0.1 is confirmed", "", arrived});
  return result;
}

}  // namespace otter::cli
