#!/usr/bin/env bash
set -euo pipefail

# The application and the examples for real chips.
usage() {
  cat <<'END_OF_USAGE'
usage: tools/build_firmware.sh CHIP
  Builds firmware/ and each folder of device/examples/ that is a project of ESP-IDF, for CHIP, into
  build/. Needs ESP-IDF 5.1 or later, with export.sh sourced.
END_OF_USAGE
}

case ${1:-} in
  -h | --help) usage && exit 0 ;;
  "" | -*) usage >&2 && exit 2 ;;
esac
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export OTTER_CONFIG_FOLDER=$PWD/firmware/include # for device/examples/qemu

for project in firmware device/examples/*; do
  [ -e "$project/CMakeLists.txt" ] || continue
  build=$PWD/build/${project//\//-}-$1
  idf.py -C "$project" -B "$build" -D "IDF_TARGET=$1" -D "SDKCONFIG=$build/sdkconfig" build
done
