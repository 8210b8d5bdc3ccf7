#include "app/board/local/retry.hpp"

#include "app/home/doorbell.hpp"
#include "app/home/local_system.hpp"

namespace spec_kitty::board {

using listener::error_reply;
using listener::outbound_reply;

std::string dead_letter_in(std::string_view path) {
  constexpr std::string_view before = "/board/dead/";
  constexpr std::string_view behind = "/retry";
  if (!path.starts_with(before) || !path.ends_with(behind) ||
      path.size() != before.size() + event_id_text::max_size + behind.size())
    return {};
  return std::string(path.substr(before.size(), event_id_text::max_size));
}

outbound_reply retry_dead_letter(const std::optional<home_view>& home, const std::string& event_id,
                                 const std::string& request_id) {
  const auto not_dead = [&] {
    return error_reply(404, "not_found", event_id + " is not a dead letter", request_id);
  };
  if (!home || !home->may_have_store())
    return not_dead();
  local_system local(home->store_settings(), 0);
  dead_request request;
  request.event_ids = {event_id};
  const auto done = local.ask<dead_done>(local.queue_handle(), local.patience(), request);
  local.close();
  if (!done)
    return error_reply(503, to_string(done.error().code), done.error().message, request_id);
  if (!done->unknown.empty())
    return not_dead();
  (void)notify_daemon_with_timeout(home->home.path, wakeup_reason::events); // none may be running
  outbound_reply reply;
  reply.body = R"({"v":1,"event_id":")" + event_id + R"(","state":"queued"})";
  return reply;
}

} // namespace spec_kitty::board
