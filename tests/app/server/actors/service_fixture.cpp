#include "service_fixture.hpp"

#include "app/server/core/encoding.hpp"
#include "app/server/core/password_hash.hpp"
#include "app/server/core/session_tokens.hpp"
#include "util/gzip.hpp"

#include <algorithm>
#include <future>
#include <stdexcept>

namespace spec_kitty::server {

namespace {

/// Made once: a hash takes its time.
const std::string& good_hash() {
  static const std::string hash = *hash_password(good_password);
  return hash;
}

std::string batch_body_of(const std::vector<std::string>& events) {
  std::string text;
  for (const std::string& event : events)
    text += (text.empty() ? "" : ",") + event;
  return R"({"events":[)" + text + "]}";
}

} // namespace

bool test_socket::send(std::shared_ptr<const std::string> text, std::uint64_t mark) {
  std::function<listener::overflow_action(const listener::overflow_report&)> overflow;
  listener::overflow_report report;
  {
    const std::lock_guard hold(guard_);
    if (closed_ || dropping_)
      return false;
    if (!slow_) {
      received_.push_back(*text);
      if (mark != 0)
        last_mark_ = mark;
      news_.notify_all();
      return true;
    }
    dropping_ = true;
    report = {last_mark_, text->size()};
    overflow = events.on_overflow;
  }
  overflow(report);
  return false;
}

void test_socket::resume() {
  const std::lock_guard hold(guard_);
  dropping_ = false;
}

void test_socket::close(std::uint16_t code, std::string) {
  {
    const std::lock_guard hold(guard_);
    if (closed_)
      return;
    closed_ = code;
    news_.notify_all();
  }
  if (events.on_closed)
    events.on_closed({code, {}});
}

std::string test_socket::next() {
  std::unique_lock hold(guard_);
  if (!news_.wait_for(hold, patience, [this] { return !received_.empty(); })) {
    ADD_FAILURE() << "no message came";
    return "{}";
  }
  std::string text = std::move(received_.front());
  received_.pop_front();
  return text;
}

json_document test_socket::next_of(const std::string& type) {
  for (;;) {
    auto message = parse_json(next());
    const auto found = message ? text_of(*message, "type").value_or("") : "";
    if (found == type || found != "ping") {
      EXPECT_EQ(found, type);
      return std::move(*message);
    }
  }
}

bool test_socket::is_quiet_for(std::chrono::milliseconds time) {
  std::unique_lock hold(guard_);
  return !news_.wait_for(hold, time, [this] { return !received_.empty(); });
}

std::optional<std::uint16_t> test_socket::closed_within(std::chrono::milliseconds time) {
  std::unique_lock hold(guard_);
  news_.wait_for(hold, time, [this] { return closed_.has_value(); });
  return closed_;
}

void test_socket::stop_reading() {
  const std::lock_guard hold(guard_);
  slow_ = true;
}

void test_socket::read_again() {
  {
    const std::lock_guard hold(guard_);
    slow_ = false;
  }
  events.on_drained();
}

void test_socket::say(std::string text) {
  events.on_message({std::move(text), false, nullptr});
}

void test_socket::leave() {
  events.on_closed({1000, {}});
}

service_test::service_test() {
  store::lmdb_options options;
  options.state = folder_.path() / "state";
  options.map_bytes = std::uint64_t{1} << 30;
  EXPECT_TRUE(store::create_lmdb_store(options).ok());
  auto opened = store::open_lmdb_engine(options);
  EXPECT_TRUE(opened.ok()) << (opened ? "" : opened.error().message);
  if (opened)
    engine_ = std::move(*opened);
}

service_test::~service_test() {
  stop();
  engine_->stop(std::chrono::steady_clock::now() + patience);
  service_.reset();
}

void service_test::start(service_limits limits) {
  service_options options;
  options.engine = engine_.get();
  options.public_url = "https://kitty.example";
  options.limits = limits;
  options.boards = boards_;
  options.serves_metrics = true;
  options.log.write = [this](std::string_view line) {
    const std::lock_guard hold(log_guard_);
    log_.emplace_back(line);
  };
  options.wall_clock = [this] {
    if (clock_fails_.exchange(false))
      throw std::runtime_error("a clock that fails");
    return wall();
  };
  options.steady_clock = [this] { return steady_now() + moved_; };
  auto started = service::start(std::move(options), signing_keys::first(std::string(32, 'k'), 0));
  ASSERT_TRUE(started.ok());
  service_ = std::move(*started);
  handlers_ = service_->handlers();
}

void service_test::stop() {
  if (service_)
    service_->stop();
}

store::team_info service_test::add_team(const std::string& slug) {
  auto made = accounts().add_team(slug, slug, note());
  EXPECT_TRUE(made.ok()) << (made ? "" : made.error().message);
  return teams_[slug] = *made;
}

store::user_info service_test::add_user(const std::string& name) {
  auto made = accounts().add_user(name, good_hash(), note());
  EXPECT_TRUE(made.ok()) << (made ? "" : made.error().message);
  return users_[name] = *made;
}

void service_test::add_member(const std::string& team, const std::string& user, role as) {
  if (!teams_.contains(team))
    add_team(team);
  if (!users_.contains(user))
    add_user(user);
  EXPECT_TRUE(accounts().set_member(teams_[team].id, users_[user].id, as, 1000, note()).ok());
}

std::string service_test::add_machine_token(const std::string& team, const std::string& user) {
  const std::string text =
      make_machine_token(std::string(32, static_cast<char>('a' + ++asked_ % 26)));
  store::machine_token token;
  token.id = *parse_ulid(fresh_ulid(static_cast<std::uint64_t>(wall() / 1000)));
  token.hash = sha256(text);
  token.account = users_.at(user).id;
  token.team = teams_.at(team).id;
  token.name = "ci";
  token.created = wall();
  EXPECT_TRUE(accounts().add_token(token, note()).ok());
  return text;
}

listener::outbound_reply service_test::ask(const std::string& method, const std::string& path,
                                           asked_headers headers, std::string body,
                                           const std::string& peer) {
  listener::inbound_request request;
  request.method = method;
  request.path = path.substr(0, path.find('?'));
  request.query = path.substr(std::min(path.size(), request.path.size() + 1));
  request.headers = std::move(headers);
  request.body = std::move(body);
  request.content_encoding = request.header("content-encoding");
  request.peer = peer;
  request.id = "r" + std::to_string(++asked_);
  const std::string id = request.id;
  auto promise = std::make_shared<std::promise<listener::outbound_reply>>();
  auto coming = promise->get_future();
  handlers_.on_request(std::move(request),
                       listener::reply_callback([promise](listener::outbound_reply reply) {
                         promise->set_value(std::move(reply));
                       }));
  if (coming.wait_for(patience) != std::future_status::ready) {
    ADD_FAILURE() << method << " " << path << " was not answered";
    return {0, {}, {}, {}, false};
  }
  auto reply = coming.get();
  listener::finished_request finished;
  finished.id = id;
  finished.method = method;
  finished.path = path.substr(0, path.find('?'));
  finished.peer = peer;
  finished.status = reply.status;
  handlers_.on_finished(finished);
  return reply;
}

listener::head_decision service_test::head_of(const std::string& method, const std::string& path,
                                              asked_headers headers) {
  listener::inbound_request request;
  request.method = method;
  request.path = path;
  request.headers = std::move(headers);
  request.content_encoding = request.header("content-encoding");
  return handlers_.on_head(request);
}

listener::outbound_reply service_test::post(const std::string& path, const std::string& body,
                                            asked_headers headers, const std::string& peer) {
  headers.push_back({"content-type", "application/json"});
  return ask("POST", path, std::move(headers), body, peer);
}

listener::outbound_reply service_test::try_login(const std::string& user, std::string_view password,
                                                 const std::string& team, const std::string& peer) {
  std::string body = R"({"username":")" + user + R"(","password":")" + std::string(password) + '"';
  if (!team.empty())
    body += R"(,"team_slug":")" + team + '"';
  return post("/api/v1/token/", body + "}", {}, peer);
}

