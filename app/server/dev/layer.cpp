#include "app/server/dev/layer.hpp"

#include "app/server/dev/batch_faults.hpp"
#include "app/server/dev/socket_faults.hpp"
#include "messages/protocol.hpp"
#include "util/json.hpp"
#include "util/text.hpp"

#include <memory>
#include <optional>
#include <utility>
#include <variant>

namespace spec_kitty::server::dev {

namespace {

constexpr int misdirected = 421; // RFC 9110, 15.5.20
constexpr int ok_status = 200;

std::optional<listener::outbound_reply> refuse_host(const listener::inbound_request& request) {
  const std::string_view host = request.header("host");
  if (host.empty() || is_this_machine(host))
    return std::nullopt;
  return listener::error_reply(misdirected, "host",
                               "this server answers to 127.0.0.1 and localhost alone", request.id);
}

using request_handler = std::function<void(listener::inbound_request, listener::reply_callback)>;

/// A batch of which nothing was passed on is answered as its sender deserves: who may not ask for
/// the clock may not send either.
void answer_held(const request_handler& server, listener::inbound_request request,
                 const std::shared_ptr<const split_batch>& batch, listener::reply_callback reply) {
  request.method = "GET";
  request.path = protocol::clock_path;
  request.body.clear();
  request.content_encoding.clear();
  server(std::move(request),
         listener::reply_callback([batch, reply](listener::outbound_reply answer) {
           const auto clock = parse_json(answer.body);
           if (answer.status == ok_status && clock)
             answer.body = reply_to_held(
                 *batch,
                 static_cast<std::uint64_t>(whole_number_of(*clock, "lamport_clock").value_or(0)));
           reply(std::move(answer));
         }));
}

void take_batch(const std::shared_ptr<fault_play>& play, const request_handler& server,
                listener::inbound_request request, listener::reply_callback reply) {
  auto read = split(request, play->events);
  if (!read)
    return server(std::move(request), std::move(reply));
  const auto batch = std::make_shared<const split_batch>(std::move(*read));
  if (batch->holds_all())
    return answer_held(server, std::move(request), batch, std::move(reply));
  if (batch->holds_any()) {
    request.body = batch->body();
    request.content_encoding.clear();
  }
  server(std::move(request),
         listener::reply_callback([play, batch, reply](listener::outbound_reply answer) {
           if (answer.status == ok_status) {
             play->kept.note(kept_lines(*batch, answer.body));
             if (auto whole = joined(*batch, answer.body))
               answer.body = std::move(*whole);
           }
           reply(std::move(answer));
         }));
}

void take_upgrade(
    const std::shared_ptr<fault_play>& play,
    const std::function<void(listener::inbound_request, listener::upgrade_callback)>& server,
    listener::inbound_request request, const listener::upgrade_callback& answer) {
  auto refused = refuse_host(request);
  if (!refused && play->rules.refuse_status != 0)
    refused = listener::error_reply(play->rules.refuse_status, "refused", "the upgrade is refused",
                                    request.id);
  if (refused) {
    answer(std::move(*refused));
    return;
  }
  server(std::move(request),
         listener::upgrade_callback([play, answer](listener::upgrade_answer given) {
           if (auto* events = std::get_if<listener::websocket_events>(&given))
             given = with_faults(std::move(*events), play);
           answer(std::move(given));
         }));
}

} // namespace

bool is_this_machine(std::string_view host) {
  const auto colon = host.rfind(':');
  if (colon != std::string_view::npos &&
      host.find_first_not_of("0123456789", colon + 1) == std::string_view::npos)
    host = host.substr(0, colon);
  return host == "127.0.0.1" || host == "[::1]" || lower_case(host) == "localhost";
}

listener::listener_handlers with_layer(listener::listener_handlers server, fault_rules rules,
                                       activity_log log) {
  const auto play = std::make_shared<fault_play>(std::move(rules), std::move(log));
  listener::listener_handlers layered = server;
  layered.on_head = [inner = server.on_head](const listener::inbound_request& request) {
    if (auto refused = refuse_host(request)) {
      listener::head_decision decided;
      decided.refusal = std::move(*refused);
      return decided;
    }
    return inner ? inner(request) : listener::head_decision{};
  };
  if (play->rules.looks_at_events())
    layered.on_request = [play, inner = server.on_request](listener::inbound_request request,
                                                           listener::reply_callback reply) {
      if (request.path == protocol::batch_path && request.method == "POST")
        take_batch(play, inner, std::move(request), std::move(reply));
      else
        inner(std::move(request), std::move(reply));
    };
  layered.on_upgrade = [play, inner = server.on_upgrade](listener::inbound_request request,
                                                         listener::upgrade_callback answer) {
    take_upgrade(play, inner, std::move(request), answer);
  };
  return layered;
}

} // namespace spec_kitty::server::dev
