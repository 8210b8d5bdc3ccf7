// Who sees what: two teams, four roles, every path; and what is refused before a body is read.
#include "service_fixture.hpp"

#include "app/server/core/routes.hpp"
#include "tests/app/server/core/batch_fixture.hpp"

#include <fstream>
#include <iterator>
#include <sstream>

namespace spec_kitty::server {
namespace {

class Refusals : public service_test {
protected:
  Refusals() {
    for (const char* team : {"acme", "globex"}) {
      const std::string name(team);
      add_member(name, name + "-reader", role::reader);
      add_member(name, name + "-member", role::member);
      add_member(name, name + "-admin", role::admin);
    }
    start();
    for (const char* team : {"acme", "globex"}) {
      const std::string name(team);
      for (const char* as : {"reader", "member", "admin"})
        bearers_[name + " " + as] = log_in(name + "-" + as).access;
      bearers_[name + " machine"] = add_machine_token(name, name + "-member");
    }
  }
  /// The status of a call to a team, and of its refusal the code.
  std::string call_as(const std::string& bearer, const route& to, const std::string& team) {
    if (to.what == call::batch) {
      static int number = 0;
      event_parts parts;
      parts.id = id_of(++number);
      parts.team = '"' + team + '"';
      return verdict(send_batch(bearer, {event_text(parts)}, {{"x-team-slug", team}}));
    }
    const asked_headers headers = {{"authorization", "Bearer " + bearer}, {"x-team-slug", team}};
    if (to.what == call::websocket)
      return verdict(ask("GET", "/ws/v1/events/", headers));
    return verdict(ask(std::string(to.method), std::string(to.path), headers));
  }
  static std::string verdict(const listener::outbound_reply& reply) {
    return std::to_string(reply.status) +
           (reply.status == 200 ? "" : " " + text_in(reply, "error_code"));
  }
  std::map<std::string, std::string> bearers_;
};

TEST_F(Refusals, FollowTheTableForEveryTeamRoleAndPath) {
  const std::map<call, std::map<std::string, std::string>> own_team = {
      {call::batch,
       {{"reader", "403 role"}, {"member", "200"}, {"admin", "200"}, {"machine", "200"}}},
      {call::events, {{"reader", "200"}, {"member", "200"}, {"admin", "200"}, {"machine", "200"}}},
      {call::clock, {{"reader", "200"}, {"member", "200"}, {"admin", "200"}, {"machine", "200"}}},
      {call::ws_token,
       {{"reader", "200"}, {"member", "200"}, {"admin", "200"}, {"machine", "200"}}},
      {call::websocket,
       {{"reader", "426 upgrade"},
        {"member", "426 upgrade"},
        {"admin", "426 upgrade"},
        {"machine", "426 upgrade"}}},
  };
  for (const route& to : routes()) {
    if (!to.needs)
      continue;
    ASSERT_TRUE(own_team.contains(to.what)) << to.path << " has no row in this table";
    for (const char* team : {"acme", "globex"})
      for (const auto& [as, expected] : own_team.at(to.what)) {
        const std::string bearer = bearers_.at(std::string(team) + " " + as);
        EXPECT_EQ(call_as(bearer, to, team), expected) << to.path << " " << team << " " << as;
        const std::string other = std::string(team) == "acme" ? "globex" : "acme";
        const std::string not_yours = call_as(bearer, to, other);
        EXPECT_EQ(not_yours, "403 team") << to.path << " " << as;
        EXPECT_EQ(call_as(bearer, to, "no-such-team"), not_yours) << to.path << " " << as;
      }
    EXPECT_EQ(call_as("x", to, "acme"), "401 login_required") << to.path;
    EXPECT_EQ(call_as("", to, "acme"), "401 login_required") << to.path;
  }
}

TEST_F(Refusals, OfTeamsThatAreNotThereAndNotYoursHaveEqualBodies) {
  const auto body = [this](const std::string& team) {
    const auto reply =
        ask("GET", "/api/v1/clock/",
            {{"authorization", "Bearer " + bearers_["acme member"]}, {"x-team-slug", team}});
    return reply.body.substr(0, reply.body.find("request_id"));
  };
  EXPECT_EQ(body("globex"), body("no-such-team"));
}

TEST_F(Refusals, ComeBeforeTheBodyOfAnUnknownCaller) {
  const asked_headers typed = {{"content-type", "application/json"}, {"content-encoding", "gzip"}};
  auto with = [&typed](const std::string& bearer) {
    asked_headers headers = typed;
    headers.push_back({"authorization", "Bearer " + bearer});
    return headers;
  };
  const std::string path = "/api/v1/events/batch/";
  EXPECT_EQ(head_of("POST", path, typed).refusal->status, 401);
  EXPECT_EQ(head_of("POST", path, with("x.y.z")).refusal->status, 401);
  EXPECT_FALSE(head_of("POST", path, with(bearers_["acme member"])).refusal);
  EXPECT_FALSE(head_of("POST", path, with(bearers_["acme machine"])).refusal);
  EXPECT_EQ(head_of("GET", path, with(bearers_["acme member"])).refusal->status, 405);
  EXPECT_EQ(head_of("POST", path, {{"content-type", "text/plain"}}).refusal->status, 415);
  EXPECT_EQ(head_of("POST", "/nowhere").refusal->status, 404);
  EXPECT_LE(*head_of("POST", "/api/v1/token/").max_body, 16U * 1024U);
}

TEST_F(Refusals, OfAnotherProtocolVersionSayWhatToDo) {
  const auto reply = ask("GET", "/api/v1/", {{"spec-kitty-protocol", "2"}});
  EXPECT_EQ(reply.status, 412);
  EXPECT_FALSE(text_in(reply, "upgrade_guidance").empty());
  EXPECT_EQ(ask("GET", "/api/v1/", {{"spec-kitty-protocol", "1"}}).status, 200);
}

TEST_F(Refusals, OfBadBodiesAreClear) {
  EXPECT_EQ(post("/api/v1/token/", "{").status, 400);
  EXPECT_EQ(post("/api/v1/token/", "[]").status, 400);
  EXPECT_EQ(post("/api/v1/token/", R"({"username":"ann"})").status, 400);
  EXPECT_EQ(post("/api/v1/token/", R"({"username":1,"password":2})").status, 400);
  EXPECT_EQ(post("/api/v1/token/", R"({"username":"a","username":"b","password":"c"})").status,
            400);
  EXPECT_EQ(post("/api/v1/token/refresh/", "{}").status, 400);
  EXPECT_EQ(ask("POST", "/api/v1/token/", {{"content-type", "text/plain"}}, "{}").status, 415);
}

TEST_F(Refusals, AnAccountThatAsksTooOftenIsSlowedAlone) {
  stop();
  service_.reset();
  service_limits limits;
  limits.requests_per_second = 1;
  start(limits);
  const auto status = [this](const std::string& bearer) {
    return ask("GET", "/api/v1/clock/", {{"authorization", "Bearer " + bearers_[bearer]}}).status;
  };
  int slowed = 0;
  for (int i = 0; i < 15; ++i)
    slowed += status("acme member") == 429 ? 1 : 0;
  EXPECT_GE(slowed, 4);
  EXPECT_EQ(status("globex member"), 200);
}

TEST_F(Refusals, TheServersOwnPathsNeedNoLogin) {
  EXPECT_EQ(ask("GET", "/healthz").status, 200);
  EXPECT_EQ(ask("GET", "/readyz").status, 200);
  const auto metrics = ask("GET", "/metrics");
  EXPECT_EQ(metrics.status, 200);
  EXPECT_TRUE(metrics.body.ends_with("# EOF\n"));
  EXPECT_NE(metrics.body.find("spec_kitty_logins_total 6"), std::string::npos) << metrics.body;
  service_->begin_stop();
  const auto stopping = ask("GET", "/readyz");
  EXPECT_EQ(stopping.status, 503);
  EXPECT_EQ(text_in(stopping, "reason"), "stopping");
}

TEST_F(Refusals, EveryFigureIsExplained) {
  service_->set_listener_counters([] { return listener::listener_counters{}; });
  std::ifstream file(std::string(SPEC_KITTY_SOURCE_DIR) + "/docs/server-metrics.md");
  const std::string page((std::istreambuf_iterator<char>(file)), {});
  std::istringstream lines(service_->metrics());
  const std::string begin = "# TYPE spec_kitty_";
  int figures = 0;
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(begin))
      continue;
    const std::string name = line.substr(begin.size(), line.find(' ', begin.size()) - begin.size());
    EXPECT_NE(page.find('`' + name + '`'), std::string::npos) << name;
    ++figures;
  }
  EXPECT_GT(figures, 30);
}

