#include "app/chaos/run.hpp"

#include "util/json.hpp"
#include "util/version.hpp"

namespace spec_kitty::chaos {

namespace {

void write(json_writer& out, const scenario_total& one) {
  out.StartObject();
  field(out, "name", one.of->name);
  field(out, "rounds", one.rounds);
  field(out, "duration_ms", static_cast<std::uint64_t>(one.took.count()));
  key(out, "faults");
  out.StartObject();
  for (const auto& [kind, count] : one.sum.faults) {
    key(out, kind);
    out.StartObject();
    field(out, "planned", count.planned);
    field(out, "injected", count.injected);
    out.EndObject();
  }
  out.EndObject();
  key(out, "figures");
  out.StartObject();
  for (const auto& [name, figure] : one.sum.figures)
    field(out, name, figure);
  out.EndObject();
  key(out, "skipped");
  out.StartObject();
  for (const auto& [kind, why] : one.sum.skipped)
    field(out, kind, why);
  out.EndObject();
  out.EndObject();
}

void write(json_writer& out, const found_violation& one) {
  out.StartObject();
  field(out, "invariant", one.what.invariant);
  field(out, "message", one.what.words);
  field(out, "seed", one.seed);
  field(out, "shortest_seed", one.shortest);
  key(out, "steps");
  out.StartArray();
  for (const auto& words : one.steps)
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
  for (const auto& one : result.scenarios)
    write(out, one);
  out.EndArray();
  key(out, "violations");
  out.StartArray();
  for (const auto& one : result.violations)
    write(out, one);
  out.EndArray();
  field(out, "violations_left_out", result.violations_left_out);
  out.EndObject();
  return std::string(buffer.GetString()) + "\n";
}

} // namespace spec_kitty::chaos
