// One simulated process of spec-kitty in a home of its own: the real actors under CAF's test
// coordinator.
//
//   start ──▶ QUEUE, CLOCK, SUPERVISOR ─┬▶ HTTP (simulated client)     run_job(n): one message
//                                       ├▶ AUTH, BATCH_SYNC            advance(t): timers up to t
//                                       └▶ WEBSOCKET (simulated link)
//   crash: every actor ends with what was in its mailbox; the next start has another pid
//
// Whatever runs of it runs with its os_plan on the thread.
#pragma once

#include "actors/auth/auth.hpp"
#include "actors/queue/store.hpp"
#include "actors/supervisor/supervisor.hpp"
#include "app/chaos/simulation/network.hpp"
#include "app/chaos/simulation/os_calls.hpp"
#include "util/files.hpp"

#include <caf/event_based_actor.hpp>
#include <caf/scheduler/test_coordinator.hpp>
#include <caf/send.hpp>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace spec_kitty::chaos::simulation {

/// How a process works, and what stands between its actors in a self-test's broken variant.
struct node_options {
  std::string host = {}; ///< of its node id; empty: the process's own name
  bool background = true;
  bool websocket = true;
  std::string envelope = "bare";
  std::size_t batch_events = 1000;
  std::uint64_t max_events = 10000;
  std::function<queue_actor(caf::actor_system&, const queue_actor&)> around_queue = {};
  std::function<clock_actor(caf::actor_system&, const clock_actor&)> around_clock = {};
  std::function<void(const http_request&, http_reply&)> tamper_reply = {};
};

enum class role : std::uint8_t { http, auth, batch_sync, websocket, queue };

class node {
public:
  /// `home` has been made ready (home_template.hpp).
  node(simulation_environment& around, socket_hub& hub, std::string name,
       std::filesystem::path home, node_options options);
  ~node();
  node(const node&) = delete;
  node& operator=(const node&) = delete;

  void start();
  /// Ends at once: nothing that was in a mailbox is done any more.
  void crash();
  bool is_up() const { return system_ != nullptr; }
  /// True when a vital actor has failed: the process is to end, and to be started again.
  bool has_failed() const { return failed_; }
  void change_boot();
  /// `clock renew`: it ends, and begins again under another node id. False where the store cannot
  /// be opened.
  bool renew_node();

  std::size_t jobs() const { return scheduler_ == nullptr ? 0 : scheduler_->jobs.size(); }
  void run_job(std::size_t which);
  std::optional<sim_time> next_timer() const;
  void advance(sim_time to);

  /// Records `count` events as one burst; what becomes of each goes into the history.
  void emit(std::uint64_t count);
  void sync_now(std::function<void()> then = {});
  void log_in(const std::string& user, bool adopt_local, std::function<void()> then = {});
  void log_out(std::function<void()> then = {});
  void retry_dead();
  /// What `sync status` would say now.
  void look();
  /// Winds the transports down, then calls `then`.
  void wind_down(std::function<void()> then);
  /// Asks how many events wait; -1 where the store cannot say.
  void ask_waiting(std::function<void(std::int64_t)> then);
  void kill(role part);
  /// Holds the store as another process would, or no longer.
  void hold_store(bool held);

  store_options store_settings() const;
  const std::string& name() const { return name_; }
  const std::filesystem::path& home() const { return home_; }
  node_network& network() { return network_; }
  os_plan& plan() { return plan_; }
  const node_options& options() const { return options_; }
  /// The user who is logged in, as the credentials file has it.
  std::string user() const;

  /// Sets the wall clock so far from where it would be.
  void set_clock(sim_time skew);
  /// Sets it to the latest time it ever showed: what is dated by it is over when it should be.
  void set_clock_right() { skew_ = max_skew_; }

  std::uint64_t trouble = 0; ///< grows with whatever may keep a heard clock from being merged
  /// Called when there is nothing to do at this moment: what was heard by now is merged.
  void on_quiet();

private:
  struct config : caf::actor_system_config {
    config() { set("scheduler.policy", caf::atom("testing")); }
  };
  struct heard_clock {
    std::uint64_t value = 0;
    std::uint64_t trouble = 0;
    std::weak_ptr<connection> by; ///< empty and never set: by a batch
    bool by_socket = false;
  };

  supervisor_config wire();
  template <class Handle>
  Handle watched(Handle made, const char* what);
  template <class Answer, class Actor, class Question, class Then>
  void ask(const Actor& asked, Question question, Then then);
  void ring();
  void note_report(const sync_report& report);
  void hear(const notice& what);
  void on_text(const std::shared_ptr<connection>& by, const std::string& text);
  epoch_us wall() const;

  simulation_environment& around_;
  socket_hub& hub_;
  std::string name_;
  std::filesystem::path home_;
  node_options options_;
  node_network network_;
  os_plan plan_;
  std::uint64_t generation_ = 0;
  std::uint64_t boot_ = 0;
  std::uint64_t emitted_ = 0;
  sim_time skew_ = 0;
  sim_time max_skew_ = 0;
  bool failed_ = false;
  bool ending_ = false;
  unique_fd held_;
  sim_time advanced_to_ = 0;

  std::unique_ptr<config> config_;
  std::unique_ptr<caf::actor_system> system_;
  caf::scheduler::test_coordinator* scheduler_ = nullptr;
  queue_actor real_queue_;
  queue_actor queue_;
  clock_actor clock_;
  supervisor_actor supervisor_;
  std::vector<caf::actor_addr> actors_; ///< every one that was started by hand
  caf::actor_addr http_;
  caf::actor_addr auth_;
  caf::actor_addr batch_sync_;
  caf::actor_addr websocket_;
  std::vector<heard_clock> heard_;
  std::uint64_t reply_clock_ = 0;
};

} // namespace spec_kitty::chaos::simulation
