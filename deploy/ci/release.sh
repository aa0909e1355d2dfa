#!/usr/bin/env bash
set -euo pipefail

# From a built image to the verdict of its rollout: manifest, detached signature, rehearsal,
# publish, rollout. A step of a CI job; deploy/ci/README.md.
usage() {
  cat <<'END'
usage: release.sh IMAGE PLAN
  IMAGE  the application image, such as build/firmware.bin
  PLAN   the rollout's plan, JSON (docs/spec/rollout.md)

environment:
  OTTER_PUBLISH_SERVER      https://HOST[:PORT]
  OTTER_PUBLISH_TOKEN_FILE  a token of a publisher
  OTTER_PUBLISH_CA          PEM file of the server's authority, unless the system knows it
  OTTER_SIGN                command that signs: the SHA-256 to sign, 32 bytes, is its standard
                            input, the signature (ECDSA, P-256; DER or 64 bytes) its standard
                            output
  OTTER_SIGN_PUBLIC         PEM file of the public key
  OTTER_VERSION             the version, where the image does not say its own
  REHEARSE_FAULTS           what the release may be like
                            [none crash-at-boot crash-later=30% leak lose-wifi]
  REHEARSE_LIMIT            the share of the fleet that a bad release may reach [20%]

exit code: 0, the rollout is complete; 1, something failed, or a gate has stopped it.
END
}

[ $# -eq 2 ] || { usage >&2; exit 2; }
image=$1 plan=$2
: "${OTTER_SIGN:?names no command that signs}" "${OTTER_SIGN_PUBLIC:?names no public key}"
read -ra faults <<<"${REHEARSE_FAULTS:-none crash-at-boot crash-later=30% leak lose-wifi}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

step() { printf '\n== %s\n' "$*"; }
unhex() { python3 -c 'import sys; sys.stdout.buffer.write(bytes.fromhex(sys.stdin.read()))'; }
field() { python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))[sys.argv[2]])' "$@"; }

step "What the image says of itself"
otter image info "$image"

step "Rehearsal of $plan"
for fault in "${faults[@]}"; do
  otter rehearse "$plan" --fault "$fault" --limit "${REHEARSE_LIMIT:-20%}"
done

step "Manifest, and its signature from elsewhere"
otter publish "$image" ${OTTER_VERSION:+--version "$OTTER_VERSION"} \
  --out-manifest "$work/manifest.json"
otter sign "$work/manifest.json" --digest | unhex >"$work/digest"
sh -c "$OTTER_SIGN" <"$work/digest" >"$work/signature"
otter sign "$work/manifest.json" --signature "$work/signature" --public "$OTTER_SIGN_PUBLIC" \
  -o "$work/envelope.json"
product=$(field "$work/manifest.json" product)
version=$(field "$work/manifest.json" version)

step "Publish $product $version, to nobody yet"
otter publish "$image" --envelope "$work/envelope.json" --staged

step "Rollout"
otter rollout start "$product" "$version" --plan "$plan"
otter rollout watch "$product" "$version"
