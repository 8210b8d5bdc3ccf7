// BOARDS: who asks, for which team, and what is answered. Source: docs/board-api.md.
#include "app/board/api/replies.hpp"
#include "app/server/actors/answers.hpp"
#include "app/server/actors/boards.hpp"
#include "app/server/pages/forms.hpp"

#include <algorithm>
#include <chrono>
#include <utility>
#include <variant>

namespace spec_kitty::server {

namespace {

using listener::error_reply;
using listener::inbound_request;
using listener::outbound_reply;

constexpr std::uint16_t too_many_code = 1013;
constexpr int ok_status = 200;
constexpr unsigned board_busy_seconds = 2;

outbound_reply not_signed_in(const inbound_request& request) {
  return error_reply(401, "not_signed_in", "sign in at /login first", request.id);
}

outbound_reply too_busy(const inbound_request& request) {
  return later_reply(503, "busy", "too many boards are looked at: try again", board_busy_seconds,
                     request);
}

void write_teams(json_writer& out, const browser_session& person) {
  key(out, "teams");
  out.StartArray();
  for (const auto& team : person.teams) {
    if (judge_permission(team.as, action::read_events, true) != permission::granted)
      continue;
    out.StartObject();
    field(out, "slug", team.slug);
    field(out, "name", team.name);
    field(out, "role", to_string(team.as));
    out.EndObject();
  }
  out.EndArray();
}

/// `GET /board/home`: where the page is, for whom, and which boards there are.
outbound_reply home_reply(const browser_session& person) {
  json_buffer buffer;
  json_writer out(buffer);
  out.StartObject();
  field(out, "v", std::uint64_t{1});
  field(out, "home", "team");
  field(out, "username", person.username);
  write_teams(out, person);
  out.EndObject();
  return json_reply(to_text(buffer));
}

/// The team that the word `team` names, the person's only one without it; or the refusal.
std::variant<browser_team, outbound_reply> team_of(const browser_session& person,
                                                   const inbound_request& request) {
  const auto named = form_field(request.query, "team");
  const browser_team* team = nullptr;
  if (named)
    team = person.team(*named);
  else if (person.teams.size() == 1)
    team = &person.teams.front();
  else if (!person.teams.empty())
    return refusal_reply(400, "team_needed",
                         "name one of your teams with team=SLUG; /board/home lists them", request);
  if (team == nullptr)
    return wrong_team(request);
  if (judge_permission(team->as, action::read_events, true) != permission::granted)
    return wrong_role(request);
  return *team;
}

/// The columns are made and compressed once for everybody who looks.
outbound_reply reply_of(shown_board& known, const inbound_request& request) {
  const bool is_packed = request.header("accept-encoding").find("gzip") != std::string_view::npos;
  if (request.path != "/board/transitions" || !is_packed)
    return spec_kitty::board::answer(known.board, request);
  const std::size_t count = known.board.log().size();
  if (known.columns_count == count)
    return known.columns;
  auto fresh = spec_kitty::board::answer(known.board, request);
  spec_kitty::board::compress(fresh, "gzip");
  if (fresh.status == ok_status) {
    known.columns = fresh;
    known.columns_count = count;
  }
  return fresh;
}

} // namespace

void boards_state::handle(const http_call& asked) {
  const inbound_request& request = *asked.request;
  const http_call safe{asked.request,
                       listener::reply_callback(
                           [reply = asked.reply, accepted = std::string(request.header(
                                                     "accept-encoding"))](outbound_reply answered) {
                             spec_kitty::board::add_safe_headers(answered);
                             spec_kitty::board::compress(answered, accepted);
                             reply(std::move(answered));
                           })};
  const std::string url = context->url.get();
  if (!has_own_host(request, url)) {
    safe.reply(refusal_reply(421, "wrong_host", "this server is at " + url, request));
    return;
  }
  if (!is_from_this_site(request, url)) {
    safe.reply(
        refusal_reply(403, "wrong_origin", "only the board's own page may ask this", request));
    return;
  }
  const auto person = sessions->find(request);
  if (!person)
    safe.reply(store_refusal(person.error(), request));
  else if (!*person)
    safe.reply(not_signed_in(request));
  else
    answer(safe, **person);
}

void boards_state::answer(const http_call& asked, const browser_session& person) {
  const inbound_request& request = *asked.request;
  context->notes.note_caller(request.id, person.username, "");
  if (auto refused = rates->take(person.account, request)) {
    asked.reply(std::move(*refused));
    return;
  }
  if (request.path == "/board/home") {
    asked.reply(home_reply(person));
    return;
  }
  auto team = team_of(person, request);
  if (auto* refused = std::get_if<outbound_reply>(&team)) {
    context->metrics.refused_permission.add();
    asked.reply(std::move(*refused));
    return;
  }
  const auto& of = std::get<browser_team>(team);
  context->notes.note_caller(request.id, person.username, of.slug);
  const bool is_taken =
      with_board(of.id, of.name.empty() ? of.slug : of.name,
                 [asked](shown_board& known) { asked.reply(reply_of(known, *asked.request)); });
  if (!is_taken)
    asked.reply(too_busy(request));
}

void boards_state::handle(const upgrade_call& asked) {
  const inbound_request& request = *asked.request;
  const std::string url = context->url.get();
  if (!has_own_host(request, url) || !may_open_by_cookie(request, url)) {
    asked.answer(
        refusal_reply(403, "wrong_origin", "only the board's own page may ask this", request));
    return;
  }
  const auto person = sessions->find(request);
  if (!person || !*person) {
    asked.answer(person ? not_signed_in(request) : store_refusal(person.error(), request));
    return;
  }
  auto team = team_of(**person, request);
  const auto asks = context->sessions.get();
  if (auto* refused = std::get_if<outbound_reply>(&team)) {
    asked.answer(std::move(*refused));
    return;
  }
  if (!asks) {
    asked.answer(too_busy(request));
    return;
  }
  const auto& of = std::get<browser_team>(team);
  self->request(asks, identify_patience, identify_browser{(*person)->id, (*person)->account, of.id})
      .then([this, asked, name = of.name.empty() ? of.slug : of.name](
                const caller_ptr& caller) { accept(asked, caller, name); },
            [asked](const caf::error&) { asked.answer(not_signed_in(*asked.request)); });
}

std::optional<outbound_reply> boards_state::judge(const caller& of,
                                                  const inbound_request& request) const {
  const auto& limits = context->options.limits;
  if (judge_permission(of.as, action::listen, true) != permission::granted)
    return wrong_role(request);
  if (streams.size() >= limits.sockets)
    return later_reply(503, "sockets", "too many WebSockets are open", board_busy_seconds, request);
  const auto own = std::count_if(streams.begin(), streams.end(), [&](const auto& stream) {
    return stream->owner->account == of.account;
  });
  if (static_cast<std::size_t>(own) >= limits.account_sockets)
    return later_reply(429, "account_sockets", "this account has too many open WebSockets",
                       board_busy_seconds, request);
  return std::nullopt;
}

void boards_state::accept(const upgrade_call& asked, const caller_ptr& of,
                          const std::string& team_name) {
  context->notes.note_caller(asked.request->id, of->username, of->team_slug);
  if (auto refused = judge(*of, *asked.request)) {
    asked.answer(std::move(*refused));
    return;
  }
  const auto stream = std::make_shared<team_stream>();
  stream->owner = of;
  asked.answer(events_of(stream, team_name));
}

listener::websocket_events boards_state::events_of(const std::shared_ptr<team_stream>& stream,
                                                   const std::string& team_name) {
  const boards_actor handle(self);
  const auto post = [handle](std::function<void()> work) {
    caf::anon_send(handle, job{std::move(work)});
  };
  listener::websocket_events events;
  events.on_open = [this, post, stream,
                    team_name](std::shared_ptr<listener::websocket_channel> channel) {
    post([this, stream, team_name, channel = std::move(channel)] {
      stream->channel = channel;
      stream->since = context->steady();
      streams.insert(stream);
      const bool is_taken =
          with_board(stream->owner->team, team_name, [this, stream](shown_board& known) {
            if (streams.contains(stream)) // it may have ended meanwhile
              known.streams.open(stream);
          });
      if (!is_taken)
        channel->close(too_many_code, "too many boards are looked at");
    });
  };
  events.on_message = [this, post, stream, team_name](listener::websocket_message message) {
    post([this, stream, team_name, message = std::move(message)] {
      (void)with_board(stream->owner->team, team_name,
                       [stream, text = message.text](shown_board& known) {
                         known.streams.heard(stream, text, known.board);
                       });
    });
  };
  events.on_closed = [this, post, stream](const listener::websocket_end&) {
    post([this, stream] {
      streams.erase(stream);
      if (const auto known = boards.find(stream->owner->team); known != boards.end()) {
        known->second->streams.closed(stream);
        known->second->used = context->steady();
      }
    });
  };
  return events;
}

} // namespace spec_kitty::server
