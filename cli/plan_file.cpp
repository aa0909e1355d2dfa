#include "cli/plan_file.h"

#include <stdexcept>

#include "cli/files.h"

namespace otter::cli {
namespace {

constexpr size_t kPlanSizeMax = 64 * 1024;  // [bytes]

}  // namespace

boost::json::object read_plan_file(const std::string& path) {
  boost::json::error_code error;
  const boost::json::value plan = boost::json::parse(read_text_file(path, kPlanSizeMax), error);
  if (error || !plan.is_object()) {
    throw std::runtime_error(path + ": not a plan, which is a JSON object: docs/spec/rollout.md");
  }
  return plan.as_object();
}

}  // namespace otter::cli
