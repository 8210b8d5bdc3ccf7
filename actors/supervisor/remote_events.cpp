// What others did, as the connection brings it: merged, then published. And pages of the team's
// log, for readers that want what was before.
#include "actors/supervisor/supervisor.hpp"

#include <utility>

namespace spec_kitty {

namespace {

using namespace std::chrono_literals;

constexpr auto merge_patience = 10min; ///< QUEUE's own wait for the store is shorter by far
constexpr auto token_patience = 10min; ///< AUTH bounds its own wait
constexpr auto reply_grace = 5s;       ///< on top of a request's own time limit

} // namespace

void supervisor_state::on_remote_heard(remote_heard& heard) {
  clock_seen = std::max(clock_seen, heard.clock);
  remote.hear(std::move(heard));
  merge_heard();
}

void supervisor_state::on_log_joined(log_joined& where) {
  remote.join(std::move(where));
  merge_heard();
}

void supervisor_state::merge_heard() {
  for (const auto& what : remote.take_ready())
    publish(what);
  auto burst = remote.begin(steady());
  if (!burst) {
    const auto at = remote.next_at();
    if (at && !std::exchange(merges_later, true))
      self->delayed_send(self, std::max<std::chrono::milliseconds>(*at - steady(), 1ms),
                         merge_tick{});
    return;
  }
  const auto merged = [this](clock_value) { on_merged(); };
  const auto failed = [this](const caf::error& error) {
    publish(remark{to_failure(error).message});
    on_merged();
  };
  if (burst->log)
    self->request(config.queue, merge_patience, std::move(*burst)).then(merged, failed);
  else
    self->request(config.clock, merge_patience, clock_received{burst->clock}).then(merged, failed);
}

void supervisor_state::on_merged() {
  const std::size_t bytes = remote.merged();
  if (bytes > 0 && websocket)
    self->send(websocket, heard_taken{bytes});
  merge_heard();
}

void supervisor_state::give_page(std::uint64_t reader, result<log_page> page) {
  if (!page)
    return publish(log_page_read{reader, std::move(page)});
  self->request(config.queue, merge_patience, due_request{})
      .then(
          [this, reader, page = std::move(page)](const due_count& home) mutable {
            std::erase_if(page->events,
                          [&](const log_event& event) { return event.node_id == home.node_id; });
            publish(log_page_read{reader, std::move(page)});
          },
          [this, reader](const caf::error& error) {
            publish(log_page_read{reader, to_failure(error)});
          });
}

void supervisor_state::ask_log_page(const log_page_request& asked,
                                    const std::string& failed_access) {
  const auto give = [this, reader = asked.reader](result<log_page> page) {
    give_page(reader, std::move(page));
  };
  if (stopping || !now.http || !now.auth || !config.log_page_question || !config.read_log_page)
    return give(failure{ec::transport, "the part that talks to the server is not running", {}});
  const auto give_error = [give](const caf::error& error) { give(to_failure(error)); };
  self->request(now.auth, token_patience, token_request{failed_access})
      .then(
          [this, asked, give, give_error,
           last_try = !failed_access.empty()](const access_token& of) {
            http_request question = config.log_page_question(of.access, asked);
            const auto patience = question.timeout + reply_grace;
            self->request(now.http, patience, std::move(question))
                .then(
                    [this, asked, give, last_try, access = of.access](const http_reply& reply) {
                      auto page = config.read_log_page(reply);
                      if (!page && page.error().code == ec::login_required && !last_try)
                        return ask_log_page(asked, access);
                      give(std::move(page));
                    },
                    give_error);
          },
          give_error);
}

} // namespace spec_kitty
