// A run as JSON, for the state file, --status and the summary. Pure.
#pragma once

#include "app/orchestrate/plan.hpp"
#include "util/json.hpp"

namespace spec_kitty::orchestrate {

/// One JSON object that decode_run reads.
std::string encode_run(const orchestration& run);

/// bad_input where the value is not a run, or was written by a later version.
result<orchestration> decode_run(const json_value& value);

/// The fields for people and scripts: `run_id`, `feature`, `state`, counts, `work_packages`.
void write_summary(json_writer& out, const orchestration& run);

} // namespace spec_kitty::orchestrate
