// Lies about tokens and clocks, and at the door of the WebSocket.
//
// To be asked for a refresh, the server first refuses a batch with 401; to be asked for its clock,
// it calls a batch's events behind.
#include "app/chaos/proxy/lies.hpp"

#include "messages/protocol.hpp"
#include "util/json.hpp"

#include <algorithm>
#include <memory>

namespace spec_kitty::chaos {

namespace {

constexpr std::string_view html_page = "<html><body>Please log in to the network.</body></html>";

/// A reply to a refresh, after a batch was refused with 401.
fault_list to_refresh(exchange_fault refresh_reply) {
  refresh_reply.path = protocol::refresh_path;
  return {std::move(refresh_reply), always(protocol::batch_path, reply_text(401, "{}"), 1)};
}

fault_list refresh_says(std::string reply) {
  return to_refresh(always(protocol::refresh_path, std::move(reply), 1));
}

/// The server's own access token, with other fields beside it.
fault_list refresh_with(std::string fields) {
  exchange_fault out;
  out.change = [fields = std::move(fields)](const exchange&, const http_text& reply) {
    const auto body = parse_json(reply.body);
    const auto access = body && body->IsObject() ? text_of(*body, "access") : std::nullopt;
    if (!access)
      return reply.raw;
    return reply_text(200, R"({"access":")" + *access + "\"" + fields + "}");
  };
  return to_refresh(std::move(out));
}

/// All events of one batch are behind; then the clock is asked for. `clock` makes its reply from a
/// value that is ahead of them all.
template <class Clock>
fault_list clock_behind_faults(Clock clock) {
  const auto bound = std::make_shared<std::uint64_t>(0);
  exchange_fault asked_for;
  asked_for.path = protocol::clock_path;
  asked_for.instead = [bound, clock](const exchange&) { return std::optional(clock(*bound)); };
  exchange_fault refusal;
  refusal.path = protocol::batch_path;
  refusal.instead = [bound](const exchange& asked) {
    std::string list;
    for (const auto& event : asked.events) {
      *bound = std::max(*bound, event.lamport_clock + 50);
      list += (list.empty() ? "" : ",") + (R"({"event_id":")" + event.event_id) +
              R"(","status":"error","error_code":"clock_behind"})";
    }
    return std::optional(reply_text(200, R"({"results":[)" + list + R"(],"server_clock":)" +
                                             std::to_string(*bound) + "}"));
  };
  return {std::move(asked_for), std::move(refusal)};
}

fault_list clock_says(std::string json) {
  return clock_behind_faults([json = std::move(json)](std::uint64_t) {
    return reply_text(200, R"({"lamport_clock":)" + json + "}");
  });
}

fault_list ws_token(std::string reply, unsigned times = 1) {
  return {always(protocol::ws_token_path, std::move(reply), times)};
}

/// The server's own tokens to a login, with other fields beside them.
fault_list login_with(std::string fields) {
  exchange_fault out;
  out.path = protocol::token_path;
  out.change = [fields = std::move(fields)](const exchange&, const http_text& reply) {
    const auto body = parse_json(reply.body);
    const bool granted = body && body->IsObject();
    const auto access = granted ? text_of(*body, "access") : std::nullopt;
    const auto refresh = granted ? text_of(*body, "refresh") : std::nullopt;
    if (!access || !refresh)
      return reply.raw;
    return reply_text(200, R"({"access":")" + *access + R"(","refresh":")" + *refresh + "\"" +
                               fields + "}");
  };
  return {out};
}

fault_list login_says(std::string reply) {
  return {always(protocol::token_path, std::move(reply), 1)};
}

fault_list door(std::string reply) {
  return {always(protocol::ws_path, std::move(reply), 1)};
}

} // namespace

std::span<const lie> refresh_lies() {
  static constexpr lie all[] = {
      {"refresh without a new refresh token", 0, [](std::uint64_t) { return refresh_with(""); }},
      {"lifetimes in text", 0,
       [](std::uint64_t) {
         return refresh_with(R"(,"access_lifetime":"900","refresh_lifetime":"604800")");
       }},
      {"lifetimes by their other names", 0,
       [](std::uint64_t) {
         return refresh_with(R"(,"expires_in":900,"refresh_expires_in":"604800")");
       }},
      {"lifetimes of 0", 0,
       [](std::uint64_t) { return refresh_with(R"(,"access_lifetime":0,"refresh_lifetime":0)"); }},
      {"negative lifetimes", 0,
       [](std::uint64_t) {
         return refresh_with(R"(,"access_lifetime":-9,"refresh_lifetime":"-9")");
       }},
      {"endless lifetimes", 0,
       [](std::uint64_t) {
         return refresh_with(R"(,"access_lifetime":1e300,"expires_in":9223372036854775807)");
       }},
      {"lifetimes in words", 0,
       [](std::uint64_t) {
         return refresh_with(R"(,"access_lifetime":"soon","refresh_lifetime":null)");
       }},
      {"a lifetime of one second", 0,
       [](std::uint64_t) { return refresh_with(R"(,"expires_in":"1")"); }},
      {"500 to a refresh", 0, [](std::uint64_t) { return refresh_says(reply_text(500, "{}")); }},
      {"400 to a refresh", 0, [](std::uint64_t) { return refresh_says(reply_text(400, "{}")); }},
      {"HTML to a refresh", 0,
       [](std::uint64_t) { return refresh_says(reply_text(200, html_page, "text/html")); }},
      {"302 to a refresh", 0,
       [](std::uint64_t) {
         return refresh_says(
             reply_text(302, "", "", {{"Location", "http://127.0.0.1:9/elsewhere/"}}));
       }},
      {"no tokens to a refresh", 0,
       [](std::uint64_t) { return refresh_says(reply_text(200, "{}")); }},
      {"a line break in a token", 0,
       [](std::uint64_t) {
         return refresh_says(reply_text(200, R"({"access":"a\r\nX-Evil: 1","refresh":"b"})"));
       }},
      {"401 to a refresh", needs_login_after,
       [](std::uint64_t) { return refresh_says(reply_text(401, "{}")); }},
      {"401 to a refresh that was done", needs_login_after,
       [](std::uint64_t) {
         exchange_fault out;
         out.change = [](const exchange&, const http_text&) { return reply_text(401, "{}"); };
         return to_refresh(std::move(out));
       }},
  };
  return all;
}

