# The ESP8266's variant of Xtensa, the only one that Debian has a compiler for: an LX106 without the
# register windows and the extensions of the ESP32's LX6 and the ESP32-S3's LX7. For sizes alone: it
# is linked without addresses, and without the C library.
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR xtensa)
set(CMAKE_C_COMPILER xtensa-lx106-elf-gcc)
set(CMAKE_CXX_COMPILER xtensa-lx106-elf-g++)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
set(CMAKE_CXX_FLAGS_INIT "-mlongcalls -isystem /usr/lib/xtensa-lx106-elf/include")
set(CMAKE_EXE_LINKER_FLAGS_INIT "-r -nostdlib")
