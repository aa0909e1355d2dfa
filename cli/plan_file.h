// A rollout's or an experiment's plan, as a person writes it. Any thread.
#pragma once

#include <boost/json.hpp>
#include <string>

namespace otter::cli {

// What the server takes is in docs/spec/rollout.md; whether it takes this, it says itself.
//
// Errors: std::runtime_error (it can't be read, is over 64 KiB, or is no JSON object)
boost::json::object read_plan_file(const std::string& path);

}  // namespace otter::cli
