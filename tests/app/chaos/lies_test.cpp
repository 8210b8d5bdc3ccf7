// The lies are what they say they are, and the ledger sees whose token carries what.
#include "app/chaos/invariants.hpp"
#include "app/chaos/proxy/ledger.hpp"
#include "app/chaos/proxy/lies.hpp"
#include "messages/protocol.hpp"
#include "util/json.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace spec_kitty::chaos {

namespace {

const std::string innocent = "01ARZ3NDEKTSV4RRFFQ69G5FA1";
const std::string guilty = "01ARZ3NDEKTSV4RRFFQ69G5FA2";

exchange request_of(std::string_view path, const std::string& body, const std::string& token) {
  exchange out;
  const auto text = "POST " + std::string(path) + " HTTP/1.1\r\nAuthorization: Bearer " + token +
                    "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  out.request = *first_message(text);
  out.path = out.request.path();
  return out;
}

exchange batch(const std::string& token = "t", const std::string& team = "red") {
  auto out = request_of(protocol::batch_path, "{}", token);
  for (int i = 0; i < 30; ++i)
    out.events.push_back({"01ARZ3NDEKTSV4RRFFQ69G5G" + std::to_string(10 + i), "", team, 5, false});
  out.events.push_back({innocent, "m1", team, 6, false});
  out.events.push_back({guilty, "m2", team, 7, true});
  return out;
}

http_text honest_reply() {
  return *first_message(reply_text(200, R"({"results":[{"event_id":")" + innocent +
                                            R"(","status":"success"}],"server_clock":9})"));
}

bool says_kept(const std::string& status) {
  return status == "success" || status == "accepted" || status == "warning" ||
         status == "duplicate";
}

bool is_one_of(const exchange& asked, const std::string& id) {
  return std::any_of(asked.events.begin(), asked.events.end(),
                     [&](const auto& event) { return event.event_id == id; });
}

http_text tokens(const std::string& access, const std::string& refresh, const std::string& team) {
  return *first_message(reply_text(200, R"({"access":")" + access + R"(","refresh":")" + refresh +
                                            R"(","team_slug":")" + team + "\"}"));
}

} // namespace

TEST(lies, are_whole_replies_under_names_of_their_own) {
  std::set<std::string_view> names;
  for (const auto& lie : all_lies()) {
    EXPECT_TRUE(names.insert(lie.name).second) << lie.name;
    const auto made = lie.make(12345);
    ASSERT_FALSE(made.empty()) << lie.name;
    for (const auto& fault : made) {
      const auto reply = fault.instead  ? fault.instead(batch())
                         : fault.change ? std::optional(fault.change(batch(), honest_reply()))
                                        : std::nullopt;
      ASSERT_TRUE(reply) << lie.name;
      const auto whole = first_message(*reply);
      ASSERT_TRUE(whole) << lie.name;
      EXPECT_EQ(whole->raw, *reply) << lie.name;
    }
  }
}

TEST(lies, never_say_that_an_event_is_kept_which_the_server_did_not_see) {
  for (const auto& lie : all_lies())
    for (const auto& fault : lie.make(7)) {
      if (!fault.instead)
        continue;
      const auto reply = first_message(*fault.instead(batch()));
      const auto body = parse_json(reply->body);
      const json_value* list = body && body->IsObject() ? member(*body, "results") : nullptr;
      if (list == nullptr || !list->IsArray())
        continue;
      for (const auto& result : list->GetArray())
        EXPECT_FALSE(says_kept(text_of(result, "status").value_or("")) &&
                     is_one_of(batch(), text_of(result, "event_id").value_or("")))
            << lie.name;
    }
}

TEST(lies, refuse_by_name_only_the_guilty) {
  for (const auto& refusal_lie : all_lies()) {
    if ((refusal_lie.needs & needs_poison_event) == 0)
      continue;
    auto honest = batch();
    honest.events.pop_back();
    for (const auto& fault : refusal_lie.make(7)) {
      EXPECT_FALSE(fault.instead(honest)) << refusal_lie.name;
      const auto reply = first_message(*fault.instead(batch()));
      const auto at = reply->body.find(innocent);
      EXPECT_TRUE(at == std::string::npos ||
                  reply->body.substr(at, innocent.size() + 40).find("pending") != std::string::npos)
          << refusal_lie.name;
    }
  }
}

/// A line of app/chaos/proxy/protocol_faults.tsv.
struct catalogue_row {
  std::string server, lie, where, sent, client;
};

std::vector<catalogue_row> catalogue() {
  std::vector<catalogue_row> rows;
  std::ifstream file(SPEC_KITTY_SOURCE_DIR "/app/chaos/proxy/protocol_faults.tsv");
  for (std::string line; std::getline(file, line);) {
    if (line.front() == '#')
      continue;
    std::istringstream cells(line);
    catalogue_row row;
    for (std::string* const cell : {&row.server, &row.lie, &row.where, &row.sent, &row.client})
      EXPECT_TRUE(std::getline(cells, *cell, '\t')) << line;
    EXPECT_TRUE(cells.eof()) << line;
    rows.push_back(row);
  }
  return rows;
}

