#include "app/orchestrate/plan_json.hpp"

#include "messages/payloads.hpp"

#include <algorithm>
#include <array>

namespace spec_kitty::orchestrate {

namespace {

constexpr std::uint64_t version = 1;

void write_post(json_writer& out, const char* name, const post& one) {
  key(out, name);
  out.StartObject();
  field(out, "agent", one.agent);
  field(out, "starts", one.starts);
  field(out, "failures", one.failures);
  payload_detail::write(out, "tried", one.tried);
  out.EndObject();
}

std::string text(const json_value& object, const char* name) {
  return text_of(object, name).value_or("");
}

std::int64_t number(const json_value& object, const char* name) {
  return std::max<std::int64_t>(whole_number_of(object, name).value_or(0), 0);
}

bool flag(const json_value& object, const char* name) {
  const auto* value = member(object, name);
  return value != nullptr && value->IsBool() && value->GetBool();
}

std::vector<std::string> list(const json_value& object, const char* name) {
  std::vector<std::string> words;
  if (const auto* array = member(object, name); array != nullptr && array->IsArray())
    for (const auto& word : array->GetArray())
      if (word.IsString())
        words.emplace_back(word.GetString(), word.GetStringLength());
  return words;
}

post read_post(const json_value& object, const char* name) {
  post one;
  if (const auto* value = member(object, name); value != nullptr) {
    one.agent = text(*value, "agent");
    one.starts = static_cast<std::uint64_t>(number(*value, "starts"));
    one.failures = static_cast<std::uint64_t>(number(*value, "failures"));
    one.tried = list(*value, "tried");
  }
  return one;
}

std::optional<package_run> read_package(const json_value& value) {
  const auto at = parse_stage(text(value, "stage"));
  if (!at || text(value, "id").empty())
    return std::nullopt;
  package_run one;
  one.id = text(value, "id");
  one.dependencies = list(value, "dependencies");
  one.lane = text(value, "lane");
  one.at = *at;
  one.running = flag(value, "running");
  one.implementation = read_post(value, "implementation");
  one.review = read_post(value, "review");
  one.was_done = flag(value, "was_done");
  one.ours = flag(value, "ours");
  one.moving_to = text(value, "moving_to");
  one.unfinished = parse_stage(text(value, "unfinished"));
  one.moves = static_cast<std::uint64_t>(number(value, "moves"));
  one.errors = static_cast<std::uint64_t>(number(value, "errors"));
  one.began = number(value, "began_us");
  one.spent = number(value, "spent_us");
  one.reason = text(value, "reason");
  one.hint = text(value, "hint");
  one.cause = text(value, "cause");
  return one;
}

void write_package(json_writer& out, const package_run& one) {
  out.StartObject();
  field(out, "id", one.id);
  payload_detail::write(out, "dependencies", one.dependencies);
  field(out, "lane", one.lane);
  field(out, "stage", to_string(one.at));
  field(out, "running", one.running);
  write_post(out, "implementation", one.implementation);
  write_post(out, "review", one.review);
  field(out, "was_done", one.was_done);
  field(out, "ours", one.ours);
  field(out, "moving_to", one.moving_to);
  field(out, "unfinished",
        one.unfinished ? std::optional(std::string(to_string(*one.unfinished))) : std::nullopt);
  field(out, "moves", one.moves);
  field(out, "errors", one.errors);
  field(out, "began_us", static_cast<std::uint64_t>(one.began));
  field(out, "spent_us", static_cast<std::uint64_t>(one.spent));
  field(out, "reason", one.reason);
  field(out, "hint", one.hint);
  field(out, "cause", one.cause);
  out.EndObject();
}

std::uint64_t count(const run_plan& run, stage at) {
  return static_cast<std::uint64_t>(std::count_if(run.packages.begin(), run.packages.end(),
                                                  [&](const auto& one) { return one.at == at; }));
}

} // namespace

std::string encode_run(const run_plan& run) {
  json_buffer buffer;
  json_writer out(buffer);
  out.StartObject();
  field(out, "version", version);
  field(out, "run_id", run.id);
  field(out, "feature", run.feature);
  field(out, "state", to_string(run.state));
  field(out, "began_us", static_cast<std::uint64_t>(run.began));
  field(out, "root", run.root);
  field(out, "impl_agent", run.impl_agent);
  field(out, "review_agent", run.review_agent);
  key(out, "work_packages");
  out.StartArray();
  for (const auto& one : run.packages)
    write_package(out, one);
  out.EndArray();
  out.EndObject();
  return {buffer.GetString(), buffer.GetSize()};
}

result<run_plan> decode_run(const json_value& value) {
  const failure damaged{ec::bad_input, "it is no state of an orchestration", {}};
  if (whole_number_of(value, "version").value_or(0) > static_cast<std::int64_t>(version))
    return failure{ec::bad_input, "it was written by a later version of spec-kitty", {}};
  run_plan run;
  run.id = text(value, "run_id");
  run.feature = text(value, "feature");
  run.began = number(value, "began_us");
  run.root = text(value, "root");
  run.impl_agent = text(value, "impl_agent");
  run.review_agent = text(value, "review_agent");
  bool known = false;
  for (const auto state :
       {run_state::running, run_state::paused, run_state::done, run_state::aborted})
    if (to_string(state) == text(value, "state")) {
      run.state = state;
      known = true;
    }
  const auto* packages = member(value, "work_packages");
  if (!known || run.id.empty() || packages == nullptr || !packages->IsArray())
    return damaged;
  for (const auto& each : packages->GetArray()) {
    auto one = read_package(each);
    if (!one)
      return damaged;
    run.packages.push_back(std::move(*one));
  }
  return run;
}

void write_summary(json_writer& out, const run_plan& run) {
  field(out, "feature", run.feature);
  field(out, "run_id", run.id);
  field(out, "state", to_string(run.state));
  field(out, "began_at", format_timestamp(run.began));
  field(out, "total", static_cast<std::uint64_t>(run.packages.size()));
  for (const auto at : {stage::done, stage::skipped, stage::paused})
    field(out, to_string(at), count(run, at));
  key(out, "work_packages");
  out.StartArray();
  for (const auto& one : run.packages) {
    out.StartObject();
    field(out, "id", one.id);
    field(out, "stage", to_string(one.at));
    field(out, "lane", one.lane);
    field(out, "running", one.running);
    field(out, "agent", one.of(one.task()).agent);
    field(out, "reviewer", one.review.agent);
    field(out, "starts", one.implementation.starts + one.review.starts);
    field(out, "failed", one.errors);
    field(out, "seconds", static_cast<std::uint64_t>(one.spent / 1'000'000));
    field(out, "reason", one.reason.empty() ? std::nullopt : std::optional(one.reason));
    field(out, "next", one.hint.empty() ? std::nullopt : std::optional(one.hint));
    out.EndObject();
  }
  out.EndArray();
}

} // namespace spec_kitty::orchestrate
