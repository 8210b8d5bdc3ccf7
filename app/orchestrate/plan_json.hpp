// A run as JSON: what the state file keeps, and what --status and the summary show. Pure.
#pragma once

#include "app/orchestrate/plan.hpp"
#include "util/json.hpp"

namespace spec_kitty::orchestrate {

/// One JSON object that decode_run reads.
std::string encode_run(const orchestration& run);

/// bad_input where the value is none, or of a later version.
result<orchestration> decode_run(const json_value& value);

/// What people and scripts see: `run_id`, `feature`, `state`, counts, `work_packages`.
void write_summary(json_writer& out, const orchestration& run);

} // namespace spec_kitty::orchestrate
