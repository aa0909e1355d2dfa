#!/usr/bin/env bash
set -euo pipefail

# Plays faults: what was done, what had to happen, what happened. In virtual time by
# `otter sim fault`, or with --real by the programs themselves on loopback.
cd "$(dirname "${BASH_SOURCE[0]}")"
# shellcheck source=tools/demo_world.sh
source tools/demo_world.sh
# shellcheck source=tools/fault_scenarios.sh
source tools/fault_scenarios.sh

usage() {
  local name
  echo "usage: ./error_simulation.sh [--json] [all | FAULT...]     without arguments: a menu"
  for name in "${sim_fault_names[@]}"; do
    printf '  %-11s %s\n' "$name" "$(describe_sim "$name")"
  done
  echo "Logs: logs/fault-FAULT.log"
  echo
  echo "usage: ./error_simulation.sh --real [all | FAULT...]"
  echo "The same with a real server and real boards; the boards' time is the wall clock's."
  for name in "${fault_names[@]}"; do
    printf '  %-11s %s\n' "$name" "$(describe "$name")"
  done
  echo "rollback means: ${rollback_names[*]}. Each has a server of its own, in demo/FAULT/, made"
  echo "afresh. Logs: logs/errors/"
}

# Takes one of the names and puts it into `chosen`.
choose() {
  local choice
  PS3="Which fault? "
  select choice in "$@" all quit; do
    case $choice in
      "") continue ;;
      quit) exit 0 ;;
      *) chosen=("$choice") ;;
    esac
    break
  done
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

play_real() {
  local name names
  passed=0
  failed=0
  mapfile -t names < <(real_names "${chosen[@]}")
  for name in "${names[@]}"; do
    play "$name"
  done
  printf '\n%d passed, %d failed\n' "$passed" "$failed"
  [ "$failed" -eq 0 ]
}

real=no
options=()
chosen=()
for argument in "$@"; do
  case $argument in
    -h | --help) usage && exit 0 ;;
    --real) real=yes ;;
    --json) options+=(--json) ;;
    *) chosen+=("$argument") ;;
  esac
done
for name in "${chosen[@]}"; do
  is_fault "$real" "$name" || { usage >&2 && exit 2; }
done
if [ "$real" = yes ] && [ ${#options[@]} -gt 0 ]; then
  usage >&2
  exit 2
fi
if [ ${#chosen[@]} -eq 0 ]; then
  if [ "$real" = yes ]; then choose "${fault_names[@]}"; else choose "${sim_fault_names[@]}"; fi
fi

logs=$PWD/logs/errors
mkdir -p "$logs"
echo "Building what is not built yet; see $logs/setup.log" >&2
./setup.sh --build-only >"$logs/setup.log" 2>&1 || fail "./setup.sh --build-only" "$logs/setup.log"
if [ "$real" = yes ]; then
  play_real
else
  otter sim fault "${chosen[@]}" "${options[@]}"
fi
