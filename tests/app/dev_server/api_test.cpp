// The dev-server's core: what it answers, and what it still knows after a restart.
#include "app/dev_server/activity.hpp"
#include "app/dev_server/api.hpp"
#include "app/dev_server/json_slices.hpp"
#include "app/dev_server/state_dir.hpp"
#include "messages/event.hpp"
#include "util/gzip.hpp"
#include "util/json.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <memory>

namespace spec_kitty::dev_server {
namespace {

constexpr epoch_s start = 1'770'000'000;
constexpr std::string_view good_key = "01J00000000000000000000000";

std::string id(int n) {
  std::string text = std::to_string(n);
  return "01J" + std::string(23 - text.size(), '0') + text;
}

std::string event(int n, std::uint64_t lamport = 1, const std::string& team = "dev-team",
                  const std::string& type = "WPStatusChanged") {
  event_draft draft;
  draft.event_type = type;
  draft.aggregate_id = "WP01";
  draft.aggregate_type = "WorkPackage";
  draft.payload = R"({"wp_id":"WP01","previous_status":"planned","new_status":"doing"})";
  draft.timestamp = "2026-02-03T04:05:06.000007Z";
  return render_head({id(n), lamport, "0123456789ab"}, team) + render_tail(draft);
}

std::string batch_of(const std::vector<std::string>& events) {
  std::string text;
  for (const auto& event : events)
    text += (text.empty() ? "" : ",") + event;
  return "{\"events\":[" + text + "]}";
}

/// A dev-server without its socket, on a folder of its own.
class DevServer : public testing::Test {
protected:
  DevServer() { boot(); }

  void boot(token_rules rules = {}, const batch_rules& knobs = {}) {
    core_.reset();
    desk_.reset();
    log_.reset();
    tokens_ = std::make_unique<token_table>(rules);
    if (!saved_.empty()) {
      EXPECT_TRUE(tokens_->restore(saved_).ok());
    }
    login_ = tokens_->settle_account({});
    auto opened = event_log::open(events_file());
    ASSERT_TRUE(opened.ok()) << opened.error().message;
    log_ = std::make_unique<event_log>(std::move(*opened));
    desk_ = std::make_unique<batch_desk>(*log_, knobs);
    core_ = std::make_unique<api>(*tokens_, *log_, *desk_, [this](const std::string& json) {
      saved_ = json;
      return save_result_;
    });
  }

  std::filesystem::path events_file() const { return state_->file("events.jsonl"); }

  http_response send(http_request request, epoch_s when = start) {
    if (!access_.empty() && !request.headers.contains("authorization"))
      request.headers["authorization"] = "Bearer " + access_;
    return core_->handle(request, when);
  }

  http_response post(const std::string& path, const std::string& body, epoch_s when = start) {
    return send({"POST", path, {{"content-type", "application/json"}}, body}, when);
  }

  /// Logs in and keeps the access token for what follows; the reply.
  json_document log_in(epoch_s when = start) {
    const auto reply =
        post("/api/v1/token/", R"({"username":"dev","password":")" + login_.password + "\"}", when);
    EXPECT_EQ(reply.status, 200) << reply.body;
    auto document = parse_json(reply.body);
    access_ = text_of(*document, "access").value_or("");
    return std::move(*document);
  }

  http_request batch_request(const std::string& content, const std::string& key = {}) {
    return {"POST",
            "/api/v1/events/batch/",
            {{"content-type", "application/json"},
             {"content-encoding", "gzip"},
             {"x-team-slug", "dev-team"},
             {"idempotency-key", key.empty() ? id(1'000'000 + ++keys_) : key}},
            gzip(content)};
  }

  http_response send_batch(const std::vector<std::string>& events) {
    return send(batch_request(batch_of(events)));
  }

  /// The results' statuses, joined by blanks.
  static std::string statuses(const http_response& reply) {
    std::string text;
    const auto document = parse_json(reply.body);
    const json_value* results = document ? member(*document, "results") : nullptr;
    if (results == nullptr)
      return std::to_string(reply.status) + " " + reply.body;
    for (const auto& result : results->GetArray())
      text += (text.empty() ? "" : " ") + text_of(result, "status").value_or("?");
    return text;
  }

