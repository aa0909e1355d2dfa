#!/usr/bin/env python3
"""Compiles the port, the examples and the firmware without ESP-IDF: against device/test/idf, which
declares what they use. tools/idf_signatures.py says whether ESP-IDF declares it so."""
import os
import re
import subprocess
import tempfile
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
COMPILER = os.environ.get("CXX", "g++")
FLAGS = ["-fsyntax-only", "-std=gnu++17", "-fno-exceptions", "-fno-rtti", "-Wall", "-Wextra",
         "-Werror"]
FOLDERS = ["device/test/idf", "device/test/arduino", "device/src", "firmware/include",
           "firmware/src"]
ALWAYS = {"CONFIG_PARTITION_TABLE_OFFSET": "0x8000", "CONFIG_ESP_TASK_WDT_INIT": 1,
          "CONFIG_MBEDTLS_CERTIFICATE_BUNDLE": 1, "CONFIG_LWIP_IPV6": 1,
          "CONFIG_LWIP_IPV6_NUM_ADDRESSES": 3}
USB_JTAG = {"CONFIG_SOC_USB_SERIAL_JTAG_SUPPORTED": 1}
WIFI = {"CONFIG_ESP_WIFI_ENABLED": 1}
DUMP = {"CONFIG_ESP_COREDUMP_ENABLE_TO_FLASH": 1}
ELF_DUMP = {**DUMP, "CONFIG_ESP_COREDUMP_DATA_FORMAT_ELF": 1}


def chip(name, identity):
    return {f"CONFIG_IDF_TARGET_{name}": 1, "CONFIG_IDF_FIRMWARE_CHIP_ID": identity}


# Firmware as menuconfig can make it: (ESP-IDF's version * 100, macros).
BUILDS = {
    "esp32 with Wi-Fi": (501, {**chip("ESP32", "0x0000"), **WIFI, **ELF_DUMP}),
    "esp32 with its own Ethernet": (
        501, {**chip("ESP32", "0x0000"), **ELF_DUMP, "CONFIG_OTTER_EMAC_ETHERNET": 1}),
    "esp32s2 without core dumps, watchdog and IPv6": (
        505, {**chip("ESP32S2", "0x0002"), **WIFI, "CONFIG_ESP_TASK_WDT_INIT": 0,
              "CONFIG_LWIP_IPV6": 0}),
    "esp32c3 with Wi-Fi and binary dumps": (
        505, {**chip("ESP32C3", "0x0005"), **WIFI, **DUMP, **USB_JTAG}),
    "esp32c3 in QEMU, anti-rollback": (
        505, {**chip("ESP32C3", "0x0005"), **ELF_DUMP, "CONFIG_OTTER_QEMU_ETHERNET": 1,
              "CONFIG_BOOTLOADER_APP_ANTI_ROLLBACK": 1}),
    "esp32s3 with ESP-IDF 6": (
        600, {**chip("ESP32S3", "0x0009"), **WIFI, **DUMP, **USB_JTAG}),
    "esp32c2, which has no JTAG over USB": (505, {**chip("ESP32C2", "0x000C"), **WIFI}),
    "esp32c5": (505, {**chip("ESP32C5", "0x0017"), **WIFI, **USB_JTAG, **ELF_DUMP}),
    "esp32c6 with ESP-IDF 6": (600, {**chip("ESP32C6", "0x000D"), **WIFI, **USB_JTAG}),
    "esp32h2, which has Thread alone": (
        505, {**chip("ESP32H2", "0x0010"), **USB_JTAG, "CONFIG_LWIP_IPV6_NUM_ADDRESSES": 8}),
    "esp32p4 with its own Ethernet": (
        600, {**chip("ESP32P4", "0x0012"), **USB_JTAG, "CONFIG_OTTER_EMAC_ETHERNET": 1}),
}
# Files that a build's macros make no difference to are compiled for the first one alone.
PORT = sorted(ROOT.glob("device/src/ota_esp/*.cpp"))
CONDITIONAL = [path for path in PORT if re.search(r"#if|CONFIG_", path.read_text())]
FIRMWARE = [ROOT / "firmware/src/main.cpp", ROOT / "firmware/src/start_network.cpp"]
# Each has a sketch in it; all of them include firmware/include/config.h, as config.h.
PAGES = [ROOT / "device/README.md", ROOT / "docs/guides/first-board.md"]
SKETCHES = sorted(ROOT.glob("device/examples/*/*.ino"))
PROJECTS = sorted(ROOT.glob("device/examples/*/main/*.cpp"))


