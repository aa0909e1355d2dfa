// After a crash the log says which task stopped where (ota.begin() does that), and the core dump is
// sent to the update server. This sketch keeps it from that, and prints it over the serial port in
// hexadecimal instead. Otherwise as ArduinoMinimal; the partition table needs a row for `coredump`.
#define PRODUCT_NAME "lamp"
#define FIRMWARE_VERSION "1.0.0"
#include <OtterConfig.h>
#include <ota_esp/core_dump.h>

void printDump(otter::EspCoreDump& dump) {
  uint8_t piece[32];
  for (uint32_t offset = 0; offset < dump.size_bytes(); offset += sizeof(piece)) {
    const otter::MutableBytes part = otter::MutableBytes(piece).part(0, dump.size_bytes() - offset);
    if (dump.read(offset, part) != otter::Error::ok) return;
    for (size_t i = 0; i < part.size; ++i) Serial.printf("%02x", part.data[i]);
    Serial.println("");
  }
}

void setup() {
  Serial.begin(115200);
  otter::OtaConfig config = otterConfig();
  config.sends_core_dumps = false;
  ota.begin(config);
  otter::EspCoreDump dump;
  dump.find();
  if (dump.size_bytes() > 0) {
    otter::EspBoard console;
    dump.log(console);
    printDump(dump);
    if (dump.erase() != otter::Error::ok) Serial.println("The dump stays");
  }
  connectWiFi();
}

void loop() {
  ota.loop();
  delay(10);
}