  std::optional<state_dir> state_ = [] {
    auto made = state_dir::open_temporary();
    return made ? std::optional<state_dir>(std::move(*made)) : std::nullopt;
  }();
  std::unique_ptr<token_table> tokens_;
  std::unique_ptr<event_log> log_;
  std::unique_ptr<batch_desk> desk_;
  std::unique_ptr<api> core_;
  account login_;
  std::string saved_;
  result<void> save_result_;
  std::string access_;
  int keys_ = 0;
};

TEST_F(DevServer, RefusesAWrongPassword) {
  EXPECT_EQ(post("/api/v1/token/", R"({"username":"dev","password":"no"})").status, 401);
  EXPECT_EQ(post("/api/v1/token/", R"({"username":"dev"})").status, 400);
  EXPECT_EQ(post("/api/v1/token/", "not json").status, 400);
  EXPECT_EQ(send({"POST", "/api/v1/token/", {}, "{}"}).status, 415);
}

TEST_F(DevServer, AnswersALoginWithEverythingAClientNeeds) {
  const auto reply = log_in();
  EXPECT_EQ(text_of(reply, "team_slug"), "dev-team");
  EXPECT_EQ(whole_number_of(reply, "access_lifetime"), 900);
  EXPECT_EQ(whole_number_of(reply, "refresh_lifetime"), 604800);
  EXPECT_EQ(std::count(access_.begin(), access_.end(), '.'), 2) << "the shape of a JWT";
}

TEST_F(DevServer, AcceptsARefreshTokenOnce) {
  const auto first = log_in();
  const std::string body = R"({"refresh":")" + *text_of(first, "refresh") + "\"}";
  const auto second = post("/api/v1/token/refresh/", body);
  EXPECT_EQ(second.status, 200);
  EXPECT_NE(text_of(*parse_json(second.body), "refresh"), text_of(first, "refresh"));
  EXPECT_EQ(post("/api/v1/token/refresh/", body).status, 401);
}

TEST_F(DevServer, KeepsTheRefreshTokenWhereItDoesNotRotate) {
  boot({900, 604800, false});
  const auto first = log_in();
  const std::string body = R"({"refresh":")" + *text_of(first, "refresh") + "\"}";
  EXPECT_FALSE(text_of(*parse_json(post("/api/v1/token/refresh/", body).body), "refresh"));
  EXPECT_EQ(post("/api/v1/token/refresh/", body).status, 200);
}

TEST_F(DevServer, RefusesAnExpiredToken) {
  const auto reply = log_in();
  const http_request clock{"GET", "/api/v1/clock/", {}, {}};
  EXPECT_EQ(send(clock, start + 899).status, 200);
  EXPECT_EQ(send(clock, start + 900).status, 401);
  const std::string body = R"({"refresh":")" + *text_of(reply, "refresh") + "\"}";
  EXPECT_EQ(post("/api/v1/token/refresh/", body, start + 604800).status, 401);
}

TEST_F(DevServer, AsksForABearerEverywhereButAtTheTokenCalls) {
  for (const char* path : {"/api/v1/ws-token/", "/api/v1/events/batch/"})
    EXPECT_EQ(post(path, "{}").status, 401) << path;
  for (const char* path : {"/api/v1/clock/", "/api/v1/events/"})
    EXPECT_EQ(send({"GET", path, {}, {}}).status, 401) << path;
  EXPECT_EQ(send({"GET", "/api/v1/clock/", {{"authorization", "Bearer a.b.c"}}, {}}).status, 401);
}

TEST_F(DevServer, NamesTheMethodThatAPathAnswers) {
  const auto reply = send({"GET", "/api/v1/token/", {}, {}});
  EXPECT_EQ(reply.status, 405);
  ASSERT_EQ(reply.headers.size(), 1U);
  EXPECT_EQ(reply.headers[0].second, "POST");
  EXPECT_EQ(send({"GET", "/api/v1/token", {}, {}}).status, 404);
}

TEST_F(DevServer, HandsOutNoTokenThatItCouldNotSave) {
  save_result_ = failure{ec::store_full, "disk full", {}};
  EXPECT_EQ(
      post("/api/v1/token/", R"({"username":"dev","password":")" + login_.password + "\"}").status,
      500);
}

TEST_F(DevServer, KeepsSessionsAndPasswordOverARestart) {
  log_in();
  const std::string password = login_.password;
  boot();
  EXPECT_EQ(login_.password, password);
  EXPECT_EQ(send({"GET", "/api/v1/clock/", {}, {}}).status, 200);
}

TEST_F(DevServer, AnswersDuplicateForAKnownEvent) {
  log_in();
  EXPECT_EQ(statuses(send_batch({event(1), event(2)})), "success success");
  EXPECT_EQ(statuses(send_batch({event(2), event(3), event(3)})), "duplicate success duplicate");
  EXPECT_EQ(log_->size(), 3U);
}

TEST_F(DevServer, RejectsABrokenEventAndKeepsItsNeighbours) {
  log_in();
  const auto reply = send_batch({event(1), event(2, 1, "dev-team", "Nonsense"), "7", event(3)});
  EXPECT_EQ(statuses(reply), "success rejected rejected success");
  EXPECT_NE(reply.body.find("Nonsense"), std::string::npos);
  ASSERT_TRUE(reply.batch);
  EXPECT_EQ(reply.batch->fresh, 2U);
  EXPECT_EQ(reply.batch->rejected, 2U);
}

