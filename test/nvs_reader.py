"""Reads an image of an NVS partition, format version 2, page by page, and takes nothing on trust.
From ESP-IDF's own description of the format, docs/en/api-reference/storage/nvs_flash.rst
("Structure of a Page", "Structure of Entry", "Namespaces"); the types' numbers are
nvs_handle.hpp's."""
import struct
import zlib

PAGE, ENTRY, ENTRIES = 4096, 32, 126
EMPTY, ACTIVE, FULL = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFC
VERSION_2 = 0xFE
INTEGERS = {0x01: "<B", 0x11: "<b", 0x02: "<H", 0x12: "<h", 0x04: "<I", 0x14: "<i", 0x08: "<Q",
            0x18: "<q"}
STRING, BLOB_DATA, BLOB_INDEX = 0x21, 0x42, 0x48
NO_CHUNK = 0xFF


class BadImage(Exception):
    """The image is not what nvs_flash would have written."""


def need(holds, *what):
    if not holds:
        raise BadImage(*what)


def crc(data):
    return zlib.crc32(data, 0xFFFFFFFF)


def states_of(page):
    """The two bits of each of the 126 entries; the four bits behind them must be ones."""
    bits = int.from_bytes(page[32:64], "little")
    need(bits >> 2 * ENTRIES == 0xF, "bits behind the last entry's state")
    return [bits >> 2 * i & 3 for i in range(ENTRIES)]


def read_header(page):
    """(state, sequence number)"""
    state, sequence, version = struct.unpack_from("<IIB", page)
    need(state in (ACTIVE, FULL), "state of a page", hex(state))
    need(version == VERSION_2, "version", hex(version))
    need(page[9:28] == bytes([0xFF] * 19), "reserved bytes of a header")
    need(struct.unpack_from("<I", page, 28)[0] == crc(page[4:28]), "CRC of a header")
    return state, sequence


class Item:
    """An entry, and what lies in the entries behind it."""

    def __init__(self, raw, following):
        self.space, self.type, self.span, self.chunk, found = struct.unpack_from("<BBBBI", raw)
        need(found == crc(raw[:4] + raw[8:]), "CRC of an entry")
        name, _, padding = raw[8:24].partition(b"\0")
        need(0 < len(name) < 16 and not padding.strip(b"\0"), "key", raw[8:24])
        self.key = name.decode("ascii")
        self.data = raw[24:]
        if self.type in (STRING, BLOB_DATA):
            self.value = self.variable(following)
        else:
            need(self.span == 1, "span", self.key, self.span)
            self.value = self.fixed()
        need((self.chunk == NO_CHUNK) == (self.type != BLOB_DATA), "chunk index", self.key)

    def fixed(self):
        if self.type == BLOB_INDEX:
            size, count, first, reserved = struct.unpack("<IBBH", self.data)
            need(reserved == 0xFFFF and first == 0, "blob index", self.key)
            return size, count
        need(self.type in INTEGERS, "type", self.key, hex(self.type))
        width = struct.calcsize(INTEGERS[self.type])
        need(self.data[width:] == b"\xff" * (8 - width), "bytes behind a number", self.key)
        return struct.unpack_from(INTEGERS[self.type], self.data)[0]

    def variable(self, following):
        size, reserved, found = struct.unpack("<HHI", self.data)
        need(reserved == 0xFFFF, "reserved bytes of a value", self.key)
        need(self.span == 1 + (size + ENTRY - 1) // ENTRY, "span", self.key, self.span, size)
        room = ENTRY * (self.span - 1)
        need(len(following) >= room, "a value that leaves its page", self.key)
        need(following[size:room] == b"\xff" * (room - size), "bytes behind a value", self.key)
        need(found == crc(following[:size]), "CRC of a value", self.key)
        return following[:size]


def read_items(page):
    """The items of a page; behind them nothing may be written."""
    states = states_of(page)
    entries = page[64:64 + ENTRIES * ENTRY]
    need(len(entries) == ENTRIES * ENTRY, "size of a page")
    at, items = 0, []
    while at < ENTRIES and states[at] == 2:
        raw, following = entries[at * ENTRY:(at + 1) * ENTRY], entries[(at + 1) * ENTRY:]
        items.append(Item(raw, following))
        need(states[at:at + items[-1].span] == [2] * items[-1].span, "states of a value")
        at += items[-1].span
    need(set(states[at:]) <= {3}, "a state behind the last value")
    need(not entries[at * ENTRY:].strip(b"\xff"), "bytes behind the last value")
    need(items, "a page in use without an item")
    return items


def join_blobs(items):
    """{(space, key): value} of all items; each blob complete, each key there once."""
    values, chunks = {}, {}
    for item in items:
        if item.type == BLOB_DATA:
            parts = chunks.setdefault((item.space, item.key), [])
            need(item.chunk == len(parts), "order of chunks", item.key)
            parts.append(item.value)
            continue
        value = item.value
        if item.type == BLOB_INDEX:
            size, count = value
            parts = chunks.pop((item.space, item.key), [])
            value = b"".join(parts)
            need((size, count) == (len(value), len(parts)), "a blob is not whole", item.key)
        elif item.type == STRING:
            need(value[-1:] == b"\0" and b"\0" not in value[:-1], "end of a string", item.key)
            value = value[:-1].decode()
        need((item.space, item.key) not in values, "a key comes twice", item.key)
        values[item.space, item.key] = value
    need(not chunks, "chunks without an index", chunks.keys())
    return values


def read_nvs(image):
    """{namespace: {key: value}}: numbers as int, strings as str, blobs as bytes."""
    need(len(image) % PAGE == 0 and len(image) >= 3 * PAGE, "size", len(image))
    pages = [image[at:at + PAGE] for at in range(0, len(image), PAGE)]
    used = [page for page in pages if struct.unpack_from("<I", page)[0] != EMPTY]
    need(pages[:len(used)] == used, "an empty page before one in use")
    need(len(used) < len(pages), "no page is free")
    need(not b"".join(pages[len(used):]).strip(b"\xff"), "bytes in an empty page")
    items = []
    for number, page in enumerate(used):
        state, sequence = read_header(page)
        need(sequence == number, "sequence number", sequence)
        need((state == ACTIVE) == (number == len(used) - 1), "which page is active", number)
        items += read_items(page)
    values = join_blobs(items)
    names = {value: key for (space, key), value in values.items() if space == 0}
    need(len(names) == sum(space == 0 for space, _ in values), "an index of two namespaces")
    need({space for space, _ in values} <= {0, *names}, "a value of no namespace")
    return {name: {key: value for (space, key), value in values.items() if space == index}
            for index, name in names.items()}
