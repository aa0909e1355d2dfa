// A signed manifest between its two forms: the JSON of DSSE, as people and publishers send it, and
// the frame that devices read. docs/spec/envelope.md. Pure, any thread.
#pragma once

#include <boost/json.hpp>
#include <string>
#include <vector>

#include "ota/wire/checkin.h"

namespace otter::server {

// {"payloadType","payload":base64,"signatures":[{"keyid":hex,"sig":base64}]} of a frame.
// null if it is empty: nobody has signed.
boost::json::value envelope_json(const std::vector<uint8_t>& frame);

// The frame of such an object.
//
// Errors: HttpError invalid_field
std::vector<uint8_t> envelope_frame(const boost::json::object& envelope);

}  // namespace otter::server
