#include "server/guard.h"

#include "server/problem.h"
#include "server/store.h"

namespace otter::server {
namespace {

Response refused(Log& log, const Request& request, const HttpError& error) {
  log.warning("Request refused: " + error.code, {{"status", std::to_string(error.status)},
                                                 {"method", request.method},
                                                 {"path", without_query(request.target)},
                                                 {"detail", error.what()},
                                                 {"remote", request.remote}});
  return problem_response(error);
}

Response faulty(Log& log, const Request& request, const HttpError& error, const char* what) {
  log.error("Request failed: " + error.code, {{"status", std::to_string(error.status)},
                                              {"method", request.method},
                                              {"path", without_query(request.target)},
                                              {"detail", what},
                                              {"remote", request.remote}});
  return problem_response(error);
}

}  // namespace

std::string without_query(const std::string& target) { return target.substr(0, target.find('?')); }

Response guarded(Log& log, const Request& request, const std::function<Response()>& work) {
  try {
    return work();
  } catch (const HttpError& error) {
    return refused(log, request, error);
  } catch (const StoreError& error) {
    const HttpError told(Problem::store_unavailable, "try again later", {{"Retry-After", "30"}});
    return faulty(log, request, told, error.what());
  } catch (const std::exception& error) {
    const HttpError told(Problem::internal, "a fault in the server; see its log");
    return faulty(log, request, told, error.what());
  }
}

}  // namespace otter::server
