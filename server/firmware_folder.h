// The folder `firmware/` of the data folder: an image that is put there becomes a release, if a
// signed manifest lies beside it, or if its product is in plain mode, where nobody asks for one.
// docs/operating.md. One thread.
//
//   X.bin           an image; X says its version where nothing is signed
//   X.json          perhaps: its manifest, signed by `otter sign`
//   X.bin.refused   written here: why it is no release; goes when the file is another one
//
// A file counts once it is the same at two looks: who copies it in place is not half taken, and
// who renames it into place waits for one look.
#pragma once

#include <map>
#include <string>

#include "server/call.h"

namespace otter::server {

constexpr char kFirmwareFolder[] = "/firmware";  // in the data folder
constexpr char kRefusedSuffix[] = ".refused";

class FirmwareFolder {
 public:
  // `backend` must outlive it.
  FirmwareFolder(std::string path, Backend& backend) : path_(std::move(path)), backend_(backend) {}

  // Takes what has come to rest since the look before. What is wrong with a file is logged.
  //
  // Cost: a stat() of each file; of one that is taken, as much as its upload
  void look();

 private:
  struct Seen {
    std::string stamp;  // of the image and its manifest: sizes and times
    bool is_done = false;
  };
  void look_at(const std::string& name);
  void take(const std::string& name);
  void refuse(const std::string& name, const std::string& reason);

  const std::string path_;
  Backend& backend_;
  std::map<std::string, Seen> seen_;  // by name
};

}  // namespace otter::server
