# The ESP32-C3's instruction set, rv32imc, with Debian's compiler and C library; there is no C++
# library. QEMU's board `virt` has its memory at 0x80000000.
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR riscv32)
set(CMAKE_C_COMPILER riscv64-unknown-elf-gcc)
set(CMAKE_CXX_COMPILER riscv64-unknown-elf-g++)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
set(CMAKE_CXX_FLAGS_INIT "--specs=picolibc.specs -march=rv32imc -mabi=ilp32 -msave-restore")
set(CMAKE_EXE_LINKER_FLAGS_INIT "-Wl,--defsym=__flash=0x80000000,--defsym=__flash_size=0x400000\
 -Wl,--defsym=__ram=0x80400000,--defsym=__ram_size=0x4000000,--defsym=__stack_size=0x10000")
