#!/usr/bin/env bash
set -euo pipefail

# Says which lines and branches of the device core (device/src/ota) the tests run.
#
#   tools/coverage.sh            one line for each file, then the sums; exit 1 below 95 % of lines
#   tools/coverage.sh --lines    besides, which lines are not run
cd "$(dirname "${BASH_SOURCE[0]}")/.."
lines_min=95
build=build/coverage

if ! command -v gcovr >/dev/null; then
  echo "coverage: gcovr is missing: ./setup.sh --build-only --with coverage" >&2
  exit 1
fi
cmake --preset coverage >/dev/null
cmake --build --preset coverage --parallel "$(tools/build_jobs.sh)" --target device_test sim_test
find "$build" -name '*.gcda' -delete
for program in device_test sim_test; do
  "$build/$program" --gtest_brief=1 >"$build/$program.log" 2>&1 || {
    tail -20 "$build/$program.log" >&2
    exit 1
  }
done

# Branches that only an exception of the standard library takes are not the core's: it has none.
gcov=(gcovr --root . --object-directory "$build" --filter 'device/src/ota/'
  --exclude-throw-branches --exclude-unreachable-branches)
if [ "${1:-}" = --lines ]; then "${gcov[@]}" "$build"; fi
"${gcov[@]}" --branches --print-summary --fail-under-line "$lines_min" "$build"
