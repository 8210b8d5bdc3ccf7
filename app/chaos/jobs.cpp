#include "app/chaos/jobs.hpp"

#include "app/chaos/views.hpp"

namespace spec_kitty::chaos {

namespace {

bool has_remedy(const support::finished& done) {
  // JSON: a field of the error. Text: a line of its own below the error.
  if (done.out.find(R"("hint":")") != std::string::npos)
    return done.out.find(R"("hint":"")") == std::string::npos;
  return done.err.find("\n  ") != std::string::npos;
}

std::string output_of(const support::finished& done) {
  return " (status " + std::to_string(done.status) + "): " + done.out.substr(0, 300) +
         done.err.substr(0, 300);
}

std::size_t acknowledged(const installation& in, const job& job) {
  std::size_t count = 0;
  for (const auto place : job.places)
    count += in.seen.attempts[place].acknowledged ? 1 : 0;
  return count;
}

std::string lines_for(installation& in, const std::string& home, std::size_t count, job& job) {
  std::string lines;
  for (std::size_t i = 0; i < count; ++i) {
    job.places.push_back(in.ask(home));
    lines += line_with(in.at(job.places.back()).marker);
  }
  return lines;
}

} // namespace

job command_job(const installation& in, const std::string& home, words arguments,
                std::string input) {
  job job;
  job.name = "`" + arguments.front() + (arguments.size() > 1 ? " " + arguments[1] : "") + "`";
  arguments.emplace_back("--json");
  job.what = in.command(home, std::move(arguments), std::move(input));
  return job;
}

job emit_job(installation& in, const std::string& home) {
  const auto place = in.ask(home);
  auto prepared = command_job(in, home,
                              {"emit", "HistoryAdded", "--wp", "WP01", "--field", "entry_type=note",
                               "--field", "entry_content=" + in.at(place).marker});
  prepared.places.push_back(place);
  return prepared;
}

job stream_job(installation& in, const std::string& home, std::size_t count) {
  job job;
  job.name = "`emit --stdin`";
  auto lines = lines_for(in, home, count, job);
  job.what = in.command(home, {"emit", "--stdin"}, std::move(lines));
  return job;
}

job host_job(installation& in, const std::string& home, std::size_t count, words options) {
  job job;
  job.name = "a host";
  job.of_ours = false;
  auto lines = lines_for(in, home, count, job);
  options.insert(options.begin(), (in.where().parts / "spec-kitty-chaos-host").string());
  job.what = in.program(home, std::move(options), std::move(lines));
  return job;
}

support::finished run_job(installation& in, const job& job) {
  auto done = support::run(job.what);
  if (job.places.empty())
    return done;
  const auto whole = done.out.substr(0, done.out.rfind('\n') + 1);
  auto place = job.places.begin();
  for (const auto& line : support::lines_of(whole)) {
    if (place == job.places.end()) {
      in.seen.strange.push_back({job.name + " answered to nothing: " + line});
      break;
    }
    in.take(*place++, line);
  }
  return done;
}

void judge_job(installation& in, const job& job, const support::finished& done, int sent) {
  in.judge_end(job.name, done, sent);
  if (done.signal != 0 || done.timed_out)
    return;
  const auto promised = acknowledged(in, job);
  if (done.status == 0 && promised < job.places.size() && job.of_ours)
    in.seen.strange.push_back({job.name + " ended well, and recorded " + std::to_string(promised) +
                               " of " + std::to_string(job.places.size()) + output_of(done)});
  if (job.of_ours && done.status != 0 && promised > 0 && promised == job.places.size())
    in.seen.strange.push_back({job.name + " recorded all, and did not end well" + output_of(done)});
  if (job.of_ours && done.status != 0 && !has_remedy(done))
    in.seen.strange.push_back({job.name + " failed without a remedy" + output_of(done)});
}

support::finished carry_out(installation& in, const job& job, int sent) {
  auto done = run_job(in, job);
  judge_job(in, job, done, sent);
  return done;
}

bool works_again(installation& in, const std::string& home, std::string_view after) {
  const auto prepared = emit_job(in, home);
  const auto done = carry_out(in, prepared);
  const auto& had = in.at(prepared.places.front());
  const bool well = done.status == 0 && had.acknowledged && !had.spilled;
  if (!well)
    in.seen.strange.push_back(
        {"`emit` does not work in " + home + " after " + std::string(after) + output_of(done)});
  return well;
}

bool never_began(const support::finished& done) {
  return done.status == 127 &&
         done.err.find("error while loading shared libraries") != std::string::npos;
}

} // namespace spec_kitty::chaos
