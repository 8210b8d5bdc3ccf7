// ROUTER: every request from the network, checked in one place for path, method, protocol, caller,
// role, team and rate, and passed on to what answers it.
#pragma once

#include "app/server/actors/account_rates.hpp"
#include "app/server/actors/context.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>

namespace spec_kitty::server {

class pages;

struct router_state {
  static inline const char* name = "router";

  void handle(const http_call& asked);
  void handle(const upgrade_call& asked);

  /// Calls `then` with the caller, or refuses the request.
  void with_caller(const http_call& asked, std::function<void(const caller_ptr&)> then);
  /// The refusal of a caller that may not do this, or does too much.
  std::optional<listener::outbound_reply> judge(const caller& of, action wanted,
                                                const listener::inbound_request& request);
  void answer(const http_call& asked, const route& to);
  void answer_as(const http_call& asked, const route& to, const caller_ptr& of);
  void offer(const http_call& asked);
  void revoke(const http_call& asked);
  void send_to_sessions(call what, const http_call& asked, const caller_ptr& of);
  void take_batch(const http_call& asked, const caller_ptr& of);
  void read_clock(const http_call& asked, const caller_ptr& of);
  void read_events(const http_call& asked, const caller_ptr& of);
  void show_readiness(const http_call& asked);
  void show_page(const http_call& asked);
  void show_board(const http_call& asked);

  context_ptr context;
  worker_actor page_thread;
  std::shared_ptr<pages> site;
  /// One copy for each page of a log that is held.
  std::shared_ptr<const void> page_holds = std::make_shared<char>();
  std::optional<account_rates> rates;
  router_actor::pointer self = nullptr;
};

router_actor::behavior_type router(router_actor::stateful_pointer<router_state> self,
                                   context_ptr context);

} // namespace spec_kitty::server
