// Calls of an engine that wait for their answer, and events to call it with.
#pragma once

#include "app/server/store/engine.hpp"
#include "app/server/store/leaf.hpp"

#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace spec_kitty::server::store::testing {

inline constexpr std::chrono::seconds answer_patience{20};

inline deadline soon() {
  return std::chrono::steady_clock::now() + answer_patience;
}

/// Calls `start(callback)` and waits for the callback; `timeout` where it does not come.
template <class T, class F>
result<T> await(F start) {
  const auto promised = std::make_shared<std::promise<result<T>>>();
  auto answer = promised->get_future();
  start([promised](result<T> value) {
    try {
      promised->set_value(std::move(value));
    } catch (const std::future_error&) { // a second answer: properties that count them see it
    }
  });
  if (answer.wait_for(answer_patience + std::chrono::seconds(5)) != std::future_status::ready)
    return failure{ec::timeout, "the engine never answered", {}};
  return answer.get();
}

/// The id with this number: rising, and as random as a test needs.
ulid id_of(std::uint64_t number);
/// A JSON event of about 500 bytes.
std::string text_of(std::uint64_t number);

/// An event of a test.
struct sample {
  std::uint64_t number = 0; ///< of its id
  std::string text;
  std::uint64_t lamport = 0; ///< 0: its number
};

std::vector<sample> samples(std::uint64_t first, std::size_t count);

/// A batch that owns its texts.
batch batch_of(team_id team, const std::vector<sample>& events, account_id account = 1,
               epoch_us received_at = 1'000'000);

result<committed> commit(engine& on, std::vector<batch> submission, deadline until = soon());
result<committed> commit(engine& on, team_id team, const std::vector<sample>& events);
result<page> read(engine& on, team_id team, sequence after, page_limits limits = {});
result<found_event> find(engine& on, team_id team, std::uint64_t number);
result<std::vector<team_head>> heads(engine& on, std::vector<team_id> teams);
result<check_report> check(engine& on);

/// Every event of a team's log, by pages; a failure where a page fails or the log does not move on.
result<std::vector<std::pair<sequence, std::string>>> whole_log(engine& on, team_id team);

/// A new team; 0 where that fails.
team_id new_team(engine& on, const std::string& slug);

change_note note_at(epoch_us at);

} // namespace spec_kitty::server::store::testing
