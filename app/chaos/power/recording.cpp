#include "app/chaos/power/recording.hpp"

#include "util/json.hpp"

#include <csignal>
#include <stdexcept>

namespace spec_kitty::chaos::power {

namespace fs = std::filesystem;

std::optional<answer> read_answer(const std::string& line) {
  const auto parsed = parse_json(line);
  if (!parsed || !parsed->IsObject())
    return std::nullopt;
  const json_value* event = member(*parsed, "event");
  const json_value& event_json = event != nullptr ? *event : *parsed;
  answer out;
  if (const json_value* spilled = member(*parsed, "spilled"))
    out.spilled = spilled->IsTrue();
  out.event_id = text_of(event_json, "event_id").value_or("");
  out.lamport_clock =
      static_cast<std::uint64_t>(whole_number_of(event_json, "lamport_clock").value_or(0));
  out.recorded = out.spilled || !out.event_id.empty();
  return out;
}

recorder::recorder(const stage& where, fs::path folder, std::string workload)
    : where_(where), folder_(std::move(folder)), root_(folder_ / "disk"),
      workload_(std::move(workload)) {
  for (const char* name : {"disk", "work", "user"})
    fs::create_directories(folder_ / name);
  support::write_text(folder_ / "log", "");
}

support::launch recorder::command(std::vector<std::string> words, std::string input) const {
  support::launch what;
  what.argv = where_.program;
  what.argv.insert(what.argv.end(), words.begin(), words.end());
  what.env = {{"HOME", (folder_ / "user").string()},
              {"TMPDIR", (folder_ / "work").string()},
              {"USER", "tester"},
              {"SPEC_KITTY_HOME", home().string()},
              {"LD_PRELOAD", (where_.parts / "spec_kitty_power_shim.so").string() + ":" +
                                 (where_.parts / "spec_kitty_io_shim.so").string()},
              {"SPEC_KITTY_POWER_ROOT", root_.string()},
              {"SPEC_KITTY_POWER_LOG", (folder_ / "log").string()}};
  for (const auto& [name, value] : env)
    what.env[name] = value;
  what.cwd = folder_ / "work";
  what.input = std::move(input);
  return what;
}

std::string recorder::new_marker() {
  return "event " + std::to_string(++events_);
}

namespace {

std::string payload_with(const std::string& marker) {
  return R"({"wp_id":"WP01","entry_type":"note","entry_content":")" + marker + "\"}";
}

} // namespace

order recorder::burst(std::size_t count) {
  order what{{"emit", "--stdin"}};
  for (std::size_t i = 0; i < count; ++i) {
    what.markers.push_back(new_marker());
    what.input +=
        R"({"event_type":"HistoryAdded","payload":)" + payload_with(what.markers.back()) + "}\n";
  }
  return what;
}

order recorder::single() {
  const std::string marker = new_marker();
  return {{"emit", "HistoryAdded", "--payload", payload_with(marker), "--json"}, {}, {marker}, {}};
}

void recorder::judge(const order& what, const support::finished& done) {
  if (what.may_die && !done.timed_out && done.signal == SIGKILL)
    return;
  if (done.timed_out || done.signal != 0 || done.status != 0)
    trouble_.push_back(what.words.front() + " ended with status " + std::to_string(done.status) +
                       ", signal " + std::to_string(done.signal) + ": " + done.out + done.err);
}

support::finished recorder::run(const order& what) {
  start(what);
  auto [asked, program] = std::move(running_.back());
  running_.pop_back();
  program->write(what.input);
  program->close_input();
  auto done = program->wait();
  judge(asked, done);
  return done;
}

void recorder::start(const order& what) {
  auto program = std::make_unique<support::child>(command(what.words, what.input));
  programs_.push_back({static_cast<std::uint32_t>(program->pid()), what.markers, what.promised});
  running_.emplace_back(what, std::move(program));
}

void recorder::wait() {
  for (auto& [asked, program] : running_) {
    program->write(asked.input);
    program->close_input();
  }
  for (auto& [asked, program] : running_)
    judge(asked, program->wait());
  running_.clear();
}

void recorder::serve() {
  // Its store lies outside of the recorded disk: only what it notes is read there.
  server_ = std::make_unique<support::child>(
      command({"dev-server", "--json", "--quiet", "--state", (folder_ / "server").string(),
               "--note-kept", (root_ / server_events).string()},
              {}));
  const auto greeting = server_->next_line();
  const auto parsed = parse_json(greeting.value_or(""));
  if (!parsed)
    throw std::runtime_error("the server does not greet");
  username_ = text_of(*parsed, "username").value_or("");
  password_ = text_of(*parsed, "password").value_or("");
  run({{"sync", "server", text_of(*parsed, "url").value_or("")}});
}

/// Attempts and promises of one program, each with the moment of its answer.
void recorder::note_answers(const started& program, recording& out) const {
  std::vector<std::pair<std::string, moment>> lines; // whole ones, each with its moment
  std::string rest;
  moment asked = 0;
  for (std::size_t i = 0; i < out.steps.size(); ++i) {
    const auto& recorded_step = out.steps[i];
    if (recorded_step.pid != program.pid)
      continue;
    if (asked == 0)
      asked = i + 1;
    if (recorded_step.what != kind::message)
      continue;
    rest += recorded_step.bytes;
    for (std::size_t end = 0; (end = rest.find('\n')) != std::string::npos;) {
      lines.emplace_back(rest.substr(0, end), i + 1);
      rest.erase(0, end + 1);
    }
  }
  if (program.promised) {
    out.promises.push_back(*program.promised);
    out.promises.back().answered = lines.empty() ? 0 : lines.front().second;
  }
  for (std::size_t i = 0; i < program.markers.size(); ++i) {
    attempt attempt;
    attempt.marker = program.markers[i];
    attempt.home = home_name;
    attempt.asked = asked == 0 ? out.steps.size() + 1 : asked;
    if (i < lines.size()) {
      const auto answer_line = read_answer(lines[i].first).value_or(answer{});
      attempt.answered = lines[i].second;
      attempt.acknowledged = answer_line.recorded;
      attempt.refused = !answer_line.recorded;
      attempt.spilled = answer_line.spilled;
      attempt.event_id = answer_line.event_id;
      attempt.lamport_clock = answer_line.lamport_clock;
    }
    out.attempts.push_back(std::move(attempt));
  }
}

recording recorder::finish() {
  wait();
  if (server_) {
    server_->send(SIGTERM);
    server_->wait();
    server_.reset();
  }
  recording out;
  out.workload = workload_;
  out.log = support::read_text(folder_ / "log");
  out.steps = read_log(out.log);
  out.trouble = std::move(trouble_);
  for (const auto& program : programs_)
    note_answers(program, out);
  return out;
}

} // namespace spec_kitty::chaos::power
