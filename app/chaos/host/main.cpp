// spec-kitty-chaos-host: a program that embeds spec-kitty, for chaos runs.
//
// It reads lines as `emit --stdin` does and answers each in the same form, in order, but goes
// through the library's door. The home is SPEC_KITTY_HOME. With `--fork`, every hundredth event is
// recorded by a forked child with a client of its own; with `--deliver`, it delivers by itself.
// With
// `--echo`, it records an event at once for each that it hears of somebody else, and says so in a
// line of its own: `{"heard":CLOCK,"marker":MARKER,…what an answer has}`.
#include "spec_kitty/client.hpp"
#include "util/json.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <deque>
#include <iostream>
#include <mutex>
#include <string>
#include <string_view>

namespace spec_kitty {

namespace {

constexpr std::chrono::seconds patience{60};

options wanted(bool delivers = false) {
  options out;
  out.delivery = delivers ? deliver_by::this_process : deliver_by::others;
  return out;
}

event event_in(const std::string& line) {
  const auto parsed = parse_json(line);
  const json_value* payload = parsed ? member(*parsed, "payload") : nullptr;
  return payload == nullptr ? event()
                            : event(text_of(*parsed, "event_type").value_or(""), to_text(*payload));
}

/// One line of stdout, whole, whichever thread says it.
void say(const std::string& line) {
  static std::mutex guard;
  const std::lock_guard hold(guard);
  std::cout << line << std::endl;
}

/// What an answer has, without the braces.
std::string in_json(const result<receipt>& had) {
  if (!had)
    return R"("error":{"code":"refused"})";
  if (had->spilled)
    return R"("spilled":true)";
  return R"("event_id":")" + had->event_id + R"(","lamport_clock":)" +
         std::to_string(had->lamport_clock);
}

void answer(const result<receipt>& had) {
  say("{" + in_json(had) + "}");
}

/// Records an event for one that was heard, unless that was such an echo itself.
void echo(client& events, const std::string& json) {
  const auto heard = parse_json(json);
  const json_value* payload = heard ? member(*heard, "payload") : nullptr;
  const auto content = payload == nullptr ? std::nullopt : text_of(*payload, "entry_content");
  if (!content || content->starts_with("echo-"))
    return;
  const std::string marker = "echo-" + text_of(*heard, "event_id").value_or("");
  const auto clock = whole_number_of(*heard, "lamport_clock").value_or(0);
  events.emit(history_added{"WP01", "note", marker}, [=](const result<receipt>& had) {
    say(R"({"heard":)" + std::to_string(clock) + R"(,"marker":")" + marker + "\"," + in_json(had) +
        "}");
  });
}

/// Records one event in a forked child, whose answer goes to the same stdout. False when the child
/// could not end.
bool record_in_child(const std::string& line) {
  const pid_t child = ::fork();
  if (child == 0) {
    auto own = client::open(wanted());
    if (own) {
      answer(own->emit(event_in(line)).get(patience));
      if (!own->stop(patience))
        ::_exit(1);
    } else {
      answer(own.error());
    }
    ::_exit(0);
  }
  int status = 0;
  return child > 0 && ::waitpid(child, &status, 0) == child && WIFEXITED(status) &&
         WEXITSTATUS(status) == 0;
}

int serve(bool forks, bool delivers, bool echoes) {
  auto opened = client::open(wanted(delivers));
  if (!opened) {
    std::cerr << opened.error().message << '\n';
    return 1;
  }
  subscription remote;
  if (echoes)
    remote = opened->subscribe([&](const update& what) {
      if (what.what == update::kind::remote)
        echo(*opened, what.json);
    });
  std::deque<pending_receipt> open;
  std::string line;
  for (unsigned long count = 1; std::getline(std::cin, line); ++count) {
    const bool in_child = forks && count % 100 == 0;
    if (!in_child)
      open.push_back(opened->emit(event_in(line)));
    // Answers go out in order, and before waiting for more.
    while (!open.empty() &&
           (in_child || open.front().ready() || std::cin.rdbuf()->in_avail() <= 0)) {
      answer(open.front().get(patience));
      open.pop_front();
    }
    if (in_child && !record_in_child(line))
      answer(failure{ec::internal, "the child did not end", {}});
  }
  while (!open.empty()) {
    answer(open.front().get(patience));
    open.pop_front();
  }
  return opened->stop(patience) ? 0 : 1;
}

} // namespace

} // namespace spec_kitty

int main(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  std::cin.tie(nullptr); // reading must not flush what another thread is writing
  const auto given = [&](std::string_view word) {
    return std::any_of(argv + 1, argv + argc, [&](const char* arg) { return arg == word; });
  };
  return spec_kitty::serve(given("--fork"), given("--deliver"), given("--echo"));
}
