#!/usr/bin/env bash
set -euo pipefail

# A world to try things in: a folder of its own, a server on a free port of loopback, virtual
# boards. Sourced by run_demo.sh and error_simulation.sh. All processes end with the script.
# shellcheck disable=SC2034  # what is set here is used there

world_top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
world_children=()
world_end=$((SECONDS + 3600))

say() { printf '\n== %s\n' "$*"; }

# Tells what failed and where to read on, and ends the script.
fail() {
  printf '\nFAILED: %s\n' "$1" >&2
  if [ -s "${2:-}" ]; then
    printf 'The end of %s:\n' "$2" >&2
    tail -n 15 "$2" | sed 's/^/  | /' >&2
  fi
  exit 1
}

# For what is awaited. What goes on in the background is started as the program itself: of a
# function, $! would be the shell around it, and the program would outlive that.
world_otter=$world_top/build/release/otter
otter() { "$world_otter" "$@"; }

# The same, shown as a user would type it.
typed() {
  printf '$ otter %s\n' "$*"
  otter "$@"
}

# Ends one process: SIGTERM, and SIGKILL if that does not help within 12 s.
end_process() {
  local tries=0
  kill "$1" 2>/dev/null || return 0
  while kill -0 "$1" 2>/dev/null && [ $tries -lt 120 ]; do
    sleep 0.1
    tries=$((tries + 1))
  done
  kill -9 "$1" 2>/dev/null || true
  wait "$1" 2>/dev/null || true
}

# The youngest first: boards before their server.
end_children() {
  local index
  for ((index = ${#world_children[@]} - 1; index >= 0; index--)); do
    end_process "${world_children[index]}"
  done
  world_children=()
}

free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])'
}

# Makes the folder `$1` afresh, with keys, certificates and settings for a server on a free port,
# and goes there. Logs go to `$2`.
open_world() {
  world=$1
  world_logs=$2
  rm -rf "$world" "$world_logs"
  mkdir -p "$world/firmware" "$world/boards" "$world/secrets" "$world_logs"
  chmod 700 "$world/secrets"
  cd "$world"
  world_port=$(free_port)
  world_url=https://localhost:$world_port
  otter init --folder "$world" --listen "127.0.0.1:$world_port" --name localhost \
    >/dev/null 2>"$world_logs/init.log" || fail "otter init" "$world_logs/init.log"
  export OTTER_CONFIG=$world/otter.toml
  trap end_children EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
}

# Waits until the command `$3...` succeeds, at most `$1` seconds; `$2` says for what. Gives 1 if it
# never did.
eventually() {
  local end=$((SECONDS + $1))
  [ "$end" -lt "$world_end" ] || end=$world_end
  until "${@:3}"; do
    [ "$SECONDS" -lt "$end" ] || return 1
    sleep 0.2
  done
}

server_answers() { otter product list >/dev/null 2>>"$world_logs/probe.log"; }

# Boards come back every second.
start_server() {
  OTTER_SERVER_CHECK_INTERVAL_S=1 "$world_otter" serve >>"$world_logs/server.log" 2>&1 &
  server_pid=$!
  world_children+=("$server_pid")
  eventually 15 "the server" server_answers ||
    fail "the server does not answer at $world_url" "$world_logs/server.log"
}

# A product of chip `$2`; its keys go into files.
add_product() {
  otter product add "$1" --chip "$2" --json >"secrets/$1.json" 2>"$world_logs/product.log" ||
    fail "otter product add $1" "$world_logs/product.log"
  chmod 600 "secrets/$1.json"
  local field
  for field in api_key hmac_secret; do
    python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))[sys.argv[2]])' \
      "secrets/$1.json" "$field" >"secrets/$1.$field"
    chmod 600 "secrets/$1.$field"
  done
}

# firmware/PRODUCT-VERSION.bin of product `$1`, chip `$2`, version `$3`; `$4...` as for image make.
make_firmware() {
  otter image make --project "$1" --chip "$2" --version "$3" -o "firmware/$1-$3.bin" "${@:4}"
}

# Powers on board `$1` of product `$2`, chip `$3`, with firmware `$4` if it is new. Its files are
# boards/$1.bin*, its process is board_pid. It trusts the authority board_ca.
board_ca=otter-data/certs/ca.crt
board_options() {
  options=(--server "$world_url" --ca "$board_ca"
    --api-key-file "secrets/$1.api_key" --release-key otter-data/keys/release-1.pem.pub
    --chip "$2" --firmware "$3"
    --check-interval 1s --retry-delay 1s --trial-uptime 1s --watchdog 1s --timeout 3s)
}
start_board() {
  local options
  board_options "${@:2:3}"
  "$world_otter" sim device --flash "boards/$1.bin" --id "$1" --create "${options[@]}" "${@:5}" \
    >>"$world_logs/$1.log" 2>&1 &
  board_pid=$!
  world_children+=("$board_pid")
}

# Powers on `$4` boards of product `$1`, chip `$2`, with firmware `$3`: in memory, in one process.
start_fleet() {
  local options
  board_options "${@:1:3}"
  "$world_otter" sim fleet --devices "$4" "${options[@]}" --stable-uptime 1s --panic-every 4s \
    --log "$world_logs/fleet.log" "${@:5}" >>"$world_logs/fleet-summary.log" 2>&1 &
  fleet_pid=$!
  world_children+=("$fleet_pid")
}

# True if the server knows `$1` devices (of all products) and each has these fields: key=value ...
devices_have() {
  otter device list --json 2>>"$world_logs/probe.log" | python3 -c '
import json, sys
devices = json.load(sys.stdin)["devices"]
wanted = [field.split("=", 1) for field in sys.argv[2:]]
right = [d for d in devices if all(str(d.get(key)) == value for key, value in wanted)]
sys.exit(len(devices) != int(sys.argv[1]) or len(right) != len(devices))' "$@"
}