TEST_F(Refusals, APartThatFailsIsStartedAgain) {
  const std::string link = "/link/" + std::string(43, 'A');
  clock_fails_ = true;
  EXPECT_EQ(ask("GET", link, {{"host", "kitty.example"}}).status, 503) << "its request is answered";
  const auto until = std::chrono::steady_clock::now() + patience;
  int status = 0;
  while (status != 200 && std::chrono::steady_clock::now() < until)
    status = ask("GET", "/healthz").status;
  EXPECT_EQ(status, 200);
  EXPECT_EQ(ask("GET", link, {{"host", "kitty.example"}}).status, 404);
  EXPECT_EQ(statuses(send_batch(bearers_["acme member"], {event_text({.id = id_of(998)})})),
            "success");
  EXPECT_NE(service_->metrics().find("spec_kitty_actor_restarts_total 1"), std::string::npos);
}

TEST_F(Refusals, ReadinessSeesAClockThatWentBack) {
  (void)send_batch(bearers_["acme member"], {event_text({.id = id_of(999)})});
  EXPECT_EQ(ask("GET", "/readyz").status, 200);
  move_clocks(std::chrono::seconds(-600));
  const auto reply = ask("GET", "/readyz");
  EXPECT_EQ(reply.status, 503);
  EXPECT_EQ(text_in(reply, "reason"), "clock");
}

} // namespace
} // namespace spec_kitty::server
