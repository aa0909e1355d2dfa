// What this board is and whom it trusts. Each value that NVS holds (docs/spec/nvs.md) wins over the
// one here: write server, keys and Wi-Fi of boards that leave the bench there, and leave them out
// here, so that one image serves all boards.
#pragma once

#define PRODUCT_NAME "lamp"       // as in `otter product add lamp`
#define FIRMWARE_VERSION "1.0.0"  // the publisher reads both from the image
#define HARDWARE_NAME ""          // e.g. "rev-b", if releases are for some boards of a product only

#define WIFI_SSID "your-network"
#define WIFI_PASSWORD "your-password"

#define OTA_SERVER_HOST "192.168.1.10"  // a name or an IPv4 address in the server's certificate
#define OTA_SERVER_PORT 8443
#define API_KEY "your-api-key"  // as `otter product add` shows it

// otter-data/certs/ca.crt
#define OTA_CA_CERTIFICATE        \
  "-----BEGIN CERTIFICATE-----\n" \
  "...\n"                         \
  "-----END CERTIFICATE-----\n"

// Who may sign firmware, otter-data/keys/release-1.pem.pub; OTA_RELEASE_KEY_2 is for a spare key,
// OTA_ROOT for root metadata in place of both (docs/spec/root.md).
#define OTA_RELEASE_KEY          \
  "-----BEGIN PUBLIC KEY-----\n" \
  "...\n"                        \
  "-----END PUBLIC KEY-----\n"

// One secret of all devices, for verifyHMAC(), and for the plain mode if there is no release key:
// for the bench alone (docs/device.md).
#define HMAC_SECRET_KEY ""

#define OTA_CHECK_INTERVAL 3600000  // [ms]
#define MAX_DOWNLOAD_RETRIES 5      // without progress, until the next check
#define CHUNK_SIZE 4096             // [bytes] for each request; sdkconfig.defaults has TLS for this
#define OTA_PATCH_MEMORY 32768      // [bytes] of heap for patches: 16, 32 or 64 KiB; 0: none
#define CONNECTION_TIMEOUT 15000    // [ms] of each operation on the network
#define DEBUG_OTA 1                 // 0: errors only, 1: what happens, 2: all
#define SERIAL_BAUDRATE 115200      // [bit/s] Arduino alone
