#!/usr/bin/env bash
set -euo pipefail

# The faults that error_simulation.sh offers. Those of `otter sim fault` by name; and those that are
# played with the real programs in the world of demo_world.sh: a function fault_NAME, whose first
# line says what it is. Sourced.
# shellcheck disable=SC2034,SC2154  # world_logs, world_url and so on are demo_world.sh's

sim_fault_names=(corrupt hash hmac signature network timeout auth memory power rollback downgrade
  cert)
fault_names=(corrupt hash hmac signature auth cert network timeout power downgrade
  crash hang selftest no-network)
rollback_names=(crash hang selftest no-network)

describe() { sed -n -E "s/^fault_$1\(\) \{.*# (.*)/\1/p" "$world_top/tools/fault_scenarios.sh"; }

# As `otter sim fault` itself tells it: the second string of its row in a list of faults.
describe_sim() {
  cat "$world_top"/sim/fault_play.cpp "$world_top"/cli/sim_fault.cpp |
    sed -n -E "s/.*\{\"$1\", \"([^\"]*)\".*/\1/p"
}

# True if `$2` is a fault; `$1` yes: one that is played with the real programs.
is_fault() {
  local names=" all ${sim_fault_names[*]} "
  if [ "$1" = yes ]; then names=" all rollback ${fault_names[*]} "; fi
  [[ $names == *" $2 "* ]]
}

# The scenarios with the real programs that the names `$@` mean, one a line.
real_names() {
  local name
  for name in "$@"; do
    case $name in
      all) printf '%s\n' "${fault_names[@]}" ;;
      rollback) printf '%s\n' "${rollback_names[@]}" ;;
      *) echo "$name" ;;
    esac
  done
}

did() { printf '  done:     %s\n' "$*"; }
expected() { printf '  expected: %s\n' "$*"; }

# What happened: the last line of file `$1` that has the pattern `$2`. Fails if there is none.
happened() {
  local line
  line=$(grep -E -- "$2" "$1" | tail -n 1) || true
  if [ -z "$line" ]; then
    printf '  happened: no line with "%s"; see %s\n' "$2" "$1"
    return 1
  fi
  printf '  happened: %s\n' "$line"
}

# Waits for a line like `$2` in file `$1`, at most 30 s, and shows it.
happens() {
  eventually 30 "$2" grep -qE -- "$2" "$1" || true
  happened "$1" "$2"
}

# Runs `$2...`, which must fail; what it says goes to file `$1`.
must_refuse() {
  if "${@:2}" >"$1" 2>&1; then
    printf '  happened: it was accepted; see %s\n' "$1"
    return 1
  fi
}

