#!/usr/bin/env bash
set -euo pipefail

# How many compilers to run side by side: one per core, and 1.5 GB of memory for each.
cores=$(nproc)
memory_kb=$(awk '/^MemAvailable:/ {print $2}' /proc/meminfo)
by_memory=$((memory_kb / 1500000))
jobs=$((cores < by_memory ? cores : by_memory))
echo $((jobs > 0 ? jobs : 1))
