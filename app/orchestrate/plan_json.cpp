#include "app/orchestrate/plan_json.hpp"

#include "messages/event.hpp"
#include "messages/payloads.hpp"

#include <algorithm>
#include <array>

namespace spec_kitty::orchestrate {

namespace {

constexpr std::uint64_t version = 1;

void write_post(json_writer& out, const char* name, const post& post) {
  key(out, name);
  out.StartObject();
  field(out, "agent", post.agent);
  field(out, "starts", post.starts);
  field(out, "failures", post.failures);
  field(out, "no_verdicts", post.no_verdicts);
  payload_detail::write(out, "tried", post.tried);
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
  post post;
  if (const auto* value = member(object, name); value != nullptr) {
    post.agent = text(*value, "agent");
    post.starts = static_cast<std::uint64_t>(number(*value, "starts"));
    post.failures = static_cast<std::uint64_t>(number(*value, "failures"));
    post.no_verdicts = static_cast<std::uint64_t>(number(*value, "no_verdicts"));
    post.tried = list(*value, "tried");
  }
  return post;
}

std::optional<package_run> read_package(const json_value& value) {
  const auto at = parse_stage(text(value, "stage"));
  if (!at || !is_work_package_id(text(value, "id"))) // it becomes part of paths and branches
    return std::nullopt;
  package_run package;
  package.id = text(value, "id");
  package.dependencies = list(value, "dependencies");
  package.lane = text(value, "lane");
  package.at = *at;
  package.running = flag(value, "running");
  package.implementation = read_post(value, "implementation");
  package.review = read_post(value, "review");
  package.was_done = flag(value, "was_done");
  package.ours = flag(value, "ours");
  package.moving_to = text(value, "moving_to");
  package.unfinished = parse_stage(text(value, "unfinished"));
  package.moves = static_cast<std::uint64_t>(number(value, "moves"));
  package.errors = static_cast<std::uint64_t>(number(value, "errors"));
  package.began = number(value, "began_us");
  package.spent = number(value, "spent_us");
  package.reason = text(value, "reason");
  package.hint = text(value, "hint");
  package.cause = text(value, "cause");
  return package;
}

void write_package(json_writer& out, const package_run& package) {
  out.StartObject();
  field(out, "id", package.id);
  payload_detail::write(out, "dependencies", package.dependencies);
  field(out, "lane", package.lane);
  field(out, "stage", to_string(package.at));
  field(out, "running", package.running);
  write_post(out, "implementation", package.implementation);
  write_post(out, "review", package.review);
  field(out, "was_done", package.was_done);
  field(out, "ours", package.ours);
  field(out, "moving_to", package.moving_to);
  field(out, "unfinished",
        package.unfinished ? std::optional(std::string(to_string(*package.unfinished)))
                           : std::nullopt);
  field(out, "moves", package.moves);
  field(out, "errors", package.errors);
  field(out, "began_us", static_cast<std::uint64_t>(package.began));
  field(out, "spent_us", static_cast<std::uint64_t>(package.spent));
  field(out, "reason", package.reason);
  field(out, "hint", package.hint);
  field(out, "cause", package.cause);
  out.EndObject();
}

std::uint64_t count(const orchestration& run, stage at) {
  return static_cast<std::uint64_t>(
      std::count_if(run.packages.begin(), run.packages.end(),
                    [&](const auto& package) { return package.at == at; }));
}

} // namespace

std::string encode_run(const orchestration& run) {
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
  if (run.no_auto_commit)
    field(out, "no_auto_commit", true);
  key(out, "work_packages");
  out.StartArray();
  for (const auto& package : run.packages)
    write_package(out, package);
  out.EndArray();
  out.EndObject();
  return {buffer.GetString(), buffer.GetSize()};
}

result<orchestration> decode_run(const json_value& value) {
  const failure damaged{ec::bad_input, "it is not a state of an orchestration", {}};
  if (whole_number_of(value, "version").value_or(0) > static_cast<std::int64_t>(version))
    return failure{ec::bad_input, "it was written by a later version of spec-kitty", {}};
  orchestration run;
  run.id = text(value, "run_id");
  run.feature = text(value, "feature");
  run.began = number(value, "began_us");
  run.root = text(value, "root");
  run.impl_agent = text(value, "impl_agent");
  run.no_auto_commit = flag(value, "no_auto_commit");
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
    auto package = read_package(each);
    if (!package)
      return damaged;
    run.packages.push_back(std::move(*package));
  }
  return run;
}

void write_summary(json_writer& out, const orchestration& run) {
  field(out, "feature", run.feature);
  field(out, "run_id", run.id);
  field(out, "state", to_string(run.state));
  field(out, "began_at", format_timestamp(run.began));
  field(out, "total", static_cast<std::uint64_t>(run.packages.size()));
  for (const auto at : {stage::done, stage::skipped, stage::paused})
    field(out, to_string(at), count(run, at));
  key(out, "work_packages");
  out.StartArray();
  for (const auto& package : run.packages) {
    out.StartObject();
    field(out, "id", package.id);
    field(out, "stage", to_string(package.at));
    field(out, "lane", package.lane);
    field(out, "running", package.running);
    field(out, "agent", package.of(package.task()).agent);
    field(out, "reviewer", package.review.agent);
    field(out, "starts", package.implementation.starts + package.review.starts);
    field(out, "failed", package.errors);
    field(out, "seconds", static_cast<std::uint64_t>(package.spent / 1'000'000));
    field(out, "reason", package.reason.empty() ? std::nullopt : std::optional(package.reason));
    field(out, "next", package.hint.empty() ? std::nullopt : std::optional(package.hint));
    out.EndObject();
  }
  out.EndArray();
}

} // namespace spec_kitty::orchestrate
