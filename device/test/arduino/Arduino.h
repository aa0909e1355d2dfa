// Arduino's own interface: only what the examples use, in our own words.
#pragma once

#include <stdint.h>

constexpr int INPUT_PULLUP = 5;
constexpr int LOW = 0;

struct ConsolePort {
  void begin(unsigned long baudrate);
  void println(const char* line);
  int printf(const char* format, ...) __attribute__((format(printf, 2, 3)));
  int read();
};
extern ConsolePort Serial;

struct ChipControl {
  void deepSleep(uint64_t duration_us);
};
extern ChipControl ESP;

void setup();
void loop();
void delay(uint32_t duration_ms);
unsigned long millis();
uint16_t analogRead(uint8_t pin);
int digitalRead(uint8_t pin);
void pinMode(uint8_t pin, uint8_t mode);
