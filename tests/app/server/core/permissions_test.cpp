// Who may do what: two teams, four roles, every action and path.
#include "app/server/core/roles.hpp"
#include "app/server/core/routes.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace spec_kitty::server {
namespace {

TEST(Permissions, AreThoseOfTheTable) {
  const struct {
    role caller;
    std::set<action> granted;
  } table[] = {
      {role::reader, {action::read_events, action::listen, action::end_session}},
      {role::member,
       {action::read_events, action::send_events, action::listen, action::end_session}},
      {role::admin,
       {action::read_events, action::send_events, action::listen, action::end_session}},
      {role::machine,
       {action::read_events, action::send_events, action::listen, action::end_session}},
  };
  ASSERT_EQ(std::size(table), all_roles.size());
  for (const auto& row : table)
    for (const action wanted : all_actions) {
      const bool granted = row.granted.contains(wanted);
      EXPECT_EQ(judge_permission(row.caller, wanted, true),
                granted ? permission::granted : permission::wrong_role)
          << to_string(row.caller);
      EXPECT_EQ(judge_permission(row.caller, wanted, false), permission::wrong_team)
          << to_string(row.caller);
    }
}

TEST(Permissions, RolesHaveNamesThatAreReadBack) {
  std::set<std::string_view> names;
  for (const role of : all_roles) {
    EXPECT_EQ(role_of(to_string(of)), of);
    names.insert(to_string(of));
  }
  EXPECT_EQ(names.size(), all_roles.size());
  for (const char* text : {"", "Admin", "owner", "unknown"})
    EXPECT_FALSE(role_of(text)) << text;
  EXPECT_EQ(to_string(static_cast<role>(99)), "unknown");
  EXPECT_EQ(judge_permission(static_cast<role>(99), action::listen, true), permission::wrong_role);
}

TEST(Routes, EveryPathThatTouchesATeamNeedsSomething) {
  std::set<std::string_view> open;
  for (const route& entry : routes()) {
    EXPECT_EQ(route_of(entry.path), &entry);
    EXPECT_TRUE(entry.path.starts_with('/'));
    if (!entry.needs)
      open.insert(entry.path);
  }
  EXPECT_EQ(open,
            (std::set<std::string_view>{"/api/v1/", "/api/v1/token/", "/api/v1/token/refresh/",
                                        "/api/v1/token/revoke/", "/api/v1/device/code",
                                        "/api/v1/device/token", "/healthz", "/readyz", "/metrics",
                                        // these ask for the cookie of a browser
                                        "/board/home", "/board/state", "/board/events",
                                        "/board/transitions", "/board/counts", "/board/stream"}));
  for (const char* path : {"", "/", "/api/v1", "/api/v1/token", "/api/v1/events/batch", "/API/V1/",
                           "/api/v1/clock/../clock/", "/api/v1/clock/ "})
    EXPECT_EQ(route_of(path), nullptr) << path;
}

TEST(Routes, ReadBearersAndMediaTypesAsHttpAsks) {
  EXPECT_EQ(bearer_of("Bearer abc"), "abc");
  EXPECT_EQ(bearer_of("bEARER abc"), "abc");
  for (const char* text : {"", "Bearer", "Bearer ", "Basic abc", "abc", " Bearer abc"})
    EXPECT_EQ(bearer_of(text), "") << text;
  EXPECT_EQ(media_type_of(" Application/JSON ; charset=utf-8"), "application/json");
  EXPECT_EQ(media_type_of(""), "");
  EXPECT_EQ(media_type_of("  ;x"), "");
}

TEST(Routes, SpeakVersion1) {
  EXPECT_TRUE(speaks_protocol(""));
  EXPECT_TRUE(speaks_protocol("1"));
  for (const char* text : {"0", "2", "1.0", "-1", "99999999999999999999", "one", " 1"})
    EXPECT_FALSE(speaks_protocol(text)) << text;
}

} // namespace
} // namespace spec_kitty::server
