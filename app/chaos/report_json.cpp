#include "app/chaos/run.hpp"

#include "util/json.hpp"
#include "util/version.hpp"

namespace spec_kitty::chaos {

namespace {

void write(json_writer& out, const scenario_total& total) {
  out.StartObject();
  field(out, "name", total.of->name);
  field(out, "rounds", total.rounds);
  field(out, "duration_ms", static_cast<std::uint64_t>(total.took.count()));
  key(out, "faults");
  out.StartObject();
  for (const auto& [kind, count] : total.sum.faults) {
    key(out, kind);
    out.StartObject();
    field(out, "planned", count.planned);
    field(out, "injected", count.injected);
    out.EndObject();
  }
  out.EndObject();
  key(out, "figures");
  out.StartObject();
  for (const auto& [name, figure] : total.sum.figures)
    field(out, name, figure);
  out.EndObject();
  key(out, "skipped");
  out.StartObject();
  for (const auto& [kind, why] : total.sum.skipped)
    field(out, kind, why);
  out.EndObject();
  out.EndObject();
}

void write(json_writer& out, const found_violation& violation) {
  out.StartObject();
  field(out, "invariant", violation.what.invariant);
  field(out, "message", violation.what.words);
  field(out, "seed", violation.seed);
  field(out, "shortest_seed", violation.shortest);
  key(out, "steps");
  out.StartArray();
  for (const auto& words : violation.steps)
    put(out, words);
  out.EndArray();
  out.EndObject();
}

} // namespace

std::string as_json(const run_result& result) {
  json_buffer buffer;
  json_writer out(buffer);
  out.StartObject();
  field(out, "ok", result.ok());
  field(out, "version", version);
  field(out, "seed", result.seed);
  field(out, "duration_ms", static_cast<std::uint64_t>(result.took.count()));
  key(out, "scenarios");
  out.StartArray();
  for (const auto& scenario : result.scenarios)
    write(out, scenario);
  out.EndArray();
  key(out, "violations");
  out.StartArray();
  for (const auto& violation : result.violations)
    write(out, violation);
  out.EndArray();
  field(out, "violations_left_out", result.violations_left_out);
  out.EndObject();
  return std::string(buffer.GetString()) + "\n";
}

} // namespace spec_kitty::chaos
