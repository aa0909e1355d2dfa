#!/usr/bin/env bash
set -euo pipefail

# Makes docs/spec/vectors/patch.json and the seeds of the fuzz targets of patches anew, with the
# encoder as it is: publish/patch_vectors_test.cpp. A patch is right by what comes of it, so these
# vectors need no second encoder; that the encoder has changed shows as a difference here.
cd "$(dirname "$0")/.."
cmake --preset release >/dev/null
cmake --build --preset release --target publish_test
rm -rf fuzz/corpus/patch_{decoder,header,maker}
OTTER_MAKE_VECTORS=1 build/release/publish_test --gtest_brief=1 --gtest_filter='PatchVectors.*'
