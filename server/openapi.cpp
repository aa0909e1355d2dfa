#include "server/openapi.h"

namespace otter::server {

Response serve_openapi(const Call&) {
  Response response;
  response.headers = {{"Content-Type", "application/json"}, {"Cache-Control", "no-cache"}};
  response.body = kOpenapiDocument;
  return response;
}

}  // namespace otter::server
