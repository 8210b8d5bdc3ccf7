#include "app/chaos/scenarios/listening_home.hpp"

#include "app/chaos/scenarios/proxied_home.hpp"
#include "util/json.hpp"

#include <csignal>
#include <stdexcept>

namespace spec_kitty::chaos {

using support::eventually;

listening_home::listening_home(installation& all, const std::string& name, const proxy& line)
    : all_(&all) {
  view_.listener = name;
  write_quick_settings(all.home(name));
  if (!all.log_in(name, "server", line.url()))
    throw std::runtime_error("a login failed before any fault");
  start_daemon();
  start_watch();
  if (!eventually([&] { return heard(), !log_.empty(); }))
    throw std::runtime_error("a watch was not told its place before any fault");
}

void listening_home::start_daemon() {
  daemon_ =
      std::make_unique<support::child>(all_->command(name(), {"sync", "daemon", "run", "--quiet"}));
}

void listening_home::end_daemon(int signal) {
  daemon_->send(signal);
  all_->judge_end("the daemon", daemon_->wait(), signal);
}

void listening_home::start_watch() {
  words watch = {"sync", "watch", "--json"};
  if (!log_.empty())
    watch.insert(watch.end(), {"--after", std::to_string(last_), "--log", log_});
  watch_ = std::make_unique<support::child>(all_->command(name(), std::move(watch)));
}

void listening_home::end_watch(int signal) {
  watch_->send(signal);
  all_->judge_end("`sync watch`", watch_->wait(), signal);
  (void)heard();
}

const listener_view& listening_home::heard() {
  for (const auto& line : watch_->lines_so_far())
    take(line);
  return view_;
}

void listening_home::take(const std::string& line) {
  const auto notice = parse_json(line);
  const auto kind = notice ? text_of(*notice, "kind") : std::nullopt;
  const auto number = notice ? whole_number_of(*notice, "seq") : std::nullopt;
  if (!kind || !number || *number < 0)
    return;
  const auto seq = static_cast<std::uint64_t>(*number);
  if (kind == "log" && log_.empty()) // where it begins
    last_ = seq;
  if (kind == "received") {
    const json_value* event = member(*notice, "event");
    view_.heard.emplace_back(seq, event == nullptr ? "" : text_of(*event, "event_id").value_or(""));
    last_ = seq;
  }
  if (kind == "log" || kind == "received")
    log_ = text_of(*notice, "log").value_or("");
}

} // namespace spec_kitty::chaos
