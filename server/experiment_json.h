// An experiment's plan as JSON, docs/spec/experiment.md: what people send, and what is kept of it.
// Pure, any thread.
#pragma once

#include <boost/json.hpp>
#include <string>

#include "fleet/trial.h"

namespace otter::server {

// The plan, with what it leaves out as it is by default. What experiment_plan_json() wrote comes
// out the same.
//
// Errors: HttpError invalid_field (a member is unknown, or not what it has to be; the plan can't be
//         run), with the member's name and what is expected
fleet::TrialPlan experiment_plan_from_json(const boost::json::object& object);

boost::json::object experiment_plan_json(const fleet::TrialPlan& plan);

// All of it but id, product and revision, which have columns of their own.
std::string text_of(const fleet::TrialRecord& record);

// Into a record whose other members are there.
//
// Errors: StoreError (the text is of another form)
void read_text(const std::string& text, fleet::TrialRecord& record);

}  // namespace otter::server
