// The endpoints for accounts, which admins use. docs/spec/accounts.md. Any thread.
//
// Errors of all: those of admin_api.h
#pragma once

#include "server/call.h"

namespace otter::server {

// GET /api/v1/accounts
Response list_accounts(const Call& call);
// POST /api/v1/accounts: with a password or without. Errors: exists, too_many_requests
Response add_account(const Call& call);
// PATCH /api/v1/accounts/<name>: its role, its password, or both; ends its sessions.
//
// Errors: not_found, last_admin, too_many_requests
Response change_account(const Call& call);
// DELETE /api/v1/accounts/<name>, with its tokens and sessions. Errors: not_found, last_admin
Response remove_account(const Call& call);
// DELETE /api/v1/accounts/<name>/sessions. Errors: not_found
Response end_sessions(const Call& call);

// Errors: HttpError not_found
Account require_account(const Call& call, const std::string& name);

// The member `name` of a body; none if it is missing. Errors: HttpError invalid_field
std::optional<Role> role_field(const boost::json::object& body, const char* name);

// The member `name` of a body, hashed; empty if there is none.
//
// Errors: HttpError invalid_field (too short or too long), too_many_requests
std::string password_field(const Call& call, const boost::json::object& body, const char* name);

// Signs the account out everywhere.
void remove_sessions(Store& store, const std::string& account);

// To be called at the end of what takes rights away, within its transaction.
//
// Errors: HttpError last_admin: no admin is left who has a password, or a token that is good
void require_an_admin(const Call& call);

}  // namespace otter::server
