// Resuming a team's log: what this home has heard, reported to the server; from where the server
// continues, reported to QUEUE; then everything from there on.
#include "actors/websocket/websocket.hpp"

#include <utility>

namespace spec_kitty {

namespace {

constexpr std::chrono::seconds page_grace{5};  ///< on top of a request's own time limit
constexpr auto queue_patience = caf::infinite; ///< QUEUE bounds its own wait
/// A home that hears a log for the first time takes up at most so many events of before.
constexpr std::uint64_t first_history = 10'000;

} // namespace

log_name websocket_state::name_of(const std::string& id) const {
  return {config.server.origin(), token.team_slug, id};
}

void websocket_state::on_greeting(const ws_session::effects::log_news& greeting) {
  self->request(config.queue, queue_patience,
                cursor_request{config.server.origin(), token.team_slug})
      .then([this, greeting](cursor_found& known) { on_cursor(std::move(known), greeting); },
            [this](const caf::error& error) { end(to_failure(error)); });
}

void websocket_state::on_cursor(cursor_found known, const ws_session::effects::log_news& greeting) {
  if (over || !link)
    return;
  reported_reach = known.reach;
  if (!known.log.empty())
    return say_resume(greeting.log, std::move(known.known));
  quiet_through = greeting.head;
  if (greeting.head > first_history)
    return ask_first_place(greeting);
  say_resume(greeting.log, {});
}

void websocket_state::ask_first_place(const ws_session::effects::log_news& greeting) {
  const log_page_source at{config.server, config.ca_file, config.timeout};
  self->request(config.http, config.timeout + page_grace,
                log_page_question(at, token.access, greeting.log, greeting.head - first_history, 1))
      .then(
          [this, id = greeting.log](const http_reply& reply) {
            if (over || !link)
              return;
            const auto page = read_log_page(reply);
            if (!page)
              return end(page.error());
            std::vector<heard_place> places;
            for (const auto& event : page->events)
              if (const auto found = parse_json(event.json))
                if (const auto event_id = parse_ulid(text_of(*found, "event_id").value_or("")))
                  places.push_back({event.seq, *event_id});
            say_resume(id, std::move(places));
          },
          [this](const caf::error& error) { end(to_failure(error)); });
}

void websocket_state::say_resume(const std::string& id, std::vector<heard_place> known) {
  reported_places = std::move(known);
  link->send({resume_message(id, reported_places)});
}

void websocket_state::on_resumed(const ws_session::effects::log_news& news) {
  joining = true;
  log = std::make_shared<const log_name>(name_of(news.log));
  self->request(config.queue, queue_patience,
                join_request{*log, news.from, news.head, std::exchange(reported_places, {}),
                             reported_reach})
      .then([this, from = news.from](const join_done& done) { on_joined(done, from); },
            [this](const caf::error& error) { end(to_failure(error)); });
}

void websocket_state::on_joined(const join_done& done, std::uint64_t from) {
  if (over || !link || !session)
    return;
  joining = false;
  self->send(config.supervisor,
             log_joined{*log, std::max(from, quiet_through), done.former_log, done.lost});
  self->send(config.supervisor, link_up{token.username, token.team_slug});
  on_texts(std::exchange(held_texts, {}));
}

} // namespace spec_kitty
