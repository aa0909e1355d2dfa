#include "server/approval_api.h"

#include "server/json_body.h"
#include "server/known_product.h"
#include "server/problem.h"

namespace otter::server {
namespace {

boost::json::object document_of(const Release& release, const std::string& approved_by) {
  const boost::json::value by =
      approved_by.empty() ? boost::json::value(nullptr) : boost::json::value(approved_by);
  return {{"product", release.product},
          {"version", release.version},
          {"manifest", to_hex(release.manifest_sha256).characters},
          {"pending", false},
          {"approved_by", by}};
}

}  // namespace

ReleasePtr named_release(const Call& call) {
  const std::vector<ReleasePtr> found =
      call.backend.store.releases({.product = call.target.segments.at(3),
                                   .version = call.target.segments.at(4),
                                   .with_pending = true,
                                   .count_max = 1});
  if (found.empty()) throw HttpError(Problem::not_found, "there is no such release");
  return found.front();
}

Response set_approval(const Call& call) {
  const std::string& name = call.target.segments.at(3);
  const boost::json::object body = parse_json_body(call.request);
  if (!body.contains("required")) {
    throw HttpError(Problem::invalid_field, "\"required\" is missing");
  }
  const bool is_required = flag_field(body, "required");
  const Product product = known_product(call, name);
  require_approval(call.backend.store, name, is_required);
  call.change = {is_required ? "Approval required" : "Approval not required any more",
                 name,
                 {{"required", product.needs_approval}},
                 {{"required", is_required}}};
  call.backend.log.info(call.change.action, {{"product", name}, {"remote", call.request.remote}});
  return json_response(200, {{"name", name}, {"needs_approval", is_required}});
}

Response approve_release(const Call& call) {
  const ReleasePtr release = named_release(call);
  const std::string& account = call.who.account;
  if (release->is_pending && release->published_by == account) {
    throw HttpError(Problem::forbidden, account + " has published it; another account approves it");
  }
  const std::string subject = release->product + " " + release->version;
  if (!call.backend.store.approve_release(release->manifest_sha256, account)) {
    call.change = {"Release approved again", subject};
    return json_response(200, document_of(*release, release->approved_by));
  }
  boost::json::object document = document_of(*release, account);
  call.change = {"Release approved", subject, {{"pending", true}}, document};
  call.events.push_back({"approval",
                         release->product,
                         {{"product", release->product},
                          {"channel", release->channel},
                          {"version", release->version},
                          {"approved_by", account}}});
  call.backend.log.info("Release approved", {{"product", release->product},
                                             {"version", release->version},
                                             {"account", account},
                                             {"remote", call.request.remote}});
  return json_response(200, document);
}

}  // namespace otter::server
