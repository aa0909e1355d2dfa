#include "server/openid_api.h"

#include <semaphore>

#include "server/access.h"
#include "server/account_api.h"
#include "server/change.h"
#include "server/id_token.h"
#include "server/json_body.h"
#include "server/openid_provider.h"
#include "server/peer_address.h"
#include "server/problem.h"
#include "server/query.h"
#include "server/secrets.h"
#include "server/session.h"

namespace otter::server {
namespace {

constexpr char kSignInPrefix[] = "otp_";
constexpr char kBeginPath[] = "/api/v1/sign-in/openid";
constexpr size_t kTagSize = 6;            // [characters] of what tells two of one name apart
constexpr size_t kErrorWordSizeMax = 64;  // [characters]

// Goes on by itself: a session's cookie is not sent on the way from another site, so the next page
// must be asked for by this one.
constexpr char kSignedInPage[] =
    "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\">"
    "<meta http-equiv=\"refresh\" content=\"0; url=/\"><title>Signed in</title>"
    "<p>You are signed in. <a href=\"/\">Go on</a></p></html>\n";

OpenIdProvider& provider_of(const Call& call) {
  if (call.backend.openid != nullptr) return *call.backend.openid;
  throw HttpError(Problem::not_found, "the setting openid.issuer names no identity provider");
}

// One of the places in which threads may wait for the provider.
class WaitingPlace {
 public:
  // Errors: HttpError too_many_requests
  explicit WaitingPlace(OpenIdProvider& provider) : places_(provider.places()) {
    if (places_.try_acquire()) return;
    throw HttpError(Problem::too_many_requests, "others are signing in; wait",
                    {{"Retry-After", "1"}});
  }
  ~WaitingPlace() { places_.release(); }
  WaitingPlace(const WaitingPlace&) = delete;
  WaitingPlace& operator=(const WaitingPlace&) = delete;

