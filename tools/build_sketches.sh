#!/usr/bin/env bash
set -euo pipefail

# The sketches for Arduino.
usage() {
  cat <<'END_OF_USAGE'
usage: tools/build_sketches.sh FQBN
  Compiles each sketch of device/examples/, with device/ as its library, for the board FQBN, such as
  esp32:esp32:esp32c3, into build/. Needs arduino-cli and the core esp32:esp32 3.0 or later.
END_OF_USAGE
}

case ${1:-} in
  -h | --help) usage && exit 0 ;;
  "" | -*) usage >&2 && exit 2 ;;
esac
cd "$(dirname "${BASH_SOURCE[0]}")/.."

for sketch in device/examples/*/*.ino; do
  folder=$(dirname "$sketch")
  arduino-cli compile --fqbn "$1" --library device --warnings all \
    --build-path "build/${folder//\//-}-${1//:/-}" "$folder"
done
