// A WEBSOCKET's way to its upgrade: this home's node id, the session's token, the token of the
// connection, then LINK.
#include "actors/http/kept_offer.hpp"
#include "actors/http/offer_reply.hpp"
#include "actors/websocket/handshake.hpp"
#include "actors/websocket/websocket.hpp"

#include <caf/send.hpp>

namespace spec_kitty {

namespace {

constexpr std::chrono::seconds grace{5}; ///< on top of a request's own time limit
constexpr const char* resume_capability = "resume";
/// What may wait to be merged, at most ten times a second.
constexpr std::size_t resume_unread_bytes = std::size_t{4} << 20;
constexpr auto node_patience = caf::infinite; ///< QUEUE bounds its own wait

} // namespace

void websocket_state::ask_node() {
  self->request(config.queue, node_patience, due_request{})
      .then(
          [this](due_count& home) {
            node_id = std::move(home.node_id);
            look_up_offer();
          },
          [this](const caf::error& error) { end(to_failure(error)); });
}

void websocket_state::look_up_offer() {
  if (config.home.empty())
    return ask_token({});
  const auto kept = read_kept_offer(config.home, config.server.origin());
  resumes = kept.offer.offers(resume_capability);
  if (!kept.is_due(config.wall()))
    return ask_token({});
  self->request(config.http, config.timeout + grace,
                offer_question(config.server, config.ca_file, config.timeout))
      .then(
          [this, kept](const http_reply& reply) {
            const auto now_kept = after_reply(kept, reply, config.wall());
            keep_offer(config.home, now_kept);
            resumes = now_kept.offer.offers(resume_capability);
            ask_token({});
          },
          [this](const caf::error&) { ask_token({}); });
}

void websocket_state::ask_token(const std::string& failed_access) {
  self->request(config.auth, 3 * config.timeout + grace, token_request{failed_access})
      .then(
          [this](access_token& fresh) {
            token = std::move(fresh);
            if (token.team_slug.empty())
              return end({ec::login_required, "the server did not name the team of this account",
                          "ask the server's operator, then run: spec-kitty auth login"});
            ask_ws_token();
          },
          [this](const caf::error& error) { end(to_failure(error)); });
}

void websocket_state::ask_ws_token() {
  self->request(config.http, config.timeout + grace,
                ws_token_request(config.server, config.ca_file, config.timeout, token.access))
      .then([this](const http_reply& reply) { on_ws_token(reply); },
            [this](const caf::error& error) { end(to_failure(error)); });
}

void websocket_state::on_ws_token(const http_reply& reply) {
  if (over)
    return;
  const auto read = read_ws_token(reply);
  if (read)
    return open_connection(*read);
  if (read.error().code == ec::login_required)
    return on_token_refused(read.error());
  end(read.error());
}

void websocket_state::on_token_refused(const failure& why) {
  if (refreshed)
    return end(why);
  refreshed = true;
  ask_token(token.access);
}

void websocket_state::open_connection(const std::string& ws_token) {
  const auto post = [me = websocket_actor(self)](auto message) {
    caf::anon_send(me, std::move(message));
  };
  link_handlers handlers;
  handlers.opened = [post] { post(link_opened{}); };
  handlers.texts = [post](std::vector<std::string> texts) { post(link_texts{std::move(texts)}); };
  handlers.drained = [post] { post(link_drained{}); };
  handlers.ended = [post](link_ended how) { post(link_over{std::move(how)}); };
  link_request request = link_to(config.server, config.ca_file, config.proxy, ws_token);
  if (resumes) {
    request.extensions = resume_capability;
    request.max_unread_bytes = resume_unread_bytes;
  }
  auto opened = config.open(std::move(request), std::move(handlers));
  if (!opened)
    return end(opened.error());
  link = std::move(*opened);
}

void websocket_state::on_end(const link_ended& how) {
  link.reset();
  if (over)
    return leave();
  if (how.how == link_end::refused && how.http_status == 401 && how.json)
    return on_token_refused({ec::login_required, "the server does not accept the WebSocket's token",
                             "run: spec-kitty auth login"});
  end(link_failure(how));
}

} // namespace spec_kitty
