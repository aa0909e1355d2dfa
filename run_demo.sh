#!/usr/bin/env bash
set -euo pipefail

# A server and three virtual boards: one update that they all confirm, and rollouts of one that they
# roll back, which halt by themselves.
usage() {
  cat <<'END'
usage: ./run_demo.sh [--ci]
  Installs and builds what is missing, then plays in demo/update/, made afresh each time.
  --ci    ends by itself; the last line is DEMO OK. Without it server and boards keep running
          until Ctrl-C.
END
}

cd "$(dirname "${BASH_SOURCE[0]}")"
ci=no
while [ $# -gt 0 ]; do
  case $1 in
    --ci) ci=yes ;;
    -h | --help) usage && exit 0 ;;
    *) usage >&2 && exit 2 ;;
  esac
  shift
done

./setup.sh --build-only
# shellcheck source=tools/demo_world.sh
source tools/demo_world.sh
chips=(esp32 esp32c3 esp32s3)

# Makes version `$1` for each chip and publishes it; `$2...` as for `otter image make`.
publish_everywhere() {
  local chip
  for chip in "${chips[@]}"; do
    typed image make --project "demo-$chip" --chip "$chip" --version "$1" \
      -o "firmware/demo-$chip-$1.bin" "${@:2}"
    typed publish "firmware/demo-$chip-$1.bin" "${publish_options[@]}"
  done
}
publish_options=()

# Version `$1` to all devices at once, halted by the first that it fails on.
roll_out_everywhere() {
  local chip
  printf '{"template":"all_at_once","gates":{"sample":1}}\n' >plan.json
  for chip in "${chips[@]}"; do
    typed rollout start "demo-$chip" "$1" --plan plan.json
  done
}

# True if each product's rollout of version `$1` has halted.
rollouts_halted() {
  local chip
  for chip in "${chips[@]}"; do
    otter rollout show "demo-$chip" "$1" --json 2>/dev/null | grep -q '"phase":"halted"' || return 1
  done
}

# An account for the dashboard, with a password that this demo makes up.
make_account() {
  (umask 077 && head -c 18 /dev/urandom | base64 >secrets/admin.password)
  otter account password admin --password-file secrets/admin.password >/dev/null
}

# Shows what the boards say, as they say it; of the progress only the half and the whole.
narrate() {
  local logs=("${chips[@]/#/$world_logs/board-}")
  tail -q -n +1 -F "${logs[@]/%/.log}" 2>/dev/null \
    > >(grep --line-buffered -vE 'progress: (5|[0-9]5|[1-46-9]0)%') &
  narrator_pid=$!
  world_children+=("$narrator_pid")
}

# Waits until the server knows of all boards what `$2...` (key=value) says; `$1` in words.
expect_devices() {
  local chip
  eventually 40 "$1" devices_have "${#chips[@]}" "${@:2}" && return
  otter device list || true
  for chip in "${chips[@]}"; do
    printf 'log of board-%s: %s\n' "$chip" "$world_logs/board-$chip.log" >&2
  done
  fail "the server never heard this of all boards: $1" "$world_logs/server.log"
}

say "A server with its keys and certificates, in demo/update/"
open_world "$PWD/demo/update" "$PWD/logs/demo"
world_end=$((SECONDS + 90))
start_server
make_account
printf 'It listens on %s; its log is logs/demo/server.log\n' "$world_url"

say "Three products, one for each chip, and their first release"
for chip in "${chips[@]}"; do
  add_product "demo-$chip" "$chip"
done
publish_everywhere 1.0.0

say "Three boards that were flashed with 1.0.0"
for chip in "${chips[@]}"; do
  touch "$world_logs/board-$chip.log"
  start_board "board-$chip" "demo-$chip" "$chip" "firmware/demo-$chip-1.0.0.bin" --prefix
done
narrate
expect_devices "running 1.0.0" version=1.0.0

say "Release 1.0.1: healthy"
publish_everywhere 1.0.1
expect_devices "1.0.1 confirmed" version=1.0.1 outcome=confirmed outcome_version=1.0.1

say "Release 1.0.2: crashes as it starts; by rollouts with a gate"
publish_options=(--staged)
publish_everywhere 1.0.2 --behaviour crash
roll_out_everywhere 1.0.2
expect_devices "1.0.2 rolled back, 1.0.1 runs" \
  version=1.0.1 outcome=rolled_back outcome_version=1.0.2 error=crashed
eventually 30 "the rollouts" rollouts_halted 1.0.2 ||
  fail "a rollout of the bad release did not halt" "$world_logs/server.log"

end_process "$narrator_pid"
say "What the server knows"
otter device list
if [ "$ci" = yes ]; then
  end_children
  printf '\nDEMO OK\n'
  exit 0
fi

cat <<END

The dashboard: $world_url
  Sign in as admin with the password $(cat secrets/admin.password)
  The browser warns of the certificate: the authority that made it is in
  demo/update/otter-data/certs/ca.crt.

Server and boards keep running until Ctrl-C. In another terminal:
  cd $(printf %q "$world")
  otter=$(printf %q "$world_top/build/release/otter")
  \$otter device reports board-esp32
  \$otter image make --project demo-esp32 --chip esp32 --version 1.0.3 -o firmware/1.0.3.bin
  \$otter publish firmware/1.0.3.bin
  tail -f ../../logs/demo/board-esp32.log
END
while true; do
  sleep 1
  kill -0 "$server_pid" 2>/dev/null || fail "the server ended" "$world_logs/server.log"
done
