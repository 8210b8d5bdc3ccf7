// BATCH_SYNC: carries out sync runs, one at a time. The machine in run.hpp decides; this shell only
// does what a step says: ask QUEUE or AUTH, send by HTTP, wait.
#pragma once

#include "actors/batch_sync/run.hpp"
#include "actors/http/kept_offer.hpp"
#include "messages/interfaces.hpp"
#include "util/url.hpp"

#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace spec_kitty {

struct batch_sync_config {
  server_url server;
  std::string ca_file;
  run_limits limits;
  queue_actor queue;
  auth_actor auth;
  http_actor http;
  clock_actor clock;
  std::function<epoch_us()> now = wall_clock_now;
  std::function<double()> random;                             ///< [0, 1); empty: the kernel's
  std::function<void(const sync_progress&)> on_progress = {}; ///< after each settled batch
  std::filesystem::path home = {}; ///< where the server's offer is kept; empty: it is not asked
};

struct batch_sync_state {
  ~batch_sync_state();

  /// Begins the run of the first waiting request. (Not `begin`: CAF would take the state for a
  /// range.)
  void begin_run();
  /// Does what the machine's next step says.
  void carry_out(next_step next);
  void send_batch();
  void settle(settle_request request);
  /// The reply to a batch; kept until the settlement beside it is done.
  void on_reply(http_reply reply);
  /// Compresses the batch that probably comes next, while one is out.
  void prepare();
  void ask_clock();
  /// What the server offers: kept for the hour, or asked.
  void ask_offer();
  /// Waits one second of the pause, or what is left of it.
  void wait();
  /// A request with the run's token.
  http_request request_to(std::string method, std::string_view path) const;
  /// Sends it and passes the reply on; no answer at all counts as a broken connection.
  void exchange(http_request request, std::function<void(http_reply)> then);
  /// Ends the lease of a run that has not settled it: else its events would wait until it expires.
  void hand_back_lease();
  /// Gives the server's clock to CLOCK, which refuses one out of range (a warning), then answers.
  void finish();
  /// Counts what is queued now, answers, and begins the next run.
  void answer();
  /// Asks an actor and feeds what comes back, value or failure, to the machine.
  template <class Answer, class Actor, class Question, class Feed>
  void ask(const Actor& receiver, std::chrono::milliseconds patience, Question question, Feed feed);

  batch_sync_config config;
  /// A request for a run, to be answered with its report.
  struct waiting_request {
    sync_request request;
    caf::typed_response_promise<sync_report> promise;
  };
  std::deque<waiting_request> waiting; ///< the run of the first one is under way
  std::unique_ptr<sync_run> run;       ///< of that request; empty before and after
  server_limits agreed;                ///< as the server said last
  std::optional<kept_offer> offer;     ///< as it was looked up last
  /// A batch's body, ready before its turn.
  struct prepared_batch {
    std::uint64_t first = 0; ///< positions; of no batch: 0
    std::uint64_t last = 0;
    std::size_t count = 0;
    std::string body;

    bool is_of(std::span<const leased_event> events) const {
      return !events.empty() && count == events.size() && first == events.front().seq &&
             last == events.back().seq;
    }
  };
  prepared_batch prepared;
  bool settling_meanwhile = false;       ///< while a batch is out
  std::optional<http_reply> early_reply; ///< that came before the settlement was done
  bool finished = false;                 ///< its report lacks only the number that remains queued
  epoch_us began_at = 0;
  std::chrono::milliseconds pause_left{}; ///< of the current pause
  bool pausing = false;                   ///< until its retry_tick arrives
  std::uint64_t pause = 0;                ///< its number
  bool winding_down = false;              ///< no further batch is begun
  std::vector<caf::typed_response_promise<wound_down>>
      ending; ///< answered when all runs have ended
  batch_sync_actor::pointer self = nullptr;

  static inline const char* name = "batch_sync";
};

batch_sync_actor::behavior_type
batch_sync(batch_sync_actor::stateful_pointer<batch_sync_state> self, batch_sync_config config);

} // namespace spec_kitty
