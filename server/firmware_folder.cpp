#include "server/firmware_folder.h"

#include <filesystem>
#include <fstream>
#include <set>

#include "publish/host_crypto.h"
#include "publish/image_report.h"
#include "server/admin_api.h"
#include "server/envelope_json.h"
#include "server/problem.h"
#include "server/release_intake.h"

namespace otter::server {
namespace {

namespace fs = std::filesystem;

constexpr size_t kFilesMax = 1000;              // that are looked at
constexpr size_t kEnvelopeFileMax = 64 * 1024;  // [bytes]
constexpr std::string_view kImage = ".bin";

std::string stem_of(const std::string& name) { return name.substr(0, name.size() - kImage.size()); }

// Size and time of writing; empty: there is no such file.
std::string stamp_of(const fs::path& file) {
  std::error_code error;
  const uintmax_t size = fs::file_size(file, error);
  if (error) return "";
  const auto written = fs::last_write_time(file, error).time_since_epoch().count();
  return std::to_string(size) + " " + std::to_string(written);
}

std::string read_whole(const fs::path& file, size_t size_max) {
  std::error_code error;
  if (fs::file_size(file, error) > size_max || error) {
    throw HttpError(Problem::too_large, file.filename().string() + ": more than " +
                                            std::to_string(size_max) + " bytes, or unreadable");
  }
  std::ifstream in(file, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  if (!in) throw HttpError(Problem::not_found, file.filename().string() + " can't be read");
  return text;
}

// "firmware_v1.0.2", "v1.0.2", "1.0.2"
std::string version_in(std::string stem) {
  for (const std::string_view prefix : {std::string_view("firmware_"), std::string_view("v")}) {
    if (stem.starts_with(prefix)) stem.erase(0, prefix.size());
  }
  return stem;
}

}  // namespace

void FirmwareFolder::look() {
  std::error_code error;
  std::set<std::string> names;
  for (const fs::directory_entry& entry : fs::directory_iterator(path_, error)) {
    const std::string name = entry.path().filename().string();
    const bool is_image = name.ends_with(kImage) && !name.starts_with(".");
    if (is_image && entry.is_regular_file(error) && names.size() < kFilesMax) names.insert(name);
  }
  std::erase_if(seen_, [&](const auto& one) { return !names.contains(one.first); });
  for (const std::string& name : names) look_at(name);
}

void FirmwareFolder::look_at(const std::string& name) {
  const fs::path file = fs::path(path_) / name;
  const std::string stamp =
      stamp_of(file) + ", " + stamp_of(fs::path(path_) / (stem_of(name) + ".json"));
  Seen& seen = seen_[name];
  if (seen.stamp != stamp) {
    seen = {stamp, false};
    return;
  }
  if (seen.is_done) return;
  seen.is_done = true;
  try {
    take(name);
    std::error_code ignored;
    fs::remove(file.string() + kRefusedSuffix, ignored);
  } catch (const StoreError& error) {
    seen.is_done = false;  // not the file's fault
    backend_.log.error("Can't take a file of firmware", {{"file", name}, {"detail", error.what()}});
  } catch (const std::exception& error) {
    refuse(name, error.what());
  }
}

void FirmwareFolder::take(const std::string& name) {
  HostCrypto crypto;
  const Request request;
  const Target target;
  const Call call{request, target, backend_, crypto, backend_.now_s()};
  const fs::path manifest = fs::path(path_) / (stem_of(name) + ".json");
  const std::string image = read_whole(fs::path(path_) / name, kBlobSizeMax);
  NewRelease release;
  if (fs::exists(manifest)) {
    const boost::json::value envelope = boost::json::parse(read_whole(manifest, kEnvelopeFileMax));
    release.envelope = envelope_frame(envelope.as_object());
  } else {
    release.version = version_in(stem_of(name));
  }
  take_file(call, release, as_bytes(image));
  for (const std::function<void()>& work : call.afterwards) work();
  for (const Event& event : call.events) backend_.events.publish(event, call.now_s);
}

void FirmwareFolder::refuse(const std::string& name, const std::string& reason) {
  backend_.log.warning("Firmware file refused", {{"file", name}, {"detail", reason}});
  std::ofstream((fs::path(path_) / (name + kRefusedSuffix)).string()) << reason << "\n";
}

}  // namespace otter::server
