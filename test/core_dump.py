"""Core dumps of chips, written by another hand than the program's own."""
import struct
import zlib


def note(name, kind, data):
    name += bytes(4 - len(name) % 4)
    return struct.pack("<3I", len(name), len(data), kind) + name + data + bytes(-len(data) % 4)


def core_dump(elf_sha256, pc, caller):
    """As the panic handler of an ESP32-C3 leaves it: docs/spec/core-dump.md."""
    status = bytearray(204)
    struct.pack_into("<I", status, 24, 0x3FC91AC0)
    struct.pack_into("<2I", status, 72, pc, caller)
    facts = note(b"ESP_CORE_DUMP_INFO", 8266, struct.pack("<I66s", 0x00050102, elf_sha256[:9]))
    facts += note(b"EXTRA_INFO", 677, struct.pack("<I", 0x3FC91AC0))
    tcb = bytes(52) + b"sensor".ljust(16, b"\0")
    parts = [(4, 0, note(b"CORE", 1, bytes(status))), (1, 0x3FC91AC0, tcb), (4, 0, facts)]
    elf = struct.pack("<16s2H5I6H", b"\x7fELF\1\1\1", 4, 243, 1, 0, 52, 0, 0, 52, 32, len(parts), 0,
                      0, 0)
    offset = len(elf) + 32 * len(parts)
    for kind, address, data in parts:
        elf += struct.pack("<8I", kind, offset, address, address, len(data), len(data), 6, 0)
        offset += len(data)
    elf += b"".join(data for _, _, data in parts)
    dump = struct.pack("<6I", 24 + len(elf) + 4, 0x00050102, 0, 0, 0, 3) + elf
    return dump + struct.pack("<I", zlib.crc32(dump))
