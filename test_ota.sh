#!/usr/bin/env bash
set -euo pipefail

# Installs what is missing, builds, and runs every test there is.
usage() {
  cat <<'END'
usage: ./test_ota.sh [--quick] [--demo] [[--only] SUITE]
  Suites, in this order: quick (house rules), exhaust (a million power cuts, minutes), chip (the
  core on the ESP32-C3's instruction set: size, stack, test vectors, whole updates), release (unit
  and end-to-end tests), asan (unit tests and the hostile ones of the end-to-end tests, with address
  and undefined-behaviour sanitizers), fuzz (10 s for each target), demo.
  --quick        without exhaust, chip, asan and fuzz
  --demo         run_demo.sh --ci as well
  --only SUITE   one suite alone; the word --only can be left out. Only so: asan-friendly (the other
                 end-to-end tests, sanitized), tsan (what runs in threads, with the thread
                 sanitizer: unit tests of server and fleet, the server under load, kills and an
                 outage), mutations (the device core is broken in many ways, each of which some
                 test must notice; minutes)
The last line is the sum over all suites. Logs: logs/test_results.log and logs/SUITE.log
END
}

cd "$(dirname "${BASH_SOURCE[0]}")"
suites="quick exhaust chip release asan fuzz"
while [ $# -gt 0 ]; do
  case $1 in
    --quick) suites="quick release" ;;
    --demo) suites+=" demo" ;;
    --only)
      suites=${2:-none}
      shift $(($# > 1))
      ;;
    -h | --help) usage && exit 0 ;;
    [a-z]*) suites=$1 ;;
    *) usage >&2 && exit 2 ;;
  esac
  shift
done

passed_sum=0
failed_sum=0
summary=()

build() {
  cmake --preset "$1" && cmake --build --preset "$1" --parallel "$(tools/build_jobs.sh)" "${@:2}"
}

# More at once than there are cores, for many of the scripts wait.
run_ctest() {
  local status=0
  ctest --preset "$1" --no-tests=error --timeout 900 --parallel $(($(nproc) + 2)) "${@:2}" ||
    status=$?
  sum_of_shards "build/$1/Testing/Temporary/LastTest.log"
  return "$status"
}

# CTest counts a part of a GoogleTest program as one; this counts the tests in it.
sum_of_shards() {
  awk '/^\[  PASSED  \]/ { passed += $4; shards += 1 }
       /^\[  FAILED  \] [0-9]+ tests?, listed below/ { failed += $4; shards_failed += 1 }
       END { printf "in the shards: %d passed, %d failed; %d shards, of which %d failed\n",
               passed, failed, shards, shards_failed }' "$1"
}

suite_quick() { cmake --preset release && run_ctest release -L quick; }
suite_release() { build release && run_ctest release -LE quick; }
suite_asan() {
  build asan && run_ctest asan -LE "quick|friendly" && build release && compare_traces
}
suite_asan-friendly() { build asan && run_ctest asan -L friendly; }

# Programs that a test starts end as they like, so what the sanitizer has to say lies in files.
suite_tsan() {
  local status=0
  build tsan --target fleet_test otter server_load server_register server_test || return 1
  rm -f logs/race.*
  TSAN_OPTIONS="log_path=$PWD/logs/race" run_ctest tsan \
    -R '^(fleet_test|server_test|end_to_end\.(http|kill|outage)_test)' || status=1
  ! cat logs/race.* 2>/dev/null || status=1
  return "$status"
}

# Fails if a power cut broke anything, or if there were fewer of them than a million.
suite_exhaust() {
  local power_losses
  build release || return 1
  build/release/otter sim exhaust --jobs "$(nproc)" --json | tee logs/exhaust.json || return 1
  power_losses=$(grep -o '"power_losses":[0-9]*' logs/exhaust.json | head -1 | cut -d : -f 2)
  [ "$power_losses" -ge 1000000 ]
}

# What the core does on the host is recorded, and done again on the chip's instruction set.
suite_chip() {
  build release --target device_test && bench/footprint.py --build-only &&
    ctest --test-dir build/chip/riscv32 --no-tests=error --output-on-failure
}

# The same seed gives the same trace in every build.
compare_traces() {
  local preset
  for preset in release asan; do
    "build/$preset/otter" sim exhaust --tiny --json | sed -E 's/"seconds":[0-9]+/-/' \
      >"logs/exhaust-$preset.json" || return 1
  done
  cmp logs/exhaust-{release,asan}.json
}

suite_fuzz() { fuzz/run.sh 10; }
suite_mutations() { tools/mutations.py --jobs "$(tools/build_jobs.sh)"; }
suite_demo() { ./run_demo.sh --ci; }

# Adds what the log of suite `$1`, which ended with status `$2` after `$3` seconds, says of passed
# and failed tests. A suite that isn't CTest's counts as one.
count() {
  local passed=0 failed=0 total inner inner_failed shards shards_failed
  read -r failed total < <(sed -n -E \
    's/.* tests passed, ([0-9]+) tests? failed out of ([0-9]+)$/\1 \2/p' "logs/$1.log" | tail -1) ||
    total=1 failed=$(($2 != 0))
  if read -r inner inner_failed shards shards_failed < <(
    grep "^in the shards: " "logs/$1.log" | tail -1 | tr -c '0-9\n' ' '); then
    total=$((total - shards + inner + inner_failed))
    failed=$((failed - shards_failed + inner_failed))
  fi
  if [ "$2" -ne 0 ] && [ "$failed" -eq 0 ]; then
    failed=1 total=$((total + 1))
  fi
  passed=$((total - failed))
  passed_sum=$((passed_sum + passed))
  failed_sum=$((failed_sum + failed))
  summary+=("$(printf '%-8s %5d passed, %d failed, %5d s' "$1" "$passed" "$failed" "$3")")
}

run_suite() {
  local status=0 begin=$SECONDS
  printf '\n== %s\n' "$1"
  "suite_$1" 2>&1 | tee "logs/$1.log" || status=$?
  count "$1" "$status" $((SECONDS - begin))
}

run_suites() {
  local suite setup=(--build-only --with test)
  [[ $suites != *chip* ]] || setup+=(--with chip)
  [[ $suites != *asan* && $suites != *fuzz* ]] || setup+=(--with fuzz)
  ./setup.sh "${setup[@]}" || { printf '\n0 passed, 1 failed\n' && return 1; }
  for suite in $suites; do
    run_suite "$suite"
  done
  printf '\n== summary\n'
  printf '%s\n' "${summary[@]}" "$passed_sum passed, $failed_sum failed"
  [ "$failed_sum" -eq 0 ]
}

for suite in $suites; do
  declare -F "suite_$suite" >/dev/null || { usage >&2 && exit 2; }
done
mkdir -p logs
run_suites 2>&1 | tee logs/test_results.log
