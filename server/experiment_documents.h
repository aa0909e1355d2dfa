// Experiments as the admin API shows them. docs/spec/experiment.md. Pure, any thread.
#pragma once

#include <boost/json.hpp>

#include "server/experiments.h"

namespace otter::server {

// With what may be concluded at that time.
boost::json::object experiment_document(const ExperimentView& view, int64_t now_s);
// What listeners are told of one that has moved.
boost::json::object experiment_event(const fleet::TrialRecord& record);
// A device in the arm of that name.
boost::json::object experiment_device_document(const fleet::PartRecord& part,
                                               const std::string& arm);

}  // namespace otter::server
