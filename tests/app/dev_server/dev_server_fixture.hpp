// A dev-server without its sockets, and events for it.
#pragma once

#include "app/dev_server/api.hpp"
#include "app/dev_server/state_dir.hpp"
#include "messages/event.hpp"
#include "util/gzip.hpp"
#include "util/json.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace spec_kitty::dev_server {

inline constexpr epoch_s start = 1'770'000'000;
inline constexpr std::string_view good_key = "01J00000000000000000000000";

inline std::string id(int n) {
  std::string text = std::to_string(n);
  return "01J" + std::string(23 - text.size(), '0') + text;
}

inline std::string event(int n, std::uint64_t lamport = 1, const std::string& team = "dev-team",
                         const std::string& type = "WPStatusChanged") {
  event_draft draft;
  draft.event_type = type;
  draft.aggregate_id = "WP01";
  draft.aggregate_type = "WorkPackage";
  draft.payload = R"({"wp_id":"WP01","previous_status":"planned","new_status":"doing"})";
  draft.timestamp = "2026-02-03T04:05:06.000007Z";
  return render_head({id(n), lamport, "0123456789ab"}, team) + render_tail(draft);
}

inline std::string batch_of(const std::vector<std::string>& events) {
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

} // namespace spec_kitty::dev_server
