#!/usr/bin/env bash
set -euo pipefail

# A server and 200 virtual boards with real sockets: a good release through three stages, a bad one
# that its health gate stops and takes back, a board that can't take either, and an experiment.
usage() {
  cat <<'END'
usage: ./run_demo.sh [--ci]
  Installs and builds what is missing, then plays in demo/fleet/, made afresh each time.
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
boards=200
plan='{"stages":[{"share":15,"bake":"10s"},{"share":50,"bake":"5s"},{"share":100,"bake":"5s"}],
  "gates":{"sample":10,"health_window":"10s"},"on_breach":"take_back"}'

# Makes version `$1` and publishes it; `$2...` as for `otter image make`.
publish_lamp() {
  typed image make --project lamp --chip esp32c3 --version "$1" -o "firmware/lamp-$1.bin" "${@:2}"
  typed publish "firmware/lamp-$1.bin"
}

# An account for the dashboard, with a password that this demo makes up.
make_account() {
  (umask 077 && head -c 18 /dev/urandom | base64 >secrets/admin.password)
  otter account password admin --password-file secrets/admin.password >/dev/null
}

# Lets version `$1` out as $plan says and follows it to its end.
roll_out() {
  typed rollout start lamp "$1" --plan plan.json
  eventually 60 "the rollout to begin" figure_is "$1" phase filling ||
    fail "the rollout of $1 has not begun" "$world_logs/server.log"
  timeout 180 "$world_otter" rollout watch lamp "$1" | sed "s/^/  /" || true
}

# A figure of the rollout of version `$1`, such as devices.started.
figure() {
  otter rollout show lamp "$1" --json | python3 -c '
import functools, json, sys
print(functools.reduce(dict.get, sys.argv[1].split("."), json.load(sys.stdin)))' "$2"
}
figure_is() { [ "$(figure "$1" "$2")" = "$3" ]; }

# Fails unless figure `$2` of the rollout of version `$1` is `$3`.
expect() {
  figure_is "$1" "$2" "$3" ||
    fail "rollout of $1: $2 is $(figure "$1" "$2"), not $3" "$world_logs/server.log"
}

# What the boards have fetched since byte `$1` of the server's log, in place of images of `$2`.
tell_bytes() {
  python3 -c '
import os, re, sys
fetched = whole = 0
size = os.path.getsize(sys.argv[3])
log = open(sys.argv[1])
log.seek(int(sys.argv[2]))
for line in log:
    part = re.search(r" bytes=(?:\d+\+)?(\d+)", line)
    if "Patch download started" in line or "Firmware download started" in line:
        fetched += int(part.group(1)) if part else size
whole = size * int(sys.argv[4])
print(f"{fetched:,} bytes went over the network for it in place of {whole:,}: "
      f"{100 - 100 * fetched / whole:.1f} % less.")
sys.exit(fetched * 2 > whole)' "$world_logs/server.log" "$1" "$2" "$boards" ||
    fail "patches have not halved what was fetched" "$world_logs/server.log"
}

# How many boards of the fleet run version `$1`.
running() {
  otter device list --json --filter "product = lamp and version = $1" | python3 -c '
import json, sys
print(sum(d["id"].startswith("board-") for d in json.load(sys.stdin)["devices"]))'
}
all_run() { [ "$(running "$1")" = "$boards" ]; }
expect_all_run() {
  eventually 60 "all boards" all_run "$1" ||
    fail "$(running "$1") of $boards boards run $1" "$world_logs/fleet-summary.log"
}

say "A server with its keys and certificates, in demo/fleet/"
open_world "$PWD/demo/fleet" "$PWD/logs/demo"
printf '%s\n' "$plan" >plan.json
printf '{"stages":[{"share":100,"bake":"1s"}],"gates":{"health_error_rate":0}}\n' >promote.json
start_server
make_account
printf 'It listens on %s; its log is logs/demo/server.log\n' "$world_url"

