#include "tests/actors/fixture.hpp"

#include "actors/http/kept_offer.hpp"

#include "util/gzip.hpp"
#include "util/json.hpp"

namespace spec_kitty::actor_test {

namespace {

/// Notes what is asked, and answers what is open when it is destroyed, as the real one does.
class noting_client final : public http_client {
public:
  explicit noting_client(std::shared_ptr<network> onto) : onto_(std::move(onto)) {
    ++onto_->clients;
  }
  ~noting_client() override {
    auto open = std::move(onto_->open);
    onto_->open.clear();
    for (auto& pending : open)
      pending.completed(not_answered(http_outcome::cancelled));
  }
  void start(http_request request, completion completed) override {
    onto_->requests.push_back(request);
    onto_->open.push_back({std::move(request), std::move(completed)});
  }

private:
  std::shared_ptr<network> onto_;
};

} // namespace

http_reply answered(int status, std::string body, std::string type) {
  http_reply reply;
  reply.outcome = http_outcome::answered;
  reply.status = status;
  reply.body = std::move(body);
  reply.content_type = std::move(type);
  return reply;
}

http_reply not_answered(http_outcome how) {
  http_reply reply;
  reply.outcome = how;
  return reply;
}

http_reply results_for(const http_request& batch, std::string_view status,
                       const std::string& more) {
  const auto text = gunzip(batch.body, 1 << 24);
  const auto body = text ? parse_json(*text) : result<json_document>(text.error());
  EXPECT_TRUE(body) << "the batch is not gzip of JSON";
  std::string list;
  if (body)
    for (const auto& event : (*body)["events"].GetArray())
      list += (list.empty() ? "" : ",") + ("{\"event_id\":\"" + *text_of(event, "event_id") +
                                           "\",\"status\":\"" + std::string(status) + "\"}");
  return answered(200, "{\"results\":[" + list + "]" + more + "}");
}

http_reply tokens(const std::string& access, const std::string& refresh, const std::string& team) {
  return answered(200, R"({"access":")" + access + R"(","refresh":")" + refresh +
                           R"(","team_slug":")" + team + "\"}");
}

std::string header_of(const http_request& request, std::string_view name) {
  for (const auto& header : request.headers)
    if (header.starts_with(std::string(name) + ": "))
      return header.substr(name.size() + 2);
  return {};
}

ActorTest::ActorTest()
    : system_(config_),
      scheduler_(dynamic_cast<caf::scheduler::test_coordinator&>(system_.scheduler())) {}

ActorTest::~ActorTest() {
  for (const auto& end : ends_)
    end();
  ends_.clear();
  scheduler_.run();
  scheduler_.trigger_timeouts();
  scheduler_.run();
}

void ActorTest::pass(std::chrono::milliseconds time, std::chrono::milliseconds step) {
  for (run(); time > 0ms; time -= step) {
    const auto part = std::min(step, time);
    now_ += part.count() * 1000;
    steady_ += part.count() * 1000;
    scheduler_.advance_time(part);
    run();
  }
}

store_options ActorTest::store_settings() const {
  store_options options;
  options.home = home_;
  options.seed = [] { return node_seed{"host", "ann", false}; };
  options.max_bytes = 1 << 22;
  return options;
}

http_actor ActorTest::start_http() {
  return start(http, http_config{[onto = network_] {
                 return result<std::unique_ptr<http_client>>(std::make_unique<noting_client>(onto));
               }});
}

auth_actor ActorTest::start_auth(const http_actor& http, const queue_actor& queue,
                                 const std::string& server) {
  return start(auth,
               auth_config{home_, *parse_server_url(server), {}, 2s, http, queue, clock_now()});
}

event_draft ActorTest::draft(const std::string& team, const std::string& note) {
  event_draft fresh;
  fresh.event_type = "WPStatusChanged";
  fresh.aggregate_id = "WP01";
  fresh.aggregate_type = "WorkPackage";
  fresh.payload = R"({"wp_id":"WP01","previous_status":"planned","new_status":")" + note + "\"}";
  fresh.timestamp = "2026-02-03T04:05:06.000007Z";
  fresh.team_slug = team;
  return fresh;
}

std::vector<append_receipt> ActorTest::append(const queue_actor& queue, std::size_t count,
                                              const std::string& team) {
  std::vector<outcome<append_receipt>> open;
  for (std::size_t i = 0; i < count; ++i)
    open.push_back(ask<append_receipt>(queue, append_request{draft(team)}));
  run();
  std::vector<append_receipt> receipts;
  for (const auto& pending : open) {
    EXPECT_TRUE(pending.ok()) << pending.message();
    if (pending.ok())
      receipts.push_back(*pending);
  }
  return receipts;
}

queue_stats ActorTest::stats() const {
  auto opened = store::open(store_settings(), open_mode::read);
  EXPECT_TRUE(opened) << (opened ? "" : opened.error().message);
  if (!opened)
    return {};
  auto found = opened->stats();
  EXPECT_TRUE(found);
  return found ? *found : queue_stats{};
}

void ActorTest::log_in_as(const std::string& access, const std::string& refresh,
                          const std::string& server) const {
  const std::int64_t seconds = now_ / 1'000'000;
  const credentials fresh{access, refresh,  seconds + 900, seconds + 604'800,
                          "ann",  "team-a", server};
  EXPECT_TRUE(update_credentials(home_, [&](const auto&) { return std::optional(fresh); }));
  if (fs::exists(home_ / "server.json"))
    return;
  kept_offer nothing; // the server was asked before, and offers nothing
  nothing.origin = "https://a:443";
  nothing.ask_again_at = now_ + 3'600'000'000;
  keep_offer(home_, nothing);
}

std::optional<credentials> ActorTest::session() const {
  const auto held = read_credentials(home_);
  return held ? *held : std::nullopt;
}

} // namespace spec_kitty::actor_test
