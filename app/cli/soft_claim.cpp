#include "app/cli/soft_claim.hpp"

#include "actors/http/client.hpp"
#include "app/home/wiring.hpp"
#include "app/workflow/other_claim.hpp"
#include "util/version.hpp"

#include <algorithm>
#include <chrono>
#include <future>
#include <memory>

namespace spec_kitty {

namespace {

using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

constexpr auto patience = 1s; ///< for all of it
constexpr std::uint64_t max_looked_at = 1000;
constexpr std::size_t max_reply = std::size_t{2} << 20;
constexpr std::int64_t min_token_life_s = 5;

/// Asks for events; nothing where no whole answer came in time.
class events_reader {
public:
  events_reader(const server_url& server, std::string access, std::string ca_file)
      : server_(server), access_(std::move(access)), ca_file_(std::move(ca_file)) {}

  std::optional<json_document> ask(const std::string& query) {
    if (!client_) {
      auto loaded = load_http_client();
      if (!loaded)
        return std::nullopt;
      client_ = std::move(*loaded);
    }
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until_ - steady::now());
    if (left <= 0ms)
      return std::nullopt;
    http_request request;
    request.method = "GET";
    request.url = server_.at("/api/v1/events/") + query;
    request.headers = {"User-Agent: spec-kitty/" + std::string(version),
                       "Authorization: Bearer " + access_};
    request.ca_file = ca_file_;
    request.timeout = left;
    request.max_reply_bytes = max_reply;
    const auto answer = std::make_shared<std::promise<http_reply>>();
    auto reply = answer->get_future();
    client_->start(std::move(request),
                   [answer](http_reply done) { answer->set_value(std::move(done)); });
    if (reply.wait_for(left) != std::future_status::ready)
      return std::nullopt;
    const auto got = reply.get();
    auto parsed = parse_json(got.body);
    if (got.outcome != http_outcome::answered || got.status != 200 || !parsed ||
        !parsed->IsObject())
      return std::nullopt;
    return std::move(*parsed);
  }

private:
  server_url server_;
  std::string access_;
  std::string ca_file_;
  steady::time_point until_ = steady::now() + patience;
  std::unique_ptr<http_client> client_;
};

/// The newest events of the team. A server that names its head is asked for what lies before it;
/// one that does not has given all it has.
std::optional<json_document> newest_events(events_reader& reader) {
  auto first = reader.ask("?after=0&limit=1");
  if (!first)
    return std::nullopt;
  const auto log = text_of(*first, "log");
  const auto head = whole_number_of(*first, "head");
  const bool is_plain =
      log && std::all_of(log->begin(), log->end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
      });
  if (!is_plain || !head || *head < 0)
    return first;
  const auto newest = static_cast<std::uint64_t>(*head);
  return reader.ask("?log=" + *log +
                    "&after=" + std::to_string(newest - std::min(newest, max_looked_at)) +
                    "&limit=" + std::to_string(max_looked_at));
}

} // namespace

void warn_of_other_claim(context& ctx, const std::string& feature_slug, const std::string& wp) {
  if (ctx.no_home)
    return;
  const auto server = configured_server(ctx.config);
  const auto session = read_credentials(ctx.home.path);
  const auto now = wall_clock_now();
  if (!server || !session || !*session || (*session)->server != server->origin() ||
      (*session)->access_expires_at < now / 1'000'000 + min_token_life_s)
    return;
  const auto store = ctx.open_for_reading();
  const std::string node = store && *store ? (*store)->node_id() : "";
  events_reader reader(*server, (*session)->access, ctx.config.text("tls.ca_file"));
  const auto events = newest_events(reader);
  if (!events)
    return;
  if (const auto claim = workflow::last_other_claim(*events, feature_slug, wp, node))
    ctx.out.warn(workflow::claim_words(*claim, wp, now) + "; --force to take it over");
}

} // namespace spec_kitty
