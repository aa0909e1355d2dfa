#!/usr/bin/env bash
set -euo pipefail

# Makes a fresh clone ready: packages, build, keys, certificates, settings.
usage() {
  cat <<'END'
usage: ./setup.sh [--build-only] [--with GROUP]...
  Installs what is missing (Debian 12, Ubuntu 24.04), builds Otter into build/release and makes
  otter.toml and otter-data/ with keys and certificates. Does again only what is not done yet.
  --build-only    packages and build; no keys, certificates or settings
  --with GROUP    packages for more than the build: test, chip, bench, fuzz, coverage,
                  deploy (see tools/packages.txt)
END
}

top=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
groups=" build "
build_only=no
while [ $# -gt 0 ]; do
  case $1 in
    --build-only) build_only=yes ;;
    --with)
      case ${2:-} in
        test | chip | bench | fuzz | coverage | deploy) groups+="$2 " ;;
        *) usage >&2 && exit 2 ;;
      esac
      shift
      ;;
    -h | --help) usage && exit 0 ;;
    *) usage >&2 && exit 2 ;;
  esac
  shift
done

# True if `$1`, a package or package>=version, is installed.
is_installed() {
  local status
  status=$(dpkg-query -W -f '${db:Status-Status} ${Version}' "${1%>=*}" 2>/dev/null) || return 1
  [ "${status%% *}" = installed ] || return 1
  [[ $1 != *">="* ]] || dpkg --compare-versions "${status#* }" ge "${1#*>=}"
}

# The lines of packages.txt, without their group, of which nothing is installed.
missing_lines() {
  local group line choice found
  while read -r group line; do
    [[ $groups == *" $group "* ]] || continue
    found=no
    for choice in ${line//|/ }; do
      if is_installed "$choice"; then found=yes; fi
    done
    [ "$found" = yes ] || echo "$line"
  done < <(grep -v '^#' "$top/tools/packages.txt")
}

# One package for each of the lines: the first that the archive has.
choose_packages() {
  local line choice
  while read -r line; do
    for choice in ${line//|/ } ""; do
      if [ -z "$choice" ]; then
        echo "${line%% *}"
      elif apt-cache show "${choice%>=*}" >/dev/null 2>&1; then
        echo "${choice%>=*}"
        break
      fi
    done
  done
}

install_packages() {
  local missing as_root=()
  missing=$(missing_lines)
  [ -n "$missing" ] || return 0
  if [ "$(id -u)" -ne 0 ]; then
    if command -v sudo >/dev/null && { [ -t 0 ] || sudo -n true 2>/dev/null; }; then
      as_root=(sudo)
    else
      echo "setup.sh: missing packages, and neither root nor sudo to install them:" \
        "$(choose_packages <<<"$missing" | xargs)" >&2
      exit 1
    fi
  fi
  echo "Installing packages"
  "${as_root[@]}" apt-get update -q
  choose_packages <<<"$missing" | xargs "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -q --no-install-recommends
}

if ! command -v dpkg-query >/dev/null; then
  echo "setup.sh: this is no Debian or Ubuntu: install what tools/packages.txt lists," \
    "then: cmake --preset release && cmake --build --preset release" >&2
  exit 1
fi
install_packages
cd "$top"
cmake --preset release
cmake --build --preset release --target otter --parallel "$(tools/build_jobs.sh)"
[ "$build_only" = no ] || exit 0

build/release/otter init --if-needed
cat <<'END'

Otter is ready. What to try next:
  build/release/otter serve          the server, on the address that otter.toml names
  build/release/otter product add    a product and its API key
  build/release/otter --help         everything else; README.md leads through the first update
END