 private:
  std::counting_semaphore<kSignInsAtOnce>& places_;
};

// What `work` asks of the provider; what goes wrong is logged, and told without its reasons.
template <typename Work>
auto ask(const Call& call, Work work) {
  try {
    return work();
  } catch (const ProviderError& error) {
    call.backend.log.error("Identity provider failed", {{"detail", error.what()}});
    throw HttpError(Problem::provider_failed, "the identity provider does not answer as it should");
  } catch (const TokenError& error) {
    call.backend.log.warning("Identity provider's token refused",
                             {{"detail", error.what()}, {"remote", call.request.remote}});
    throw HttpError(Problem::unauthorized, "what the identity provider says can't be believed");
  }
}

// Holds back who comes with made-up answers: each has the provider asked.
LoginAttempt counted_attempt(const Call& call) {
  LoginAttempt attempt = {"openid " + call.request.remote, address_key(call.request.remote)};
  const int64_t wait_s = call.backend.logins.backoff.begin(attempt, call.now_s);
  if (wait_s == 0) return attempt;
  throw HttpError(Problem::too_many_requests, "too many attempts failed; wait",
                  {{"Retry-After", std::to_string(wait_s)}});
}

// What the browser that has begun brings back.
//
// Errors: HttpError bad_query, unauthorized
SignInAnswer read_answer(const Call& call, const std::string& secret, const std::string& state) {
  const std::string sent = parameter(call, "state");
  // Of no secret, anybody knows the state.
  if (secret.empty() || !equal_constant_time(as_bytes(sent), as_bytes(state))) {
    throw HttpError(Problem::unauthorized,
                    "this browser has not begun to sign in, or too long ago: begin again");
  }
  const std::string error = parameter(call, "error");
  if (!error.empty()) {
    const std::string word = escape_for_log(error.substr(0, kErrorWordSizeMax));
    throw HttpError(Problem::unauthorized, "the identity provider says: " + word);
  }
  SignInAnswer answer = {parameter(call, "code"), parameter(call, "iss")};
  if (answer.code.empty()) throw HttpError(Problem::bad_query, "\"code\" is missing");
  return answer;
}

// A person whom the provider has signed in.
struct Person {
  Identity identity;
  std::string name;  // that their account shall have
  Role role = Role::viewer;
};

// The name, or one with a tag if it is another's: nobody gets an account by being called like it.
std::string free_name(const Call& call, const Person& person) {
  if (!account(call.backend.store, person.name).has_value()) return person.name;
  const std::string whole = person.identity.issuer + "\n" + person.identity.subject;
  const std::string tag(to_hex(hash_secret(call.crypto, whole)).characters, kTagSize);
  const std::string name = person.name + "-" + tag;
  if (!account(call.backend.store, name).has_value()) return name;
  throw std::runtime_error("there are accounts " + person.name + " and " + name + " already");
}

// Adds an entry to the audit log. The account acts for itself: nobody else is there.
void record_of(const Call& call, const Account& owner, const AuditedChange& change,
               const std::string& token = {}) {
  record(call.backend.store, {call.now_s, owner.name, token, call.request.remote}, change,
         call.crypto);
}

boost::json::object document_of(const Account& owner) {
  return {{"name", owner.name}, {"role", name(owner.role)}};
}

Account new_account(const Call& call, const Person& person) {
  const Account owner = {free_name(call, person), person.role, "", call.now_s};
  Identity identity = person.identity;
  identity.account = owner.name;
  identity.created_s = call.now_s;
  call.backend.store.put_account(owner);
  call.backend.store.add_identity(identity);
  boost::json::object document = document_of(owner);
  document["issuer"] = identity.issuer;
  document["subject"] = identity.subject;
  record_of(call, owner, {"Account added", owner.name, nullptr, document});
  return owner;
}

std::vector<Identity> known_as(const Call& call, const Identity& identity) {
  return call.backend.store.identities({.issuer = identity.issuer, .subject = identity.subject});
}

// The person's account, with the role that the provider says now.
Account account_of(const Call& call, const Person& person) {
  const std::vector<Identity> known = known_as(call, person.identity);
  if (known.empty()) return new_account(call, person);
  const Account before = require_account(call, known.front().account);
  if (before.role == person.role) return before;
  Account after = before;
  after.role = person.role;
  call.backend.store.put_account(after);
  remove_sessions(call.backend.store, after.name);
  record_of(call, after, {"Account changed", after.name, document_of(before), document_of(after)});
  return after;
}

// Who has no role any more is signed out everywhere.
[[noreturn]] void refuse_person(const Call& call, const Identity& identity) {
  call.backend.store.atomically([&] {
    for (const Identity& known : known_as(call, identity)) {
      remove_sessions(call.backend.store, known.account);
      record_of(call, require_account(call, known.account), {"Sessions ended", known.account});
    }
  });
  call.backend.log.warning("Identity provider gives no role",
                           {{"subject", identity.subject}, {"remote", call.request.remote}});
  throw HttpError(Problem::forbidden, "the identity provider gives you no role here");
}

Person person_of(const Call& call, const boost::json::object& claims) {
  const OpenIdSettings& settings = call.backend.openid->settings();
  Person person;
  person.identity.issuer = settings.issuer;
  person.identity.subject = text_member(claims, "sub");
  person.name = account_name_of_claims(claims, settings);
  const std::optional<Role> role = role_of_claims(claims, settings);
  if (!role.has_value()) refuse_person(call, person.identity);
  person.role = *role;
  return person;
}

// The secret of a session of the person's, durable with its entries in the audit log.
std::string sign_in(const Call& call, const Person& person) {
  NewSession session;
  call.backend.store.atomically([&] {
    const Account owner = account_of(call, person);
    session = new_session(call, owner);
    keep_session(call, session.token);
    record_of(call, owner, {"Signed in", owner.name, nullptr, {{"by", "openid"}}},
              session.token.id);
  });
  call.backend.log.info(
      "Signed in",
      {{"account", session.token.account}, {"by", "openid"}, {"remote", call.request.remote}});
  return session.secret;
}

}  // namespace

Response list_ways_in(const Call& call) {
  boost::json::value openid = nullptr;
  if (call.backend.openid != nullptr) {
    openid = {{"name", call.backend.openid->settings().name}, {"path", kBeginPath}};
  }
  return json_response(200, {{"openid", openid}});
}

Response begin_openid(const Call& call) {
  OpenIdProvider& provider = provider_of(call);
  const WaitingPlace place(provider);
  const std::string secret = make_secret(call.crypto, kSignInPrefix);
  Response response;
  response.status = 303;
  response.headers = {
      {"Location",
       ask(call, [&] { return provider.sign_in_url(proof_of(call.crypto, secret), call.now_s); })},
      set_cookie({kSignInCookie, secret, "Lax", kSignInLifetime})};
  return response;
}

Response end_openid(const Call& call) {
  OpenIdProvider& provider = provider_of(call);
  const std::string begun = cookie_of(call.request, kSignInCookie);
  const SignInProof proof = proof_of(call.crypto, begun);
  const SignInAnswer answer = read_answer(call, begun, proof.state);
  const LoginAttempt attempt = counted_attempt(call);
  const WaitingPlace place(provider);
  const boost::json::object claims =
      ask(call, [&] { return provider.claims_of(answer, proof, call.now_s); });
  const std::string secret = sign_in(call, person_of(call, claims));
  call.backend.logins.backoff.succeeded(attempt);
  Response response;
  response.headers = {
      {"Content-Type", "text/html; charset=utf-8"},
      set_cookie({kSessionCookie, secret, "Strict", call.backend.settings.session_max_s}),
      set_cookie({kSignInCookie, "", "Lax", 0})};
  response.body = kSignedInPage;
  return response;
}

}  // namespace otter::server
