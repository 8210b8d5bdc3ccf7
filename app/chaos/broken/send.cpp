#include "app/chaos/broken/broken.hpp"

#include "actors/batch_sync/batch.hpp"
#include "actors/http/client.hpp"
#include "actors/queue/process_mark.hpp"
#include "messages/protocol.hpp"
#include "util/gzip.hpp"
#include "util/url.hpp"

#include <future>
#include <iostream>

namespace spec_kitty::broken {

namespace {

constexpr std::chrono::seconds patience{20};

/// Sends and waits for the end, whatever it is.
void post(http_client& client, http_request request) {
  auto over = std::make_shared<std::promise<void>>();
  auto ended = over->get_future();
  client.start(std::move(request), [over](const http_reply&) { over->set_value(); });
  ended.wait_for(patience * 2);
}

} // namespace

result<void> send_batch(const home_view& view) {
  auto queue = store::open(view.store_settings(), open_mode::write);
  if (!queue)
    return queue.error();
  const auto session = read_credentials(view.home.path);
  const auto server = parse_server_url(view.config.text("sync.server_url"));
  if (!session || !*session || !server)
    return failure{ec::login_required, "nobody is logged in", {}};
  lease_request wanted;
  wanted.team_slug = (*session)->team_slug;
  wanted.ttl = std::chrono::milliseconds(60000);
  const auto grant = queue->lease(wanted, this_process(), wall_clock_now());
  if (!grant || grant->token == 0)
    return {};
  settle_request gone;
  gone.token = grant->token;
  for (const auto& event : grant->events)
    gone.verdicts.push_back({event.seq, event.event_id, event_outcome::delivered, {}, false});
  if (const auto settled = queue->settle(gone, wall_clock_now()); !settled)
    return settled.error();

  auto client = load_http_client();
  if (!client)
    return client.error();
  http_request request;
  request.method = "POST";
  request.url = server->origin() + std::string(protocol::batch_path);
  request.headers = {"Authorization: Bearer " + (*session)->access,
                     "Content-Type: application/json", "Content-Encoding: gzip",
                     "X-Team-Slug: " + wanted.team_slug,
                     "Idempotency-Key: " + grant->events.front().event_id.str()};
  request.body = gzip(join_batch(grant->events));
  request.timeout = patience;
  post(**client, std::move(request));
  return {};
}

} // namespace spec_kitty::broken
