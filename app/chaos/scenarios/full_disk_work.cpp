#include "app/chaos/scenarios/full_disk.hpp"

#include "app/chaos/io_fault.hpp"
#include "config/credentials.hpp"

#include <csignal>
#include <stdexcept>
#include <thread>

namespace spec_kitty::chaos {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t lines_of_a_stream = 140; // a commit each: four operations or more
constexpr std::size_t batches_of_a_drain = 120;
constexpr std::size_t events_of_a_connection = 40;
constexpr std::size_t operations_of_an_event = 4; // six, where it is leased and settled alone
constexpr auto between_events = 4ms;
constexpr auto disk_patience = 20s;

} // namespace

disk_work::disk_work(const stage& where) : installation_(where) {
  installation_.start_server();
  if (!installation_.log_in())
    throw std::runtime_error("the login failed before any fault");
}

support::launch disk_work::full(support::launch what, std::uint64_t at) const {
  return with_io_fault(installation_, std::move(what), io_fault_named("disk full from operation"),
                       at, installation_.home(home_));
}

/// One line after the other, so that each has a commit of its own.
void disk_work::run_emit(std::uint64_t at) {
  job all;
  all.name = "`emit --stdin`";
  const auto first = installation_.seen.attempts.size();
  emitter emitter(installation_, home_,
                  full(installation_.command(home_, {"emit", "--stdin"}), at));
  for (std::size_t i = 0; i < lines_of_a_stream && emitter.ask(1); ++i)
    if (!support::eventually(
            [&] {
              emitter.hear();
              return emitter.open() == 0 || emitter.has_ended();
            },
            disk_patience))
      break;
  const auto done = emitter.end();
  for (auto place = first; place < installation_.seen.attempts.size(); ++place)
    all.places.push_back(place);
  judge_job(installation_, all, done);
}

/// A daemon takes what is recorded while it is connected: a lease and a settlement for each.
void disk_work::run_daemon(std::uint64_t at, std::size_t count) {
  support::child daemon(full(installation_.command(home_, {"sync", "daemon", "run"}), at));
  (void)support::eventually( // a disk that is full from the start may keep it from connecting
      [&] {
        return daemon.has_ended() ||
               installation_.run(home_, {"sync", "status", "--json"})
                       .out.find(R"("state":"Connected")") != std::string::npos;
      },
      3s);
  emitter events(installation_, home_, installation_.command(home_, {"emit", "--stdin"}));
  const auto until = std::chrono::steady_clock::now() + disk_patience;
  for (std::size_t i = 0;
       i < count && std::chrono::steady_clock::now() < until && !daemon.has_ended(); ++i) {
    events.ask(1);
    std::this_thread::sleep_for(between_events);
    events.hear();
  }
  events.end();
  daemon.send(SIGTERM);
  installation_.judge_end("the daemon", daemon.wait(), SIGTERM);
}

void disk_work::check_drain(const std::string& after) {
  const auto done = installation_.sync_now(home_);
  if (done.status != 0)
    installation_.seen.strange.push_back(
        {"`sync now` does not work after " + after + ": " + done.out});
}

std::uint64_t disk_work::run(kind what, std::uint64_t at) {
  home_ = "home";
  const auto& server = installation_.server();
  const auto carry = [&](job job) {
    job.what = full(std::move(job.what), at);
    return carry_out(installation_, job);
  };
  switch (what) {
  case first_emit:
    home_ = "fresh-" + std::to_string(fresh_.size() + 1);
    fresh_.push_back(home_);
    carry(emit_job(installation_, home_));
    break;
  case emit:
    run_emit(at);
    break;
  case drain: {
    installation_.emit_many(home_, batches_of_a_drain);
    auto prepared = command_job(installation_, home_, {"sync", "now"});
    prepared.what.env["SPEC_KITTY_SYNC_BATCH_EVENTS"] = "1";
    carry(std::move(prepared));
    break;
  }
  case ack: // events that come together share a settlement: more of them, until it is reached
    for (std::size_t i = 1; i <= 4; ++i) {
      run_daemon(at, i * (events_of_a_connection + at / operations_of_an_event));
      if (operations_counted(installation_) >= at)
        break;
    }
    break;
  case login:
    carry(command_job(installation_, home_,
                      {"auth", "login", "--username", server.username(), "--password-stdin"},
                      server.password() + "\n"));
    if (const auto session = read_credentials(installation_.home()); !session || !*session)
      installation_.seen.strange.push_back({"a login on a full disk took the session away"});
    break;
  default:
    setting_ = setting_ == 60 ? 61 : 60;
    carry(command_job(installation_, home_,
                      {"config", "set", "sync.timeout_s", std::to_string(setting_)}));
    break;
  }
  const auto counted = operations_counted(installation_);
  const auto after = "operation " + std::to_string(at) + " of work " + std::to_string(what);
  works_again(installation_, home_, after);
  if (home_ == "home")
    check_drain(after);
  return counted;
}

std::vector<violation> disk_work::finish() {
  std::vector<std::string> homes = {"home"};
  for (const auto& name : fresh_) {
    if (!installation_.log_in(name))
      installation_.seen.strange.push_back({"no login in " + name + ", whose first disk was full"});
    homes.push_back(name);
  }
  installation_.heal(homes);
  return installation_.judge(homes);
}

} // namespace spec_kitty::chaos
