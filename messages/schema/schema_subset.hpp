// Which JSON Schemas RapidJSON 1.1.0 enforces exactly. It ignores every keyword it does not know
// and every value it does not expect, and some schemas end the process. The accepted subset is
// draft 4 with the exceptions listed in schema_subset.cpp, each with what to write instead.
#pragma once

#include "util/json.hpp"

#include <optional>
#include <string>

namespace spec_kitty {

struct schema_fault {
  std::string where;  ///< JSON pointer into the schema, `#` for the whole
  std::string what;   ///< `the keyword const is not supported`
  std::string remedy; ///< `use enum with this one value`
};

/// The first thing in a schema that would not be enforced as it is written.
std::optional<schema_fault> find_schema_fault(const json_value& schema);

/// Takes title, description, examples and the like out of a schema without faults: RapidJSON
/// compiles every object it finds, an example too.
void drop_annotations(json_value& schema);

} // namespace spec_kitty
