#!/usr/bin/env bash
set -euo pipefail

# One update of an ESP32 in Espressif's QEMU: from two builds to `confirmed`.
usage() {
  cat <<'END_OF_USAGE'
usage: tools/qemu_update.sh CHIP [FOLDER]
  Builds device/examples/qemu twice for CHIP (esp32 or esp32c3), flashes 1.0.0 into a file,
  publishes 1.0.1, boots the file in QEMU and waits for the report `confirmed`. All of it is
  kept in FOLDER (build/qemu-CHIP), which must be new; the board's log is FOLDER/board.log.
  Needs: build/release/otter (or $OTTER); ESP-IDF 5.1 or later, with export.sh sourced; QEMU, by
  idf_tools.py install qemu-riscv32 qemu-xtensa
END_OF_USAGE
}

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
chip=${1:-}
case $chip in
  esp32) machine=(qemu-system-xtensa -M esp32 -m 4M) ;;
  esp32c3) machine=(qemu-system-riscv32 -M esp32c3) ;;
  -h | --help) usage && exit 0 ;;
  *) usage >&2 && exit 2 ;;
esac
folder=${2:-$top/build/qemu-$chip}
otter=${OTTER:-$top/build/release/otter}
host=10.0.2.2 # the machine that QEMU runs on, seen from inside its user network
port=${OTTER_QEMU_PORT:-8443}
patience_s=600
flash_size=$((4 * 1024 * 1024)) # as sdkconfig.defaults has it
pids=()

trap 'kill "${pids[@]}" 2>/dev/null || true' EXIT

# A server of its own, and a product.
start_server() {
  "$otter" init --folder "$folder" --name localhost --name "$host" --listen "127.0.0.1:$port" \
    >"$folder/init.txt"
  "$otter" serve --config "$folder/otter.toml" >"$folder/server.log" &
  pids+=($!)
  local tries
  for ((tries = 0; tries < 100; ++tries)); do
    if "$otter" product list --config "$folder/otter.toml" >/dev/null 2>&1; then break; fi
    sleep 0.1
  done
  "$otter" product add lamp --chip "$chip" --json --config "$folder/otter.toml" >"$folder/lamp.json"
}

# A PEM file as the text of the macro $1.
pem() {
  printf '#define %s \\\n' "$1"
  sed 's/.*/  "&\\n" \\/' "$2"
  echo
}

# config.h of version $1.
configure() {
  local api_key
  api_key=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["api_key"])' \
    "$folder/lamp.json")
  {
    echo '#define PRODUCT_NAME "lamp"'
    echo "#define FIRMWARE_VERSION \"$1\""
    echo "#define OTA_SERVER_HOST \"$host\""
    echo "#define OTA_SERVER_PORT $port"
    echo "#define API_KEY \"$api_key\""
    pem OTA_CA_CERTIFICATE "$folder/otter-data/certs/ca.crt"
    pem OTA_RELEASE_KEY "$folder/otter-data/keys/release-1.pem.pub"
  } >"$folder/config.h"
}

build() {
  configure "$1"
  OTTER_CONFIG_FOLDER=$folder idf.py -C "$top/device/examples/qemu" -B "$folder/build" \
    -D "IDF_TARGET=$chip" -D "SDKCONFIG=$folder/sdkconfig" build
}

# A flash chip, erased, with each file of the build in its place: flash_args has a line of options,
# then lines "OFFSET FILE".
flash() {
  head -c "$flash_size" /dev/zero | tr '\0' '\377' >"$folder/flash.bin"
  local offset file
  while read -r offset file; do
    dd if="$folder/build/$file" of="$folder/flash.bin" bs=4096 seek=$((offset / 4096)) \
      conv=notrunc status=none
  done < <(grep '^0x' "$folder/build/flash_args")
}

boot() {
  "${machine[@]}" -nographic -drive "file=$folder/flash.bin,if=mtd,format=raw" \
    -global "driver=timer.$chip.timg,property=wdt_disable,value=true" \
    -nic user,model=open_eth </dev/null >"$folder/board.log" 2>&1 &
  pids+=($!)
}

# The outcome that the server knows of the one device, and the version that it runs.
outcome() {
  "$otter" device list --config "$folder/otter.toml" --json | python3 -c '
import json, sys
for device in json.load(sys.stdin)["devices"]:
    print(device.get("outcome"), device.get("version"))'
}

mkdir -p "$(dirname "$folder")"
mkdir "$folder"
folder=$(cd "$folder" && pwd)
start_server
build 1.0.0
flash
build 1.0.1
"$otter" publish "$folder/build/otter_qemu.bin" --config "$folder/otter.toml"
boot
for ((waited_s = 0; waited_s < patience_s; ++waited_s)); do
  if [ "$(outcome)" = "confirmed 1.0.1" ]; then
    grep -a '\[OTA\]' "$folder/board.log"
    echo "qemu_update.sh: $chip runs 1.0.1, confirmed"
    exit 0
  fi
  sleep 1
done
tail -n 60 "$folder/board.log" >&2
echo "qemu_update.sh: $chip did not confirm 1.0.1 within $patience_s s" >&2
exit 1