# Flips all bits of the byte in the middle of file `$1`.
flip_byte() {
  python3 -c 'import sys
with open(sys.argv[1], "r+b") as file:
    data = bytearray(file.read())
    data[len(data) // 2] ^= 0xFF
    file.seek(0)
    file.write(data)' "$1"
}

# A product for fault `$1`, its firmware 1.0.0 and 1.0.1 (`$2...` for that as for image make).
prepare() {
  product=fault-$1
  board=board-$1
  board_log=$world_logs/$board.log
  add_product "$product" esp32c3
  make_firmware "$product" esp32c3 1.0.0
  make_firmware "$product" esp32c3 1.0.1 "${@:2}"
}

publish_version() { otter publish "firmware/$product-$1.bin"; }

# The board with 1.0.0 flashed; `$@` are further options of `otter sim device`.
power_on() { start_board "$board" "$product" esp32c3 "firmware/$product-1.0.0.bin" "$@"; }

# What the server knows of the board: key=value ...
server_knows() {
  otter device list --product "$product" --json | python3 -c '
import json, sys
device = json.load(sys.stdin)["devices"][0]
print("  happened: the server knows:", ", ".join(f"{k} {device.get(k)}" for k in
      ("version", "outcome", "outcome_version", "error")))
sys.exit(any(str(device.get(key)) != value for key, value in
             (field.split("=", 1) for field in sys.argv[1:])))' "$@"
}

board_has() {
  otter device list --product "$product" --json 2>/dev/null | python3 -c '
import json, sys
devices = json.load(sys.stdin)["devices"]
sys.exit(not devices or any(str(devices[0].get(key)) != value for key, value in
         (field.split("=", 1) for field in sys.argv[1:])))' "$@"
}

reaches() {
  eventually 40 "$*" board_has "$@" || true
  server_knows "$@"
}

fault_corrupt() { # an image that was damaged before it is published
  prepare corrupt
  flip_byte "firmware/$product-1.0.1.bin"
  did "flipped a byte of an image and published it"
  expected "refused with the reason; the server has no such release"
  must_refuse "$world_logs/publish.log" publish_version 1.0.1
  happened "$world_logs/publish.log" 'checksum|hash|SHA-256'
  otter release list --product "$product" --json | grep -q '"releases": *\[\]'
}

fault_hash() { # a firmware file that changes on the server's disk
  prepare hash
  publish_version 1.0.1
  flip_byte "$(find_blob "firmware/$product-1.0.1.bin")"
  did "flipped a byte of the published file in the server's data folder"
  expected "the board notices it by the signed manifest's hashes and keeps 1.0.0"
  power_on
  happens "$board_log" 'bad_hash'
  reaches version=1.0.0 outcome=failed outcome_version=1.0.1 error=bad_hash
}

find_blob() {
  local sha256
  sha256=$(sha256sum "$1" | cut -d ' ' -f 1)
  echo "otter-data/blobs/${sha256:0:2}/$sha256"
}

fault_hmac() { # a plain board with another HMAC secret
  prepare hmac
  publish_version 1.0.1
  echo "another secret" >secrets/another.hmac_secret
  did "started a board in plain mode with a wrong HMAC secret"
  expected "it refuses the image with bad_hmac and keeps 1.0.0"
  power_on --plain --hmac-secret-file secrets/another.hmac_secret
  happens "$board_log" 'HMAC verification: FAILED'
  reaches outcome=refused outcome_version=1.0.1 error=bad_hmac
}

fault_signature() { # a release key that server and board don't know
  prepare signature
  otter keys make secrets/stranger.pem
  did "published with a release key that the server does not know"
  expected "the server refuses the release"
  must_refuse "$world_logs/publish.log" \
    otter publish "firmware/$product-1.0.1.bin" --key secrets/stranger.pem
  happened "$world_logs/publish.log" 'does not know key'
  did "let the server know the key, but not the board"
  expected "the board does not take the release and keeps 1.0.0"
  otter keys register secrets/stranger.pem
  otter publish "firmware/$product-1.0.1.bin" --key secrets/stranger.pem
  power_on
  happens "$board_log" 'unknown_key'
  kill -0 "$board_pid"
  reaches version=1.0.0
}

fault_auth() { # a wrong API key
  prepare auth
  echo "otk_wrong" >"secrets/$product.api_key"
  did "started a board with a wrong API key"
  expected "the server answers 401, the board says so and keeps running"
  power_on
  happens "$board_log" 'unauthorized'
  kill -0 "$board_pid"
}

fault_cert() { # a server with a certificate of another authority
  prepare cert
  otter certs make --folder secrets/stranger --name localhost
  did "started a board that trusts another authority than the server's"
  expected "it refuses the connection with tls_untrusted and keeps running"
  board_ca=secrets/stranger/ca.crt
  power_on
  happens "$board_log" 'tls_untrusted'
  kill -0 "$board_pid"
}

fault_network() { # a server that is down for a while
  prepare network
  publish_version 1.0.1
  did "stopped the server, started a board"
  expected "the board says network_unreachable, and updates once the server is back"
  end_process "$server_pid"
  power_on
  local status=0
  happens "$board_log" 'network_unreachable' || status=1
  start_server
  reaches version=1.0.1 outcome=confirmed || status=1
  return $status
}

fault_timeout() { # a server that takes connections and says nothing
  prepare timeout
  local port
  port=$(free_port)
  python3 -c 'import socket, sys, time
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
time.sleep(600)' "$port" &
  world_children+=($!)
  did "started a board whose server never answers"
  expected "it gives up with network_timeout and keeps running"
  world_url=https://localhost:$port
  power_on
  happens "$board_log" 'network_timeout'
  kill -0 "$board_pid"
}

# Starts the board and kills it in its download. A machine that does something else at the wrong
# moment makes that too late; then a new board gets the next try.
kill_in_download() {
  local try look
  for try in $(seq 20); do
    rm -f "boards/$board".bin*
    : >"$board_log"
    power_on
    for look in $(seq 500); do
      if grep -q 'Download progress: [1-9]' "$board_log"; then break; fi
      sleep 0.01
    done
    kill -9 "$board_pid" 2>/dev/null || true
    wait "$board_pid" 2>/dev/null || true
    if tail -n 1 "$board_log" | grep -q 'Download progress: [1-9][0-9]%'; then
      printf '  happened: killed after: %s\n' "$(tail -n 1 "$board_log")"
      return
    fi
  done
  printf '  happened: no kill in time in %s tries, the last after %s looks\n' "$try" "$look"
  return 1
}

fault_power() { # a power cut in the middle of a download
  prepare power --size 1900K
  publish_version 1.0.1
  did "killed a board (SIGKILL) in the middle of its download, started it again"
  expected "it boots 1.0.0, goes on where it was, and confirms 1.0.1"
  kill_in_download
  power_on
  happens "$board_log" 'Resuming the download at byte'
  reaches version=1.0.1 outcome=confirmed outcome_version=1.0.1
}

fault_downgrade() { # an older version with a newer sequence
  prepare downgrade
  make_firmware "$product" esp32c3 0.9.0
  publish_version 0.9.0
  did "published 0.9.0 for a board that runs 1.0.0"
  expected "the board is not offered it and keeps 1.0.0"
  power_on --until idle --run-for 30s
  wait "$board_pid"
  reaches version=1.0.0 outcome=None
}

# The image of fault `$1` misbehaves as `$2`: rolled back with error `$3`.
roll_back() {
  prepare "$1" --behaviour "$2"
  publish_version 1.0.1
  did "published an image with the behaviour $2"
  expected "the board goes back to 1.0.0 and the server knows why: $3"
  power_on --trial-deadline 3s --trial-ceiling 6s
  reaches version=1.0.0 outcome=rolled_back outcome_version=1.0.1 error="$3"
}

fault_crash() { roll_back crash crash crashed; } # an image that crashes at its start

fault_hang() { roll_back hang hang watchdog; } # an image that hangs

fault_selftest() { # an image whose self-test fails
  roll_back selftest selftest-fail selftest_failed
}

fault_no-network() { # an image that finds no network
  roll_back no-network no-network no_network
}
