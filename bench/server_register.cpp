// Enrols many devices at once, straight into a data folder's store: a fleet for bench/server.py
// that would take HTTP an hour. No server may run on the folder meanwhile, it would not be told.
#include <charconv>
#include <cstring>
#include <iostream>

#include "bench/server_load_requests.h"
#include "server/data_folder.h"
#include "server/store_sqlite.h"

namespace otter::bench {
namespace {

constexpr size_t kBatch = 10'000;  // in one transaction

struct Fleet {
  std::string product;
  size_t first = 0;
  size_t count = 0;
};

void register_devices(server::Store& store, const Fleet& fleet) {
  const std::optional<server::Product> product = store.product(fleet.product);
  if (!product.has_value()) throw std::runtime_error("there is no product " + fleet.product);
  server::Device device;
  device.product = product->name;
  device.chip = product->chip;
  device.created_s = product->created_s;
  const size_t end = fleet.first + fleet.count;
  for (size_t begin = fleet.first; begin < end; begin += kBatch) {
    store.atomically([&] {
      for (size_t i = begin; i < std::min(begin + kBatch, end); ++i) {
        device.id = device_id(i);
        enroll(store, device);
      }
    });
  }
}

size_t number(const char* text) {
  size_t value = 0;
  const char* const end = text + std::strlen(text);
  const auto [stop, error] = std::from_chars(text, end, value);
  if (error != std::errc() || stop != end) {
    throw std::runtime_error("\"" + std::string(text) + "\" is no whole number");
  }
  return value;
}

}  // namespace
}  // namespace otter::bench

int main(int count, char** words) {
  using namespace otter;
  if (count != 5) {
    std::cerr << "server_register DATA_FOLDER PRODUCT FIRST COUNT\n";
    return 2;
  }
  try {
    const server::DataFolder data{words[1]};
    const bench::Fleet fleet{words[2], bench::number(words[3]), bench::number(words[4])};
    bench::register_devices(*server::open_sqlite_store(data.database()), fleet);
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "server_register: " << error.what() << "\n";
    return 1;
  }
}