service_test::tokens service_test::log_in(const std::string& user, const std::string& team) {
  const auto reply = try_login(user, good_password, team);
  EXPECT_EQ(reply.status, 200) << reply.body;
  return {text_in(reply, "access"), text_in(reply, "refresh")};
}

listener::outbound_reply service_test::refresh(const std::string& token, const std::string& key) {
  asked_headers headers;
  if (!key.empty())
    headers.push_back({"idempotency-key", key});
  return post("/api/v1/token/refresh/", R"({"refresh":")" + token + "\"}", headers);
}

listener::outbound_reply service_test::send_batch(const std::string& bearer,
                                                  const std::vector<std::string>& events,
                                                  asked_headers more) {
  more.push_back({"authorization", "Bearer " + bearer});
  more.push_back({"content-type", "application/json"});
  more.push_back({"content-encoding", "gzip"});
  return ask("POST", "/api/v1/events/batch/", std::move(more), gzip(batch_body_of(events)));
}

std::string service_test::statuses(const listener::outbound_reply& reply) {
  const auto document = parse_json(reply.body);
  const json_value* results = document ? member(*document, "results") : nullptr;
  if (results == nullptr)
    return std::to_string(reply.status);
  std::string text;
  for (const auto& entry : results->GetArray())
    text += (text.empty() ? "" : " ") + text_of(entry, "status").value_or("?");
  return text;
}