TEST_F(DevServer, TellsTheHighestLamportValueItKept) {
  log_in();
  EXPECT_EQ(
      whole_number_of(*parse_json(send_batch({event(1, 7), event(2, 5)}).body), "server_clock"), 7);
  EXPECT_EQ(send({"GET", "/api/v1/clock/", {}, {}}).body, R"({"lamport_clock":7})");
}

TEST_F(DevServer, ReplaysTheReplyForTheSameKeyAndContent) {
  log_in();
  const auto first = send(batch_request(batch_of({event(1)}), std::string(good_key)));
  const auto again = send(batch_request(batch_of({event(1)}), std::string(good_key)));
  EXPECT_EQ(statuses(first), "success");
  EXPECT_EQ(again.body, first.body);
  EXPECT_TRUE(again.batch->replayed);
  EXPECT_EQ(again.batch->fresh, 0U);
  EXPECT_EQ(send(batch_request(batch_of({event(2)}), std::string(good_key))).status, 400);
  EXPECT_EQ(log_->size(), 1U);
}

TEST_F(DevServer, AnswersPendingAsOftenAsItWasTold) {
  boot({}, {2, {}});
  log_in();
  for (const char* expected : {"pending", "pending", "success", "success"})
    EXPECT_EQ(statuses(send(batch_request(batch_of({event(1)}), std::string(good_key)))), expected)
        << "the same key every time: a pending reply is not final";
  EXPECT_EQ(statuses(send_batch({event(1)})), "duplicate");
}

TEST_F(DevServer, AnswersErrorForATypeItWasToldToRefuse) {
  boot({}, {0, {"WPStatusChanged"}});
  log_in();
  EXPECT_EQ(statuses(send_batch({event(1)})), "error");
  EXPECT_EQ(log_->size(), 0U);
}

TEST_F(DevServer, RefusesABatchOfAnotherTeam) {
  log_in();
  auto request = batch_request(batch_of({event(1)}));
  request.headers["x-team-slug"] = "other";
  EXPECT_EQ(send(request).status, 403);
  EXPECT_EQ(send_batch({event(1), event(2, 1, "other")}).status, 403);
  EXPECT_EQ(log_->size(), 0U) << "nothing of a refused batch is kept";
}

TEST_F(DevServer, AsksForExactlyTheHeadersOfTheProtocol) {
  log_in();
  const struct {
    const char* name;
    const char* value;
    int status;
  } cases[] = {
      {"content-type", "text/plain", 415},    {"content-type", "Application/JSON; a=b", 200},
      {"content-encoding", "identity", 415},  {"content-encoding", "", 415},
      {"idempotency-key", "not-a-ulid", 400}, {"idempotency-key", "", 400},
  };
  for (const auto& test_case : cases) {
    auto request = batch_request(batch_of({event(1)}));
    request.headers[test_case.name] = test_case.value;
    EXPECT_EQ(send(request).status, test_case.status) << test_case.name << ": " << test_case.value;
  }
}

TEST_F(DevServer, RefusesABatchItCannotRead) {
  log_in();
  for (const std::string content :
       {"", "[1", "[]", "{}", R"({"events":[]})", R"({"events":{}})", R"({"other":[1]})"})
    EXPECT_EQ(send(batch_request(content)).status, 400) << content;
  auto garbage = batch_request("{}");
  garbage.body = "garbage";
  EXPECT_EQ(send(garbage).status, 400);
  auto cut = batch_request(batch_of({event(1)}));
  cut.body.resize(cut.body.size() - 4);
  EXPECT_EQ(send(cut).status, 400);
}

TEST_F(DevServer, NamesTheLimitOfABatchThatIsTooLarge) {
  log_in();
  std::vector<std::string> events;
  events.reserve(1001);
  for (int n = 0; n < 1001; ++n)
    events.push_back(event(n));
  const auto reply = send_batch(events);
  EXPECT_EQ(reply.status, 413);
  EXPECT_NE(reply.body.find(R"("limits":{"max_events":1000})"), std::string::npos) << reply.body;
  events.pop_back();
  EXPECT_EQ(send_batch(events).status, 200);
  EXPECT_EQ(send(batch_request(std::string(max_batch_bytes + 1, ' '))).status, 413);
}