std::span<const lie> clock_behind_lies() {
  static constexpr lie all[] = {
      {"clock_behind", 0,
       [](std::uint64_t) {
         return clock_behind_faults([](std::uint64_t bound) {
           return reply_text(200, R"({"lamport_clock":)" + std::to_string(bound) + "}");
         });
       }},
      {"clock_behind and no clock path", 0,
       [](std::uint64_t) {
         return clock_behind_faults(
             [](std::uint64_t) { return reply_text(404, html_page, "text/html"); });
       }},
      {"clock_behind and a clock of HTML", 0,
       [](std::uint64_t) {
         return clock_behind_faults(
             [](std::uint64_t) { return reply_text(200, html_page, "text/html"); });
       }},
      {"clock_behind and a clock of 500", 0,
       [](std::uint64_t) {
         return clock_behind_faults([](std::uint64_t) { return reply_text(500, "{}"); });
       }},
      {"clock_behind and a clock of 2^53", 0,
       [](std::uint64_t) { return clock_says("9007199254740992"); }},
      {"clock_behind and a clock just below 2^53", 0,
       [](std::uint64_t) { return clock_says("9007199254740990"); }},
      {"clock_behind and a negative clock", 0, [](std::uint64_t) { return clock_says("-1"); }},
      {"clock_behind and a clock in words", 0, [](std::uint64_t) { return clock_says("\"500\""); }},
      {"clock_behind and a clock behind", 0, [](std::uint64_t) { return clock_says("1"); }},
  };
  return all;
}

std::span<const lie> websocket_lies() {
  static constexpr lie all[] = {
      {"401 to a ws-token once", needs_websocket,
       [](std::uint64_t) { return ws_token(reply_text(401, "{}")); }},
      {"401 to a ws-token for ever", needs_websocket,
       [](std::uint64_t) { return ws_token(reply_text(401, "{}"), 0); }},
      {"404 to a ws-token", needs_websocket,
       [](std::uint64_t) { return ws_token(reply_text(404, html_page, "text/html")); }},
      {"a ws-token with a line break", needs_websocket,
       [](std::uint64_t) { return ws_token(reply_text(200, R"({"ws_token":"a\r\nX-Evil: 1"})")); }},
      {"401 to the WebSocket", needs_websocket,
       [](std::uint64_t) { return door(reply_text(401, "")); }},
      {"302 to the WebSocket", needs_websocket,
       [](std::uint64_t) {
         return door(reply_text(302, "", "", {{"Location", "http://127.0.0.1:9/elsewhere/"}}));
       }},
  };
  return all;
}

std::span<const lie> login_lies() {
  static constexpr lie all[] = {
      {"a login without a team", needs_login, [](std::uint64_t) { return login_with(""); }},
      {"a login with lifetimes in text", needs_login,
       [](std::uint64_t) {
         return login_with(R"(,"expires_in":"900","refresh_expires_in":"604800")");
       }},
      {"a login with a team of 300 bytes", needs_login,
       [](std::uint64_t) {
         return login_with(R"(,"team_slug":")" + std::string(300, 'x') + "\"");
       }},
      {"HTML to a login", needs_login,
       [](std::uint64_t) { return login_says(reply_text(200, html_page, "text/html")); }},
      {"500 to a login", needs_login,
       [](std::uint64_t) { return login_says(reply_text(500, "{}")); }},
      {"401 to a login", needs_login,
       [](std::uint64_t) { return login_says(reply_text(401, "{}")); }},
  };
  return all;
}

std::vector<lie> all_lies() {
  std::vector<lie> out;
  for (const auto& part :
       {transport_lies(), result_list_lies(), result_status_lies(), nothing_kept_lies(),
        result_text_lies(), server_clock_lies(), named_refusal_lies(), unnamed_refusal_lies(),
        refresh_lies(), clock_behind_lies(), websocket_lies(), login_lies()})
    out.insert(out.end(), part.begin(), part.end());
  return out;
}

std::optional<lie> find_lie(std::string_view name) {
  for (const auto& lie : all_lies())
    if (lie.name == name)
      return lie;
  return std::nullopt;
}

} // namespace spec_kitty::chaos
