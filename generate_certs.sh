#!/usr/bin/env bash
set -euo pipefail

# Certificates for a server that is called by other names than localhost.
usage() {
  cat <<'END'
usage: ./generate_certs.sh NAME...
  Signs a new server certificate for these DNS names and IP addresses, and localhost. The authority
  stays, so devices that trust it trust the new certificate. Without an authority it makes one, and
  all else that a new server needs (otter init).
  ./generate_certs.sh 192.168.1.10 ota.example.com
END
}

cd "$(dirname "${BASH_SOURCE[0]}")"
case ${1:-} in
  "" | -h | --help) usage && exit $(($# == 0 ? 2 : 0)) ;;
esac
[ -x build/release/otter ] || ./setup.sh --build-only

names=(--name localhost)
for name in "$@"; do
  names+=(--name "$name")
done
if [ -e otter-data/certs/ca.key ]; then
  exec build/release/otter certs renew "${names[@]}"
fi
exec build/release/otter init "${names[@]}"