say "A product whose releases go out by rollouts alone, and its first release"
add_product lamp esp32c3
typed product set lamp --staged on
publish_lamp 1.0.0

say "$boards boards that were flashed with 1.0.0, and one with an older chip"
start_fleet lamp esp32c3 firmware/lamp-1.0.0.bin "$boards" --revision 3 --patch-memory 32768
start_board old-lamp lamp esp32c3 firmware/lamp-1.0.0.bin --revision 2
expect_all_run 1.0.0
printf 'All are in touch; what they say is in logs/demo/fleet.log\n'

say "1.0.1, a good release, in three stages"
publish_lamp 1.0.1 --min-rev 3
began=$SECONDS
log_size=$(stat -c %s "$world_logs/server.log")
roll_out 1.0.1
expect 1.0.1 phase complete
expect 1.0.1 devices.confirmed "$boards"
expect_all_run 1.0.1
printf 'All %s boards confirmed 1.0.1, %s s after its rollout began.\n' \
  "$boards" "$((SECONDS - began))"
tell_bytes "$log_size" firmware/lamp-1.0.1.bin

say "Why one lamp has not got it"
typed explain old-lamp | tee explained.txt
grep -q 'wrong_revision' explained.txt || fail "old-lamp's chip is not what the explanation names"

say "1.0.2, which passes its own test and then panics every few seconds"
publish_lamp 1.0.2 --min-rev 3 --behaviour unstable
roll_out 1.0.2
expect 1.0.2 cause unhealthy
expect 1.0.2 stage 1
eventually 60 "the way back" figure_is 1.0.2 phase returned ||
  fail "1.0.2 was not taken back" "$world_logs/server.log"
expect_all_run 1.0.1
printf '1.0.2 came to %s of %s boards; its health gate stopped it, and all are back at 1.0.1.\n' \
  "$(figure 1.0.2 devices.started)" "$boards"

say "1.1.0 or 1.1.1: an experiment, of which of the two boards reset less"
publish_lamp 1.1.0 --min-rev 3 --behaviour unstable
publish_lamp 1.1.1 --min-rev 3
typed experiment start lamp dimmer --arm old=1.1.0 --arm new=1.1.1 \
  --metric any_reset --watch 10s --min 15 --share 40
timeout 180 "$world_otter" experiment watch lamp dimmer | sed "s/^/  /"
otter experiment show lamp dimmer --json >experiment.json
python3 -c '
import json
found = json.load(open("experiment.json"))
arm = next(a for a in found["arms"] if a["name"] == found["winner"])
print("The winner is {}, {}: p = {:.1g}, by the sequential rule.".format(
    found["winner"], arm["version"], arm["comparison"]["p_sequential"]))
assert found["winner"] == "new", found["winner"]' || fail "the experiment has no clear winner"
typed experiment promote lamp dimmer --plan promote.json
eventually 90 "the winner on all boards" figure_is 1.1.1 phase complete ||
  fail "1.1.1 is not complete" "$world_logs/server.log"
expect_all_run 1.1.1
printf 'All %s boards run the winner.\n' "$boards"

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

The dashboard: $world_url
  Sign in as admin with the password $(cat secrets/admin.password)
  The browser warns of the certificate: the authority that made it is in
  demo/fleet/otter-data/certs/ca.crt.

Server and boards keep running until Ctrl-C. In another terminal:
  cd $(printf %q "$world")
  otter=$(printf %q "$world_top/build/release/otter")
  \$otter rollout show lamp 1.0.2
  \$otter explain board-007
  \$otter image make --project lamp --chip esp32c3 --version 1.0.3 -o firmware/1.0.3.bin
  \$otter publish firmware/1.0.3.bin
  \$otter rollout start lamp 1.0.3 --plan plan.json && \$otter rollout watch lamp 1.0.3
  tail -f ../../logs/demo/fleet.log
END
while true; do
  sleep 1
  kill -0 "$server_pid" 2>/dev/null || fail "the server ended" "$world_logs/server.log"
done
