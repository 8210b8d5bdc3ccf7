#include "app/chaos/home_workload.hpp"

#include <csignal>
#include <thread>
#include <utility>

namespace spec_kitty::chaos {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t max_unanswered = 6; // unanswered events of an emitter
constexpr auto pause = 300us;

} // namespace

home_workload::home_workload(installation& in, std::string home)
    : installation_(&in), home_(std::move(home)) {}

void home_workload::add_emitter(starter how) {
  auto first = std::make_unique<emitter>(*installation_, home_, how());
  emitters_.push_back({std::move(how), std::move(first)});
}

void home_workload::add_runner(std::string name, starter how) {
  auto first = std::make_unique<support::child>(how());
  runners_.push_back({std::move(name), std::move(how), std::move(first)});
}

void home_workload::feed(working_emitter& worker) {
  worker.running->hear();
  if (worker.running->has_ended()) { // it may refuse to begin, on a full disk say
    worker.running->end();
    worker.running = std::make_unique<emitter>(*installation_, home_, worker.how());
  }
  if (worker.running->open() < max_unanswered)
    worker.running->ask(2);
}

void home_workload::finish(working_runner& runner, int sent) {
  if (sent != 0)
    runner.running->send(sent);
  const auto done = runner.running->wait();
  installation_->judge_end(runner.name, done, sent);
  installation_->note_report(home_, done.out);
}

void home_workload::work(std::chrono::microseconds time) {
  const auto until = std::chrono::steady_clock::now() + time;
  do {
    for (auto& emitter : emitters_)
      feed(emitter);
    for (std::size_t i = 0; i < runners_.size(); ++i)
      if (runners_[i].running->has_ended())
        restart_runner(i);
    std::this_thread::sleep_for(pause);
  } while (std::chrono::steady_clock::now() < until);
}

void home_workload::restart_emitter(std::size_t which) {
  auto& emitter_at = emitters_[which];
  emitter_at.running->end();
  emitter_at.running = std::make_unique<emitter>(*installation_, home_, emitter_at.how());
}

void home_workload::restart_runner(std::size_t which) {
  auto& runner = runners_[which];
  finish(runner, runner.running->has_ended() ? 0 : SIGTERM);
  runner.running = std::make_unique<support::child>(runner.how());
}

void home_workload::end() {
  for (auto& emitter : emitters_)
    emitter.running->end();
  for (auto& runner : runners_)
    finish(runner, runner.running->has_ended() ? 0 : SIGTERM);
  emitters_.clear();
  runners_.clear();
}

} // namespace spec_kitty::chaos
