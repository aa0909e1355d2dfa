// The whole server in one object: settings, store, blobs, log, handlers and the HTTP engine. Its
// handlers run on the engine's threads; its own methods are for one thread.
#pragma once

#include <memory>
#include <ostream>
#include <string>

#include "server/settings.h"

namespace otter::server {

class Service {
 public:
  // Opens the data folder and binds the port; serves nothing yet. `log` must outlive it.
  //
  // Errors: DataFolderError, StoreError, std::runtime_error (port in use, unreadable key): each one
  //         clear line
  Service(const ServerSettings& settings, std::ostream& log);
  // Stops, if stop() was not called.
  ~Service();

  void start();
  // The URL that clients on this machine can use: public_url, unless it names another port.
  std::string url() const;
  // Returns when SIGTERM or SIGINT arrives. Until then it does what is due from time to time
  // (last seen, old reports, certificates), and at SIGHUP reads the certificate anew, as it does
  // when it finds the files changed.
  //
  // REQUIRES: block_stop_signals() was called before the object was made
  void wait_for_stop_signal();
  // Finishes what is in flight, and writes what is only in memory.
  void stop();

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

// Keeps SIGTERM, SIGINT and SIGHUP from ending the process, in this thread and in all that it
// starts: they wait until they are asked for. SIGPIPE is ignored.
void block_stop_signals();

// Lets this process open as many files and connections as the system allows it: the limit that it
// is started with is mostly 1024, for programs that use select().
void raise_descriptor_limit();

}  // namespace otter::server