std::string service_test::text_in(const listener::outbound_reply& reply, const char* name) {
  const auto document = parse_json(reply.body);
  return document ? text_of(*document, name).value_or("") : "";
}

bool service_test::has_header(const listener::outbound_reply& reply, std::string_view name) {
  for (const auto& field : reply.headers)
    if (field.name == name)
      return true;
  return false;
}

std::shared_ptr<test_socket> service_test::connect(const std::string& bearer,
                                                   listener::outbound_reply* refusal,
                                                   const asked_headers& more) {
  const auto reply = ask("POST", "/api/v1/ws-token/", {{"authorization", "Bearer " + bearer}});
  if (reply.status != 200) {
    if (refusal != nullptr)
      *refusal = reply;
    return nullptr;
  }
  return connect_with(text_in(reply, "ws_token"), refusal, more);
}

std::shared_ptr<test_socket> service_test::connect_with(const std::string& ws_token,
                                                        listener::outbound_reply* refusal,
                                                        const asked_headers& more) {
  listener::inbound_request request;
  request.method = "GET";
  request.path = "/ws/v1/events/";
  request.headers = {{"authorization", "Bearer " + ws_token}};
  request.headers.insert(request.headers.end(), more.begin(), more.end());
  return upgrade(std::move(request), refusal);
}

std::shared_ptr<test_socket> service_test::upgrade(listener::inbound_request request,
                                                   listener::outbound_reply* refusal) {
  request.id = "u" + std::to_string(++asked_);
  auto promise = std::make_shared<std::promise<listener::upgrade_answer>>();
  auto coming = promise->get_future();
  handlers_.on_upgrade(std::move(request),
                       listener::upgrade_callback([promise](listener::upgrade_answer answer) {
                         promise->set_value(std::move(answer));
                       }));
  if (coming.wait_for(patience) != std::future_status::ready) {
    ADD_FAILURE() << "the upgrade was not answered";
    return nullptr;
  }
  auto answer = coming.get();
  if (auto* refused = std::get_if<listener::outbound_reply>(&answer)) {
    if (refusal != nullptr)
      *refusal = *refused;
    return nullptr;
  }
  auto socket = std::make_shared<test_socket>();
  socket->events = std::get<listener::websocket_events>(answer);
  socket->events.on_open(socket);
  return socket;
}

} // namespace spec_kitty::server
