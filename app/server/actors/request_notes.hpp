// What is known of a request beyond its head, until its line of the log is written.
#pragma once

#include "app/listener/message.hpp"
#include "app/server/core/replies.hpp"

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace spec_kitty::server {

struct request_note {
  std::string account;
  std::string team;
  std::string idempotency_key;
  std::optional<verdict_counts> events;
};

/// Notes by request id. From any thread; bounded: what has no space is not noted.
class request_notes {
public:
  static constexpr std::size_t max_notes = 20'000;

  void note_caller(const std::string& id, std::string_view account, std::string_view team);
  void note_batch(const std::string& id, std::string_view idempotency_key);
  void note_events(const std::string& id, const verdict_counts& events);
  /// What was noted, which is then forgotten.
  request_note take(const std::string& id);

private:
  request_note* find(const std::string& id);

  std::mutex guard_;
  std::map<std::string, request_note> notes_;
};

/// One line of the log, without its end. No token, password, link, query or payload is in it.
std::string log_line(const listener::finished_request& request, const request_note& note,
                     std::string_view time, bool json, bool addresses);

} // namespace spec_kitty::server
