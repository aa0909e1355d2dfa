// What the application says about an update: when one may start, whether the new image works, what
// reports carry, and settings from the server. Otherwise as ArduinoMinimal.
#define PRODUCT_NAME "lamp"
#define FIRMWARE_VERSION "1.0.0"
#include <OtterConfig.h>

constexpr int kSensorPin = 34;
constexpr int kButtonPin = 0;
int64_t brightness = 100;  // [%]

// Asked until it is not `running`. `failed`: the device goes back to the image before.
otter::SelfTest testSelf() {
  if (millis() < 5000) return otter::SelfTest::running;
  return analogRead(kSensorPin) > 0 ? otter::SelfTest::passed : otter::SelfTest::failed;
}

otter::Error readyForUpdate() {
  return analogRead(kSensorPin) < 1000 ? otter::Error::low_battery : otter::Error::ok;
}

// null: no configuration is in force. An error: this one is not taken.
otter::Error configure(otter::Json values) {
  brightness = 100;
  if (values.type() == otter::JsonType::null) return otter::Error::ok;
  const otter::Result<otter::Json> member = values.member("brightness");
  if (!member.ok()) return member.error;
  const otter::Result<int64_t> value = member.value.integer();
  if (!value.ok() || value.value < 0 || value.value > 100) return otter::Error::out_of_range;
  brightness = value.value;
  return otter::Error::ok;
}

size_t metrics(otter::Metric* out, size_t) {
  out[0].name = "brightness";
  out[0].value = brightness;
  return 1;
}

// As it is without this hook. WiFi.isConnected() would stay false: connectWiFi() works below
// Arduino's WiFi, which learns nothing of it.
bool networkUp() { return otter::network_is_up(); }

void setup() {
  Serial.begin(115200);
  otter::OtaConfig config = otterConfig();
  config.hooks.self_test = testSelf;
  config.hooks.ready_for_update = readyForUpdate;
  config.hooks.configure = configure;
  config.hooks.metrics = metrics;
  config.hooks.network_up = networkUp;
  ota.begin(config);
  pinMode(kButtonPin, INPUT_PULLUP);
  connectWiFi();
}

void loop() {
  ota.loop();
  if (digitalRead(kButtonPin) == LOW) ota.check_now();
  if (ota.in_safe_mode()) return;  // it kept crashing: do nothing but wait for an update
  if (ota.is_stale()) Serial.println("No answer from the server for long");
  // Work here; leave the heavy part of it while an image is on trial or on its way.
  if (ota.state() == otter::UpdaterState::idle) delay(10);
}
