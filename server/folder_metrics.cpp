#include "server/folder_metrics.h"

#include <filesystem>

namespace otter::server {
namespace {

namespace fs = std::filesystem;

double free_bytes(const std::string& folder) {
  std::error_code error;
  const fs::space_info space = fs::space(folder, error);
  return error ? 0 : static_cast<double>(space.available);
}

double file_bytes(const std::string& path) {
  std::error_code error;
  const uintmax_t size = fs::file_size(path, error);
  return error ? 0 : static_cast<double>(size);
}

}  // namespace

void add_folder_metrics(Metrics& metrics, const DataFolder& data) {
  metrics.ask({"otter_disk_free_bytes", "Room that is left where the data folder is"}, {},
              [folder = data.path] { return free_bytes(folder); });
  metrics.ask({"otter_database_bytes", "The database with its write-ahead log"}, {},
              [path = data.database()] { return file_bytes(path) + file_bytes(path + "-wal"); });
}

}  // namespace otter::server
