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

std::string said_by(const support::finished& done) {
  return " (status " + std::to_string(done.status) + "): " + done.out.substr(0, 300) +
         done.err.substr(0, 300);
}

std::size_t acknowledged(const world& in, const job& one) {
  std::size_t count = 0;
  for (const auto place : one.places)
    count += in.seen.attempts[place].acknowledged ? 1 : 0;
  return count;
}

std::string lines_for(world& in, const std::string& home, std::size_t count, job& one) {
  std::string lines;
  for (std::size_t i = 0; i < count; ++i) {
    one.places.push_back(in.ask(home));
    lines += line_with(in.at(one.places.back()).marker);
  }
  return lines;
}

} // namespace

job command_job(const world& in, const std::string& home, words arguments, std::string input) {
  job one;
  one.name = "`" + arguments.front() + (arguments.size() > 1 ? " " + arguments[1] : "") + "`";
  arguments.emplace_back("--json");
  one.what = in.command(home, std::move(arguments), std::move(input));
  return one;
}

job emit_job(world& in, const std::string& home) {
  const auto place = in.ask(home);
  auto one = command_job(in, home,
                         {"emit", "HistoryAdded", "--wp", "WP01", "--field", "entry_type=note",
                          "--field", "entry_content=" + in.at(place).marker});
  one.places.push_back(place);
  return one;
}

job stream_job(world& in, const std::string& home, std::size_t count) {
  job one;
  one.name = "`emit --stdin`";
  auto lines = lines_for(in, home, count, one);
  one.what = in.command(home, {"emit", "--stdin"}, std::move(lines));
  return one;
}

job host_job(world& in, const std::string& home, std::size_t count, words options) {
  job one;
  one.name = "a host";
  one.of_ours = false;
  auto lines = lines_for(in, home, count, one);
  options.insert(options.begin(), (in.where().parts / "spec-kitty-chaos-host").string());
  one.what = in.program(home, std::move(options), std::move(lines));
  return one;
}

support::finished run_job(world& in, const job& one) {
  auto done = support::run(one.what);
  if (one.places.empty())
    return done;
  const auto whole = done.out.substr(0, done.out.rfind('\n') + 1);
  auto place = one.places.begin();
  for (const auto& line : support::lines_of(whole)) {
    if (place == one.places.end()) {
      in.seen.strange.push_back({one.name + " answered to nothing: " + line});
      break;
    }
    in.take(*place++, line);
  }
  return done;
}

void judge_job(world& in, const job& one, const support::finished& done, int sent) {
  in.judge_end(one.name, done, sent);
  if (done.signal != 0 || done.timed_out)
    return;
  const auto promised = acknowledged(in, one);
  if (done.status == 0 && promised < one.places.size() && one.of_ours)
    in.seen.strange.push_back({one.name + " ended well, and recorded " + std::to_string(promised) +
                               " of " + std::to_string(one.places.size()) + said_by(done)});
  if (one.of_ours && done.status != 0 && promised > 0 && promised == one.places.size())
    in.seen.strange.push_back({one.name + " recorded all, and did not end well" + said_by(done)});
  if (one.of_ours && done.status != 0 && !has_remedy(done))
    in.seen.strange.push_back({one.name + " failed without a remedy" + said_by(done)});
}

support::finished carry_out(world& in, const job& one, int sent) {
  auto done = run_job(in, one);
  judge_job(in, one, done, sent);
  return done;
}

bool works_again(world& in, const std::string& home, std::string_view after) {
  const auto one = emit_job(in, home);
  const auto done = carry_out(in, one);
  const auto& had = in.at(one.places.front());
  const bool well = done.status == 0 && had.acknowledged && !had.spilled;
  if (!well)
    in.seen.strange.push_back(
        {"`emit` does not work in " + home + " after " + std::string(after) + said_by(done)});
  return well;
}

bool never_began(const support::finished& done) {
  return done.status == 127 &&
         done.err.find("error while loading shared libraries") != std::string::npos;
}

} // namespace spec_kitty::chaos