TEST(lies, are_those_of_the_catalogue_of_protocol_faults) {
  std::multiset<std::string> listed;
  for (const auto& row : catalogue())
    if (row.lie != "-")
      listed.insert(row.lie);
  std::multiset<std::string> made;
  for (const auto& lie : all_lies())
    made.emplace(lie.name);
  EXPECT_EQ(listed, made);
}

TEST(catalogue_of_protocol_faults, gives_each_name_one_meaning_and_each_meaning_one_line) {
  const auto rows = catalogue();
  EXPECT_GE(rows.size(), 200U);
  std::set<std::string> servers;
  std::set<std::string> lies;
  std::set<std::string> meanings;
  for (const auto& row : rows) {
    EXPECT_TRUE(row.server == "-" || servers.insert(row.server).second) << row.server;
    EXPECT_TRUE(row.lie == "-" || lies.insert(row.lie).second) << row.lie;
    EXPECT_TRUE(row.server != "-" || row.lie != "-") << row.sent;
    EXPECT_TRUE(meanings.insert(row.where + ": " + row.sent).second) << row.sent;
    EXPECT_FALSE(row.client.empty()) << row.sent;
  }
}

history what_is_of(const ledger& seen) {
  history out;
  out.refreshes = seen.refreshes();
  return out;
}

TEST(ledger_of_the_proxies, sees_whose_token_carries_whose_event) {
  ledger seen;
  const auto login = request_of(protocol::token_path, "{}", "");
  seen.on_reply("a", login, tokens("access-1", "refresh-1", "red"));
  seen.on_request("a", batch("access-1", "red"));
  seen.on_request("a", batch("access-1", "blue"));
  seen.on_request("b", batch("access-1", "red"));
  std::vector<std::string> words;
  for (const auto& sending : seen.sendings())
    words.push_back(sending.server + ": " + sending.token_team + " carries " + sending.event_team);
  EXPECT_EQ(words, (std::vector<std::string>{"a: red carries blue", "a: red carries red",
                                             "b: red, given out by a carries red",
                                             "b: red, given out by a carries whatever was asked"}));
}

TEST(ledger_of_the_proxies, sees_events_on_a_websocket) {
  ledger seen;
  seen.on_reply("a", request_of(protocol::token_path, "{}", ""), tokens("access-1", "r", "red"));
  seen.on_reply("a", request_of(protocol::ws_token_path, "{}", "access-1"),
                *first_message(reply_text(200, R"({"ws_token":"ws-1"})")));
  const auto upgrade = request_of(protocol::ws_path, "", "ws-1");
  seen.on_event("a", upgrade.request, R"({"type":"event","event":{"team_slug":"blue"}})");
  ASSERT_EQ(seen.sendings().size(), 1U);
  EXPECT_EQ(seen.sendings().front().token_team, "red");
  EXPECT_EQ(seen.sendings().front().event_team, "blue");
}

TEST(ledger_of_the_proxies, reports_a_refresh_token_that_is_used_again_and_whether_it_had_to_be) {
  ledger seen;
  const auto refresh = request_of(protocol::refresh_path, R"({"refresh":"r"})", "");
  seen.on_request("a", refresh);
  seen.reply_lost(refresh);
  seen.on_request("a", refresh);
  seen.process_killed();
  seen.on_request("a", refresh);
  EXPECT_EQ(sessions_are_kept(what_is_of(seen)), findings{});
  seen.on_request("a", request_of(protocol::refresh_path, R"({"refresh":"other"})", ""));
  EXPECT_EQ(sessions_are_kept(what_is_of(seen)), findings{});
  seen.on_request("a", refresh);
  EXPECT_EQ(sessions_are_kept(what_is_of(seen)),
            findings{"refresh token 1 was used again although its reply had come"});
  EXPECT_EQ(seen.refreshes().size(), 5U);
}

TEST(ledger_of_the_proxies, knows_that_a_refresh_token_stays_good_where_the_reply_has_no_other) {
  ledger seen;
  const auto refresh = request_of(protocol::refresh_path, R"({"refresh":"r"})", "");
  seen.on_request("a", refresh);
  seen.on_reply("a", refresh, *first_message(reply_text(200, R"({"access":"access-2"})")));
  seen.on_request("a", refresh);
  EXPECT_EQ(sessions_are_kept(what_is_of(seen)), findings{});
  seen.on_reply("a", refresh, tokens("access-3", "refresh-3", "red"));
  seen.on_request("a", refresh);
  EXPECT_EQ(sessions_are_kept(what_is_of(seen)).size(), 1U);
}

} // namespace spec_kitty::chaos
