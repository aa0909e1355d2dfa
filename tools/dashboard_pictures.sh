#!/usr/bin/env bash
set -euo pipefail

# Takes the pictures of README.md, docs/pictures/, anew: of a real server with boards that talk to
# it.
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export OTTER=${OTTER:-$PWD/build/release/otter} OTTER_SOURCE_DIR=$PWD
export OTTER_README_PICTURES=$PWD/docs/pictures
exec python3 test/dashboard_refusals_test.py DashboardRefusalsTest.test_the_readmes_pictures
