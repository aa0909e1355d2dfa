#!/usr/bin/env bash
set -euo pipefail

# Plays faults with the real programs: what was done, what had to happen, what happened.
cd "$(dirname "${BASH_SOURCE[0]}")"
# shellcheck source=tools/demo_world.sh
source tools/demo_world.sh
# shellcheck source=tools/fault_scenarios.sh
source tools/fault_scenarios.sh

describe() { sed -n -E "s/^fault_$1\(\) \{.*# (.*)/\1/p" "$world_top/tools/fault_scenarios.sh"; }

usage() {
  local name
  echo "usage: ./error_simulation.sh [all | FAULT...]     without arguments: a menu"
  for name in "${fault_names[@]}"; do
    printf '  %-11s %s\n' "$name" "$(describe "$name")"
  done
  echo "Each fault has a server of its own, in demo/FAULT/, made afresh. Logs: logs/errors/"
}

choose() {
  local choice names=()
  PS3="Which fault? "
  select choice in "${fault_names[@]}" all quit; do
    case $choice in
      "") continue ;;
      quit) exit 0 ;;
      all) names=("${fault_names[@]}") ;;
      *) names=("$choice") ;;
    esac
    break
  done
  chosen=("${names[@]}")
}

# One fault in a world of its own. The subshell's processes end with it.
play() {
  local log=$logs/$1.log status
  printf '\n%s: %s\n' "$1" "$(describe "$1")"
  set +e
  (
    set -e
    open_world "$world_top/demo/$1" "$logs/$1"
    world_end=$((SECONDS + 90))
    start_server
    "fault_$1"
  ) >"$log" 2>&1
  status=$?
  set -e
  grep -E '^  (done|expected|happened):' "$log" || true
  if [ "$status" -eq 0 ]; then
    echo "  PASS      log: $log"
    passed=$((passed + 1))
  else
    echo "  FAIL      log: $log, $logs/$1/"
    failed=$((failed + 1))
  fi
}

chosen=()
for name in "$@"; do
  case $name in
    -h | --help) usage && exit 0 ;;
    all) chosen=("${fault_names[@]}") ;;
    *)
      [[ " ${fault_names[*]} " == *" $name "* ]] || { usage >&2 && exit 2; }
      chosen+=("$name")
      ;;
  esac
done
if [ ${#chosen[@]} -eq 0 ]; then
  choose
fi

logs=$PWD/logs/errors
mkdir -p "$logs"
echo "Building what is not built yet; see $logs/setup.log"
./setup.sh --build-only >"$logs/setup.log" 2>&1 || fail "./setup.sh --build-only" "$logs/setup.log"
passed=0
failed=0
for name in "${chosen[@]}"; do
  play "$name"
done
printf '\n%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