def errors(path, version, macros):
    """What the compiler says of a file."""
    command = [COMPILER, *FLAGS, *(f"-I{ROOT / folder}" for folder in FOLDERS),
               f"-DOTTER_IDF_VERSION={version}",
               *(f"-D{name}={value}" for name, value in {**ALWAYS, **macros}.items())]
    if path.suffix == ".ino":
        command += ["-DARDUINO=1", "-include", "Arduino.h"]
    if path.parent.parent.name == "qemu":  # as its own CMakeLists.txt does
        command += ["-include", "config.h"]
    done = subprocess.run(command + ["-x", "c++", path], text=True, capture_output=True,
                          check=False)
    return done.stderr if done.returncode else ""


class PortSyntax(unittest.TestCase):
    def assert_compiles(self, paths, build, more=None):
        version, macros = BUILDS[build]
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            found = list(pool.map(
                lambda path: errors(path, version, {**macros, **(more or {})}), paths))
        self.assertEqual("".join(found), "", build)

    def test_all_of_it(self):
        self.assertGreater(min(len(PORT), len(CONDITIONAL), len(SKETCHES)), 4)
        self.assert_compiles([*PORT, *SKETCHES, *PROJECTS], "esp32 with Wi-Fi")

    def test_the_firmware_as_an_arduino_sketch(self):
        self.assert_compiles(FIRMWARE, "esp32 with Wi-Fi", {"ARDUINO": 1})

    def test_each_build(self):
        for build in BUILDS:
            with self.subTest(build):
                self.assert_compiles([*CONDITIONAL, *FIRMWARE], build)


class PagesSketches(unittest.TestCase):
    """The sketches that people copy out of the documentation."""

    def sketch(self, page):
        found = [block for block in re.findall(r"^```cpp\n(.*?)^```", page.read_text(), re.M | re.S)
                 if "void setup()" in block]
        self.assertEqual(len(found), 1, page)
        return found[0]

    def test_compile(self):
        version, macros = BUILDS["esp32 with Wi-Fi"]
        for page in PAGES:
            with self.subTest(page), tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "sketch.ino"
                path.write_text(self.sketch(page))
                self.assertEqual(errors(path, version, macros), "")

    def test_the_first_has_ten_lines_at_most(self):
        self.assertLessEqual(self.sketch(PAGES[0]).count("\n"), 10)


class PublicNames(unittest.TestCase):
    """Each function that an application may call is called in an example or in the firmware."""

    def names(self):
        free = "".join((ROOT / "device/src" / name).read_text()
                       for name in ("Otter.h", "OtterConfig.h"))
        names = set(re.findall(r"^(?:static )?inline \S+ (\w+)\(", free, re.M))
        for header in ("ota.h", "core_dump.h"):
            text = (ROOT / "device/src/ota_esp" / header).read_text()
            public = text[text.index(" public:"):text.index(" private:")]
            names |= set(re.findall(r"^  \w[\w<>:* ]* \*?(\w+)\(", public, re.M))
        return names

    def test_are_used(self):
        used = "".join(path.read_text() for path in [*SKETCHES, *FIRMWARE, *PROJECTS])
        # Otter.h does nothing but forward to these.
        for header in ("Otter.h", "OtterConfig.h"):
            text = (ROOT / "device/src" / header).read_text()
            used += re.sub(r"^(static )?inline [^{]*|//.*", "", text, flags=re.M)
        names = self.names()
        self.assertGreater(len(names), 30)
        self.assertEqual({name for name in names if not re.search(rf"\b{name}\(", used)}, set())


if __name__ == "__main__":
    unittest.main()
