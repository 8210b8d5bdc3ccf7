#include "app/chaos/crowd.hpp"

#include <csignal>
#include <thread>
#include <utility>

namespace spec_kitty::chaos {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t most_open = 6; // unanswered events of an emitter
constexpr auto pause = 300us;

} // namespace

crowd::crowd(world& in, std::string home) : world_(&in), home_(std::move(home)) {}

void crowd::add_emitter(starter how) {
  auto first = std::make_unique<emitter>(*world_, home_, how());
  emitters_.push_back({std::move(how), std::move(first)});
}

void crowd::add_runner(std::string name, starter how) {
  auto first = std::make_unique<support::child>(how());
  runners_.push_back({std::move(name), std::move(how), std::move(first)});
}

void crowd::feed(working_emitter& one) {
  one.running->hear();
  if (one.running->has_ended()) { // it may refuse to begin, on a full disk say
    one.running->end();
    one.running = std::make_unique<emitter>(*world_, home_, one.how());
  }
  if (one.running->open() < most_open)
    one.running->ask(2);
}

void crowd::finish(working_runner& one, int sent) {
  if (sent != 0)
    one.running->send(sent);
  const auto done = one.running->wait();
  world_->judge_end(one.name, done, sent);
  world_->note_report(home_, done.out);
}

void crowd::work(std::chrono::microseconds time) {
  const auto until = std::chrono::steady_clock::now() + time;
  do {
    for (auto& one : emitters_)
      feed(one);
    for (std::size_t i = 0; i < runners_.size(); ++i)
      if (runners_[i].running->has_ended())
        restart_runner(i);
    std::this_thread::sleep_for(pause);
  } while (std::chrono::steady_clock::now() < until);
}

void crowd::restart_emitter(std::size_t which) {
  auto& one = emitters_[which];
  one.running->end();
  one.running = std::make_unique<emitter>(*world_, home_, one.how());
}

void crowd::restart_runner(std::size_t which) {
  auto& one = runners_[which];
  finish(one, one.running->has_ended() ? 0 : SIGTERM);
  one.running = std::make_unique<support::child>(one.how());
}

void crowd::end() {
  for (auto& one : emitters_)
    one.running->end();
  for (auto& one : runners_)
    finish(one, one.running->has_ended() ? 0 : SIGTERM);
  emitters_.clear();
  runners_.clear();
}

} // namespace spec_kitty::chaos
