// What Arduino's core asks before setup(): may it confirm a new image itself? Its own answer, which
// this one takes the place of, is yes; then no trial would ever take place.
//
// Source: arduino-esp32 3.x, cores/esp32/esp32-hal-misc.c, initArduino()
#ifdef ARDUINO
extern "C" bool verifyRollbackLater() { return true; }
#endif