TEST_F(DevServer, TakesEventsOfHostsWhoseSchemaItWasGiven) {
  const auto closed = [](int n, const std::string& payload) {
    event_draft draft;
    draft.event_type = "SprintClosed";
    draft.aggregate_id = "sprint-7";
    draft.aggregate_type = "Feature";
    draft.payload = payload;
    draft.timestamp = "2026-02-03T04:05:06.000007Z";
    return render_head({id(n), 1, "0123456789ab"}, "dev-team") + render_tail(draft);
  };
  batch_rules knobs;
  ASSERT_TRUE(knobs.more_types.add("SprintClosed", R"({"required":["points"]})"));
  boot({}, knobs);
  log_in();
  const auto reply = send_batch({closed(1, R"({"points":3})"), closed(2, "{}"), event(3)});
  EXPECT_EQ(statuses(reply), "success rejected success");
  EXPECT_NE(reply.body.find("payload.points is required"), std::string::npos);

  knobs.reject_types = {"SprintClosed"};
  boot({}, knobs);
  log_in();
  EXPECT_EQ(statuses(send_batch({closed(4, R"({"points":3})")})), "error");
  boot();
  log_in();
  EXPECT_EQ(statuses(send_batch({closed(5, R"({"points":3})")})), "rejected") << "without a schema";
}

TEST_F(DevServer, GivesEventsBackAsTheyCame) {
  log_in();
  std::string odd = event(1);
  odd.insert(odd.size() - 1, R"(,"extra":[1.10,"a,]\"}",1e2])");
  send_batch({odd, event(2)});
  EXPECT_EQ(send({"GET", "/api/v1/events/", {}, {}}).body, batch_of({odd, event(2)}));
}

TEST_F(DevServer, KnowsItsEventsAfterARestart) {
  log_in();
  send_batch({event(1, 4), event(2, 3)});
  boot();
  EXPECT_EQ(statuses(send_batch({event(1), event(3)})), "duplicate success");
  EXPECT_EQ(log_->highest_lamport(), 4U);
}

TEST_F(DevServer, CutsOffATornLastLine) {
  log_in();
  send_batch({event(1)});
  const auto whole = std::filesystem::file_size(events_file());
  std::ofstream(events_file(), std::ios::app) << event(2).substr(0, 50);
  boot();
  EXPECT_EQ(std::filesystem::file_size(events_file()), whole);
  EXPECT_EQ(statuses(send_batch({event(2)})), "success");
  boot();
  EXPECT_EQ(log_->size(), 2U);
}

TEST_F(DevServer, RefusesALogThatIsDamagedInTheMiddle) {
  std::ofstream(events_file(), std::ios::app) << "{\"event_id\":7}\n";
  const auto opened = event_log::open(events_file());
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().code, ec::store_corrupt);
}

TEST_F(DevServer, NeverPrintsATokenInItsActivity) {
  log_in();
  const http_request clock{"GET", "/api/v1/clock/", {{"authorization", "Bearer " + access_}}, {}};
  EXPECT_EQ(activity_json(clock, send(clock)),
            R"({"method":"GET","path":"/api/v1/clock/","status":200})");
  const http_request escape{"GET", "/\x1b[31m\xff", {}, {}};
  EXPECT_EQ(activity_text(escape, send(escape)), "GET /?[31m? 404");
}

TEST(StateDir, IsHeldByOneServerAtATime) {
  const auto first = state_dir::open_temporary();
  ASSERT_TRUE(first.ok());
  const auto second = state_dir::open(first->file("."));
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code, ec::store_busy);
}

TEST(StateDir, GivesBackWhatReplacedAFileAndNothingWhereThereIsNone) {
  const auto dir = state_dir::open_temporary();
  ASSERT_TRUE(dir.ok());
  EXPECT_EQ(*dir->read("x"), std::nullopt);
  ASSERT_TRUE(dir->replace("x", "one").ok());
  ASSERT_TRUE(dir->replace("x", "two").ok());
  EXPECT_EQ(*dir->read("x"), "two");
  EXPECT_EQ(std::filesystem::status(dir->file("x")).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

TEST(JsonSlices, CutsTheFirstListOfThatName) {
  using slices = std::vector<std::string_view>;
  EXPECT_EQ(
      list_slices(R"({"a":{"events":[9]},"events":[1,{"b":[2,"]"]},"\\"],"events":[3]})", "events"),
      (slices{"1", R"({"b":[2,"]"]})", R"("\\")"}));
  EXPECT_EQ(list_slices(R"({"events":[]})", "events"), slices{});
  EXPECT_EQ(list_slices(R"({"events":7})", "events"), std::nullopt);
  EXPECT_EQ(list_slices("{}", "events"), std::nullopt);
  EXPECT_EQ(list_slices("[]", "events"), std::nullopt);
  EXPECT_EQ(list_slices("7", "events"), std::nullopt);
}

} // namespace
} // namespace spec_kitty::dev_server
