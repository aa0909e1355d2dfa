// How experiments look in a terminal. Main thread.
#pragma once

#include <boost/json.hpp>
#include <ostream>

namespace otter::cli {

// Phase, a table of the arms, what is concluded and what is to be done next.
void print_experiment(std::ostream& out, const boost::json::object& experiment);

}  // namespace otter::cli
