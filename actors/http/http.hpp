// HTTP: one exchange per request. A thin shell around an http_client, whose thread only ever posts
// `http_finished` back. Should HTTP die with exchanges open, its state answers them.
#pragma once

#include "actors/http/client.hpp"
#include "messages/interfaces.hpp"

#include <map>

namespace spec_kitty {

struct http_config {
  http_client_factory make_client = [] { return load_http_client(); };
  std::string proxy = {}; ///< on the way to every server; empty: none
};

struct http_state {
  ~http_state();

  http_config config;
  std::map<std::uint64_t, caf::typed_response_promise<http_reply>> open;
  std::uint64_t last_id = 0;
  std::unique_ptr<http_client> client; ///< made at the first request

  static inline const char* name = "http";
};

http_actor::behavior_type http(http_actor::stateful_pointer<http_state> self, http_config config);

} // namespace spec_kitty
