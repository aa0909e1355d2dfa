// Which patch a device is offered beside a release. docs/spec/statement.md. Any thread.
#pragma once

#include "ota/wire/device_facts.h"
#include "server/call.h"
#include "server/patch_works.h"

namespace otter::server {

// [s] until a device comes back whose patch is being made.
constexpr uint32_t kPatchRetry = 10;

// At each check-in of a device: what runs is what patches are made from. Nothing for a device that
// takes none.
void note_running(const Call& call, const DeviceFacts& facts);

// Errors: StoreError
PatchChoice choose_patch(const Call& call, const DeviceFacts& facts, const Release& release);

}  // namespace otter::server
