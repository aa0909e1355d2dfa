#!/usr/bin/env bash
# Builds the fuzz targets and runs each for some seconds (default 10), two at a time.
#
#   fuzz/run.sh             all targets, 10 s each
#   fuzz/run.sh 60          all targets, 60 s each
#   fuzz/run.sh 60 json     one target
#
# Prints one line for each target and exits 1 on any finding. What was found, the logs and the grown
# corpus are kept under build/asan/fuzz_run/; the seeds in fuzz/corpus/ are only read.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds="${1:-10}"
only="${2:-}"
out=build/asan/fuzz_run
# Targets of the server write to a database with each input.
if [ -w /dev/shm ]; then export TMPDIR=/dev/shm; fi

cmake --preset asan >/dev/null
mkdir -p "$out"
if ! cmake --build --preset asan -j 2 --target fuzz_targets >"$out/build.log" 2>&1; then
  tail -n 30 "$out/build.log" >&2
  echo "fuzz: the build failed; the whole log is $out/build.log" >&2
  exit 1
fi

run_one() {
  target="$1"
  folder="$out/$target"
  mkdir -p "$folder/corpus" "$folder/findings"
  status=0
  "build/asan/fuzz/${target}_fuzz" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 \
    -max_len=8192 -print_final_stats=1 -artifact_prefix="$folder/findings/" \
    "$folder/corpus" "fuzz/corpus/$target" >"$folder/log" 2>&1 || status=$?
  runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$folder/log")
  coverage=$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$folder/log" | tail -n 1)
  findings=$(find "$folder/findings" -type f | wc -l)
  printf '%-16s runs %10s  coverage %5s  findings %s\n' \
    "$target" "${runs:--}" "${coverage:--}" "$findings"
  if [ "$status" -ne 0 ] || [ "$findings" -ne 0 ]; then
    echo "  see $folder/log and $folder/findings/; replay: ${target}_fuzz FILE"
    return 1
  fi
}

failed=0
waiting=""
for source in fuzz/*_fuzz.cpp; do
  target=$(basename "$source" _fuzz.cpp)
  if [ -n "$only" ] && [ "$only" != "$target" ]; then continue; fi
  run_one "$target" &
  if [ -n "$waiting" ]; then
    wait "$waiting" || failed=1
    waiting=""
    wait "$!" || failed=1
  else
    waiting="$!"
  fi
done
if [ -n "$waiting" ]; then wait "$waiting" || failed=1; fi
exit "$failed"
