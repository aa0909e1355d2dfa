// Each step of an update by its name. None of them can be left out by mistake: nothing is installed
// that has not been verified. Server, certificate, keys and Wi-Fi: in NVS, or as in ArduinoMinimal.
#define PRODUCT_NAME "lamp"
#define FIRMWARE_VERSION "1.0.0"
#include <OtterConfig.h>

constexpr uint32_t kChunkSize = 64 * 1024;        // [bytes]
constexpr uint32_t kCheckInterval = 3600 * 1000;  // [ms]

// What the sketch knows of the image from elsewhere, e.g. /firmware/manifest: hexadecimal digits.
const char* expectedHash = "";
const char* expectedHmac = "";

// Without this, downloadAndInstallUpdate() downloads. downloadChunk() is false after a failure, and
// for an offset beyond the image's end.
void downloadInChunks() {
  for (uint32_t offset = 0; downloadChunk(offset, kChunkSize); offset += kChunkSize) {
    Serial.printf("%u bytes asked for\n", static_cast<unsigned>(offset + kChunkSize));
  }
}

// Of anything: verifyHMAC() is false without HMAC_SECRET_KEY, calculateSHA256() empty on an error.
void showHashes(const uint8_t* data, size_t size) {
  Serial.println(static_cast<const char*>(calculateSHA256(data, size)));
  Serial.println(verifyHMAC(data, size, expectedHmac) ? "HMAC holds" : "HMAC does not hold");
}

// The library's HTTPS for the sketch's own requests to the server; nullptr without memory.
void askServer() {
  const std::unique_ptr<otter::EspHttp> client = createSecureClient();
  otter::HttpRequest request;
  request.target = "/";
  otter::HttpResponse response;
  if (client && client->open(request, &response) == otter::Error::ok) {
    Serial.printf("server: %u\n", response.status);
    client->close();
  }
}

void setup() {
  Serial.begin(115200);
  if (!ota.begin(otterConfig())) return;  // the log says what is missing
  if (!connectWiFi()) return;             // it goes on trying
  // False: no answer, or a certificate that this device does not trust.
  if (validateServerCertificate()) askServer();
  const uint8_t text[] = {'o', 't', 't', 'e', 'r'};
  showHashes(text, sizeof(text));
}

void loop() {
  if (checkForUpdates()) {  // false: nothing newer, or no server
    downloadInChunks();
    // False: another image than the one expected, or not all of it is there.
    const bool is_right = expectedHash[0] == 0 || verifyFirmware(expectedHash, expectedHmac);
    if (is_right) downloadAndInstallUpdate();  // restarts; comes back only if it failed
  }
  if (Serial.read() == 'r') rollbackToSafePartition();  // restarts; false: no other image may run
  delay(kCheckInterval);
}
