// How the outcome of a modelled fleet looks, as JSON and in a terminal. Main thread.
#pragma once

#include <boost/json.hpp>
#include <ostream>

#include "sim/fleet_world.h"

namespace otter::cli {

boost::json::object fleet_json(const sim::FleetPlan& plan, const sim::FleetOutcome& outcome);

// A line for each release, and what there is to say of all.
void print_fleet(std::ostream& out, const sim::FleetPlan& plan, const sim::FleetOutcome& outcome);

// A bar for each day, until nothing changes any more.
void print_curve(std::ostream& out, const sim::FleetPlan& plan, size_t release,
                 const sim::FleetOutcome& outcome);

}  // namespace otter::cli
