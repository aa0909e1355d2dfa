// Holds values to a JSON Schema of the operator's: docs/operating.md, "Configuration". Pure but for
// the file that it reads.
#pragma once

#include <string>

namespace otter::cli {

// `values` is JSON, of `name` for messages.
//
// Errors: std::runtime_error (no schema that can be read; the values are not as it says: where and
//         why)
void require_schema(const std::string& schema_file, const std::string& values,
                    const std::string& name);

}  // namespace otter::cli
