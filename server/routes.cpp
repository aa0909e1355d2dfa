#include "server/routes.h"

#include "server/account_api.h"
#include "server/admin_api.h"
#include "server/approval_api.h"
#include "server/audit_api.h"
#include "server/command_api.h"
#include "server/configuration_api.h"
#include "server/dashboard_files.h"
#include "server/device_api.h"
#include "server/device_change.h"
#include "server/device_removal.h"
#include "server/diagnostics_api.h"
#include "server/enrolment_api.h"
#include "server/epoch_api.h"
#include "server/events_api.h"
#include "server/experiment_api.h"
#include "server/fleet_api.h"
#include "server/fleet_count_api.h"
#include "server/group_api.h"
#include "server/health_api.h"
#include "server/history_api.h"
#include "server/layer_api.h"
#include "server/metrics_api.h"
#include "server/openapi.h"
#include "server/openid_api.h"
#include "server/preflight_api.h"
#include "server/product_key_api.h"
#include "server/release_intake.h"
#include "server/rollout_api.h"
#include "server/root_api.h"
#include "server/session_api.h"
#include "server/standing_api.h"
#include "server/token_api.h"
#include "server/upload_api.h"

namespace otter::server {
namespace {

constexpr size_t kReportBodyMax = 16 * 1024;  // [bytes]
constexpr size_t kEnrolBodyMax = 4 * 1024;    // [bytes]
constexpr size_t kNoBodyMax = 1024;           // [bytes] where none is needed

constexpr Route kRoutes[] = {
    {"GET", "/firmware/manifest", Right::key, serve_manifest, kNoBodyMax},
    {"POST", "/firmware/report", Right::key, take_report, kReportBodyMax},
    {"POST", "/firmware/log", Right::key, take_log, kLogBodyMax},
    {"POST", "/firmware/dump", Right::key, take_dump, kDumpPieceMax},
    {"POST", "/firmware/enroll", Right::key, enroll_device, kEnrolBodyMax},
    {"GET", "/firmware/blob/*", Right::key, serve_blob, kNoBodyMax},
    {"GET", "/firmware/root/*", Right::none, serve_root, kNoBodyMax},
    {"GET", "/firmware/trust", Right::none, serve_trust, kNoBodyMax},
    {"GET", "/firmware/*", Right::key, serve_version, kNoBodyMax},
    {"GET", "/api/v1/openapi.json", Right::none, serve_openapi, kNoBodyMax},
    {"POST", "/api/v1/products", Right::administer, add_product, kDocumentBodyMax},
    {"GET", "/api/v1/products", Right::view, list_products, kNoBodyMax, Scope::list},
    {"GET", "/api/v1/products/*", Right::view, show_product, kNoBodyMax, Scope::product},
    {"PATCH", "/api/v1/products/*", Right::administer, change_product, kDocumentBodyMax},
    {"POST", "/api/v1/products/*/devices", Right::operate, allow_devices, kDocumentBodyMax,
     Scope::product},
    {"GET", "/api/v1/products/*/fleet", Right::view, count_fleet, kNoBodyMax, Scope::product},
    {"GET", "/api/v1/products/*/reports", Right::view, count_reports, kNoBodyMax, Scope::product},
    {"GET", "/api/v1/products/*/versions", Right::view, count_versions, kNoBodyMax, Scope::product},
    {"GET", "/api/v1/products/*/failures", Right::view, rank_failures, kNoBodyMax, Scope::product},
    {"POST", "/api/v1/products/*/keys", Right::administer, add_product_key, kDocumentBodyMax},
    {"GET", "/api/v1/products/*/keys", Right::administer, list_product_keys, kNoBodyMax},
    {"DELETE", "/api/v1/products/*/keys/*", Right::administer, revoke_product_key, kNoBodyMax},
    {"PUT", "/api/v1/products/*/config", Right::publish, add_configuration, kDocumentBodyMax,
     Scope::product},
    {"POST", "/api/v1/products/*/config", Right::operate, use_configuration, kDocumentBodyMax,
     Scope::product},
    {"GET", "/api/v1/products/*/config", Right::view, show_configuration, kNoBodyMax,
     Scope::product},
    {"GET", "/api/v1/products/*/config/layers", Right::view, list_layers, kNoBodyMax,
     Scope::product},
    {"PUT", "/api/v1/products/*/config/groups/*", Right::publish, put_layer, kDocumentBodyMax,
     Scope::product},
    {"DELETE", "/api/v1/products/*/config/groups/*", Right::operate, remove_layer, kNoBodyMax,
     Scope::product},
    {"PUT", "/api/v1/products/*/config/devices/*", Right::publish, put_layer, kDocumentBodyMax,
     Scope::product},
    {"DELETE", "/api/v1/products/*/config/devices/*", Right::operate, remove_layer, kNoBodyMax,
     Scope::product},
    {"GET", "/api/v1/products/*/groups", Right::view, list_groups, kNoBodyMax, Scope::product},
    {"GET", "/api/v1/products/*/groups/*", Right::view, show_group, kNoBodyMax, Scope::product},
    {"PUT", "/api/v1/products/*/groups/*", Right::operate, put_group, kDocumentBodyMax,
     Scope::product},
    {"DELETE", "/api/v1/products/*/groups/*", Right::operate, remove_group, kNoBodyMax,
     Scope::product},
    {"PUT", "/api/v1/blobs/*", Right::publish, put_blob, kBlobSizeMax, Scope::content, Audit::none},
    {"POST", "/api/v1/releases", Right::publish, add_release, kDocumentBodyMax, Scope::body,
     Audit::none},
    {"GET", "/api/v1/releases", Right::view, list_releases, kNoBodyMax, Scope::list},
    {"GET", "/api/v1/releases/*/*", Right::view, show_release, kNoBodyMax, Scope::product},
    {"GET", "/api/v1/releases/*/*/preflight", Right::view, show_preflight, kNoBodyMax,
     Scope::product},
    {"POST", "/api/v1/releases/*/*/approval", Right::publish, approve_release, kDocumentBodyMax,
     Scope::product},
    {"PUT", "/api/v1/products/*/approval", Right::administer, set_approval, kDocumentBodyMax},
    {"POST", "/api/v1/products/*/rollouts", Right::operate, add_rollout, kDocumentBodyMax,
     Scope::product},
    {"GET", "/api/v1/products/*/rollouts", Right::view, list_rollouts, kNoBodyMax, Scope::product},
    {"GET", "/api/v1/products/*/rollouts/*", Right::view, show_rollout, kNoBodyMax, Scope::product},
    {"PATCH", "/api/v1/products/*/rollouts/*", Right::operate, change_rollout, kDocumentBodyMax,
     Scope::product},
    {"GET", "/api/v1/products/*/rollouts/*/devices", Right::view, list_rollout_devices, kNoBodyMax,
     Scope::product},
    {"POST", "/api/v1/products/*/experiments", Right::operate, add_experiment, kDocumentBodyMax,
     Scope::product},
    {"GET", "/api/v1/products/*/experiments", Right::view, list_experiments, kNoBodyMax,
     Scope::product},
    {"GET", "/api/v1/products/*/experiments/*", Right::view, show_experiment, kNoBodyMax,
     Scope::product},
    {"PATCH", "/api/v1/products/*/experiments/*", Right::operate, change_experiment,
     kDocumentBodyMax, Scope::product},
    {"GET", "/api/v1/products/*/experiments/*/devices", Right::view, list_experiment_devices,
     kNoBodyMax, Scope::product},
    {"POST", "/api/v1/products/*/experiments/*/rollout", Right::operate, promote_experiment,
     kDocumentBodyMax, Scope::product},
    {"GET", "/api/v1/devices/*/explanation", Right::view, explain_device, kNoBodyMax,
     Scope::device},
    {"POST", "/api/v1/root", Right::administer, publish_root, kDocumentBodyMax},
    {"POST", "/api/v1/trust", Right::administer, publish_trust, kDocumentBodyMax},
    {"POST", "/api/v1/keys/release", Right::administer, add_release_key, kDocumentBodyMax},
    {"GET", "/api/v1/keys/release", Right::view, list_release_keys, kNoBodyMax, Scope::content},
    {"GET", "/api/v1/keys/epoch", Right::view, show_epoch, kNoBodyMax},
    {"POST", "/api/v1/keys/epoch", Right::administer, begin_epoch, kDocumentBodyMax, Scope::server,
     Audit::none},
    {"GET", "/api/v1/devices", Right::view, list_devices, kNoBodyMax, Scope::list},
    {"POST", "/api/v1/devices", Right::administer, provision_device, kDocumentBodyMax},
    {"GET", "/api/v1/accounts", Right::administer, list_accounts, kNoBodyMax},
    {"POST", "/api/v1/accounts", Right::administer, add_account, kDocumentBodyMax, Scope::server,
     Audit::none},
    {"PATCH", "/api/v1/accounts/*", Right::administer, change_account, kDocumentBodyMax,
     Scope::server, Audit::none},
    {"DELETE", "/api/v1/accounts/*", Right::administer, remove_account, kNoBodyMax},
    {"DELETE", "/api/v1/accounts/*/sessions", Right::administer, end_sessions, kNoBodyMax},
    {"GET", "/api/v1/tokens", Right::administer, list_tokens, kNoBodyMax},
    {"POST", "/api/v1/tokens", Right::administer, add_token, kDocumentBodyMax},
    {"DELETE", "/api/v1/tokens/*", Right::administer, revoke_token, kNoBodyMax},
    {"POST", "/api/v1/session", Right::none, begin_session, kDocumentBodyMax},
    {"GET", "/api/v1/session", Right::view, show_session, kNoBodyMax, Scope::content},
    {"DELETE", "/api/v1/session", Right::view, end_session, kNoBodyMax, Scope::content},
    {"POST", "/api/v1/session/password", Right::view, change_password, kDocumentBodyMax,
     Scope::content, Audit::none},
    {"GET", "/api/v1/sign-in", Right::none, list_ways_in, kNoBodyMax},
    {"GET", "/api/v1/sign-in/openid", Right::none, begin_openid, kNoBodyMax},
    {"GET", "/api/v1/sign-in/openid/callback", Right::none, end_openid, kNoBodyMax},
    {"GET", "/api/v1/audit", Right::administer, list_audit, kNoBodyMax},
    {"GET", "/api/v1/devices/*/reports", Right::view, list_reports, kNoBodyMax, Scope::device},
    {"GET", "/api/v1/devices/*/history", Right::view, list_history, kNoBodyMax, Scope::device},
    {"GET", "/api/v1/devices/*/config", Right::view, show_device_configuration, kNoBodyMax,
     Scope::device},
    {"GET", "/api/v1/devices/*/logs", Right::view, list_logs, kNoBodyMax, Scope::device},
    {"GET", "/api/v1/devices/*/coredumps", Right::view, list_dumps, kNoBodyMax, Scope::device},
    // The memory of a device may hold what only its owner is to know.
    {"GET", "/api/v1/devices/*/coredumps/*", Right::operate, serve_dump, kNoBodyMax, Scope::device},
    {"POST", "/api/v1/devices/*/command", Right::operate, give_command, kDocumentBodyMax,
     Scope::device},
    {"DELETE", "/api/v1/devices/*/command", Right::operate, withdraw_command, kNoBodyMax,
     Scope::device},
    {"GET", "/api/v1/devices/*", Right::view, show_device, kNoBodyMax, Scope::device},
    {"PATCH", "/api/v1/devices/*", Right::operate, change_device, kDocumentBodyMax, Scope::device},
    {"DELETE", "/api/v1/devices/*", Right::administer, remove_device, kNoBodyMax},
    {"GET", "/api/v1/events", Right::view, serve_events, kNoBodyMax, Scope::list},
    {"GET", "/", Right::none, serve_dashboard, kNoBodyMax},
    {"GET", "/assets/*", Right::none, serve_dashboard_file, kNoBodyMax},
    {"GET", "/healthz", Right::none, serve_alive, kNoBodyMax},
    {"GET", "/readyz", Right::none, serve_ready, kNoBodyMax},
    {"GET", "/metrics", Right::none, serve_metrics, kNoBodyMax},  // as the settings say
};

}  // namespace

std::span<const Route> routes() { return kRoutes; }

}  // namespace otter::server
