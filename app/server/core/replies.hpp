// The JSON bodies that the server answers. Pure.
#pragma once

#include "app/server/core/batch.hpp"
#include "app/server/core/limits.hpp"
#include "app/server/core/roles.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace spec_kitty::server {

/// What the store found for an event that went there.
struct store_verdict {
  enum class what : std::uint8_t { stored, duplicate, conflict, behind, ahead };
  what found = what::stored;
  std::uint64_t lamport_clock = 0; ///< of the kept event
  std::string differing_member;    ///< for conflict
  std::uint64_t taken_ms = 0;      ///< for behind: when the event was made that has the stamp
};

/// The final verdict on an event.
struct event_verdict {
  std::string_view event_id;                  ///< lives as long as the batch
  std::string_view status;                    ///< `success`, `duplicate`, `rejected`, `error`
  std::optional<std::uint64_t> lamport_clock; ///< of the kept event, for a duplicate
  std::optional<event_refusal> refused;
};

/// Counts for metrics and the log.
struct verdict_counts {
  std::size_t events = 0, success = 0, duplicate = 0, rejected = 0;
};

/// The verdicts of a batch in its order. `stored` holds one entry for each event that goes to the
/// store, in the same order.
std::vector<event_verdict> complete_verdicts(const event_batch& batch,
                                             const std::vector<store_verdict>& stored);
verdict_counts count(const std::vector<event_verdict>& verdicts);

/// `{"results":[…],"server_clock":n}`.
std::string batch_body(const std::vector<event_verdict>& verdicts, std::uint64_t server_clock);

/// What a client is to be refused with: `{"error","error_code","request_id"}` and more.
struct refusal_body {
  std::string error;
  std::string code;       ///< `error_code`; empty: left out
  std::string request_id; ///< empty: left out
  std::string limit = {}; ///< a member of `limits`; empty: left out
  std::uint64_t limit_value = 0;
};
std::string to_json(const refusal_body& body);

/// The body of a 412.
std::string protocol_refusal_body(std::string_view request_id);

/// The account that asked, for `GET /api/v1/`.
struct account_view {
  std::string username;
  std::string team_slug;
  role as = role::reader;
};
std::string offer_body(std::string_view version, std::string_view time,
                       const service_limits& limits, const std::optional<account_view>& caller);

struct token_body {
  std::string access;
  std::string refresh; ///< empty: left out, the one that was shown stays good
  std::string team_slug;
  role as = role::reader;
  std::int64_t access_lifetime = 0;  ///< in seconds
  std::int64_t refresh_lifetime = 0; ///< in seconds
};
std::string to_json(const token_body& body);

/// What a program that waits for a login by a person is told.
/// https://www.rfc-editor.org/rfc/rfc8628
struct device_code_body {
  std::string device_code;
  std::string user_code;
  std::string link;
  std::string full_link;
  std::int64_t expires_in_s = 0;
  std::int64_t interval_s = 0;
};
std::string to_json(const device_code_body& body);

/// `{"error":"slow_down","error_description","request_id"}`.
std::string device_error_body(std::string_view error, std::string_view description,
                              std::string_view request_id);

/// `{"error_code":"team_required","teams":[…]}`.
std::string team_required_body(const std::vector<std::string>& teams, std::string_view request_id);

/// `{"name":n}` and `{"name":"text"}`.
std::string single_number_body(std::string_view name, std::uint64_t number);
std::string single_text_body(std::string_view name, std::string_view text);

} // namespace spec_kitty::server
