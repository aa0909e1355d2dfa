#!/usr/bin/env bash
set -euo pipefail

# run.sh PROGRAM [ARGUMENT]...: runs a program of this folder on QEMU's board `virt`, whose
# processor knows rv32imc and nothing else. Gives its exit code, or 124 after a minute.
arguments=$(printf ',arg=%s' "${@:2}")
exec timeout 60 qemu-system-riscv32 -M virt -cpu rv32,a=off,f=off,d=off,h=off,s=off,u=off \
  -bios none -display none -serial none -monitor none \
  -semihosting-config "enable=on,target=native$arguments" -kernel "$1" </dev/null 2>&1
