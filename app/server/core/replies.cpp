#include "app/server/core/replies.hpp"

#include "app/server/core/access_token.hpp"
#include "app/server/core/careful_event.hpp"
#include "app/server/core/routes.hpp"
#include "app/server/core/session_tokens.hpp"
#include "app/server/core/team_log.hpp"
#include "messages/protocol.hpp"
#include "util/json.hpp"
#include "util/timestamp.hpp"

#include <array>

namespace spec_kitty::server {

namespace {

constexpr std::array capabilities = {protocol::device_login, protocol::idempotent_refresh,
                                     resume_extension};

void write_limits(json_writer& out, const service_limits& limits) {
  key(out, "limits");
  out.StartObject();
  field(out, "max_batch_events", static_cast<std::uint64_t>(limits.batch_events));
  field(out, "max_batch_bytes", static_cast<std::uint64_t>(limits.batch_bytes));
  field(out, "min_gap_ms", std::uint64_t{0});
  out.EndObject();
}

void write_error(json_writer& out, std::string_view message, std::string_view code,
                 std::string_view request_id) {
  field(out, "error", message);
  if (!code.empty())
    field(out, "error_code", code);
  if (!request_id.empty())
    field(out, "request_id", request_id);
}

void write_verdict(json_writer& out, const event_verdict& verdict) {
  out.StartObject();
  key(out, "event_id");
  if (verdict.event_id.empty())
    out.Null();
  else
    put(out, verdict.event_id);
  field(out, "status", verdict.status);
  if (verdict.lamport_clock)
    field(out, "lamport_clock", *verdict.lamport_clock);
  if (verdict.refused) {
    field(out, "error_message", verdict.refused->message);
    field(out, "error_code", to_string(verdict.refused->why));
    if (!verdict.refused->pointer.empty())
      field(out, "pointer", verdict.refused->pointer);
  }
  out.EndObject();
}

event_refusal stamp_taken(std::uint64_t taken_ms) {
  return {refusal::clock_behind,
          "another event of this node, of " +
              format_timestamp(static_cast<epoch_us>(taken_ms) * 1000) +
              ", has this stamp or an earlier one of the batch: another copy of the home is or was "
              "in use",
          "/lamport_clock"};
}

event_refusal stamp_out_of_reach() {
  return {refusal::clock_ahead, "the stamp is more than 2^32 above the highest one of the team",
          "/lamport_clock"};
}

event_verdict verdict_from(std::string_view id, const store_verdict& found) {
  switch (found.found) {
  case store_verdict::what::stored:
    return {id, "success", std::nullopt, std::nullopt};
  case store_verdict::what::duplicate:
    return {id, "duplicate", found.lamport_clock, std::nullopt};
  case store_verdict::what::behind:
    return {id, "error", std::nullopt, stamp_taken(found.taken_ms)};
  case store_verdict::what::ahead:
    return {id, "rejected", std::nullopt, stamp_out_of_reach()};
  case store_verdict::what::conflict:
    break;
  }
  return {id, "rejected", std::nullopt, conflict_of(found.differing_member)};
}

} // namespace

std::vector<event_verdict> complete_verdicts(const event_batch& batch,
                                             const std::vector<store_verdict>& stored) {
  std::vector<event_verdict> verdicts;
  verdicts.reserve(batch.events().size());
  std::size_t next = 0;
  for (const batch_event& event : batch.events()) {
    if (event.refused) {
      verdicts.push_back({event.id, "rejected", std::nullopt, event.refused});
    } else if (event.same_as) {
      // The first of the two was stored, or known; then this one is known. It shares a conflict.
      event_verdict shared = verdicts[*event.same_as];
      if (shared.status == "success")
        shared = {event.id, "duplicate", batch.events()[*event.same_as].lamport_clock,
                  std::nullopt};
      verdicts.push_back(std::move(shared));
    } else {
      verdicts.push_back(verdict_from(event.id, stored.at(next++)));
    }
  }
  return verdicts;
}

verdict_counts count(const std::vector<event_verdict>& verdicts) {
  verdict_counts counts;
  counts.events = verdicts.size();
  for (const event_verdict& verdict : verdicts) {
    counts.success += verdict.status == "success" ? 1 : 0;
    counts.duplicate += verdict.status == "duplicate" ? 1 : 0;
    counts.rejected += verdict.refused ? 1 : 0;
  }
  return counts;
}

std::string batch_body(const std::vector<event_verdict>& verdicts, std::uint64_t server_clock) {
  json_buffer buffer(nullptr, verdicts.size() * 64 + 64);
  json_writer out(buffer);
  out.StartObject();
  key(out, "results");
  out.StartArray();
  for (const event_verdict& verdict : verdicts)
    write_verdict(out, verdict);
  out.EndArray();
  field(out, "server_clock", server_clock);
  out.EndObject();
  return to_text(buffer);
}

std::string to_json(const refusal_body& body) {
  json_buffer buffer;
  json_writer out(buffer);
  out.StartObject();
  write_error(out, body.error, body.code, body.request_id);
  if (!body.limit.empty()) {
    key(out, "limits");
    out.StartObject();
    field(out, body.limit, body.limit_value);
    out.EndObject();
  }
  out.EndObject();
  return to_text(buffer);
}

std::string protocol_refusal_body(std::string_view request_id) {
  json_buffer buffer;
  json_writer out(buffer);
  const std::string spoken =
      std::to_string(min_protocol) == std::to_string(max_protocol)
          ? "version " + std::to_string(min_protocol)
          : "versions " + std::to_string(min_protocol) + " to " + std::to_string(max_protocol);
  out.StartObject();
  write_error(out, "this server speaks " + spoken + " of the protocol", "protocol", request_id);
  field(out, "error_description",
        "this server speaks " + spoken + " of the protocol, and the client asked for another");
  field(out, "upgrade_guidance",
        "install a client and a server of releases that have a version in common");
  key(out, "protocol");
  out.StartObject();
  field(out, "min", std::uint64_t{min_protocol});
  field(out, "max", std::uint64_t{max_protocol});
  out.EndObject();
  out.EndObject();
  return to_text(buffer);
}

std::string offer_body(std::string_view version, std::string_view time,
                       const service_limits& limits, const std::optional<account_view>& caller) {
  json_buffer buffer;
  json_writer out(buffer);
  out.StartObject();
  field(out, "server", "spec-kitty-server");
  field(out, "version", version);
  field(out, "time", time);
  key(out, "protocol");
  out.StartObject();
  field(out, "min", std::uint64_t{min_protocol});
  field(out, "max", std::uint64_t{max_protocol});
  out.EndObject();
  key(out, "capabilities");
  out.StartArray();
  for (const std::string_view offered : capabilities)
    put(out, offered);
  out.EndArray();
  write_limits(out, limits);
  if (caller) {
    key(out, "account");
    out.StartObject();
    field(out, "username", caller->username);
    field(out, "team_slug", caller->team_slug);
    field(out, "role", to_string(caller->as));
    out.EndObject();
  }
  out.EndObject();
  return to_text(buffer);
}

std::string to_json(const token_body& body) {
  json_buffer buffer;
  json_writer out(buffer);
  out.StartObject();
  field(out, "access", body.access);
  if (!body.refresh.empty())
    field(out, "refresh", body.refresh);
  field(out, "access_lifetime", static_cast<std::uint64_t>(body.access_lifetime));
  field(out, "refresh_lifetime", static_cast<std::uint64_t>(body.refresh_lifetime));
  field(out, "team_slug", body.team_slug);
  field(out, "role", to_string(body.as));
  out.EndObject();
  return to_text(buffer);
}

std::string to_json(const device_code_body& body) {
  json_buffer buffer;
  json_writer out(buffer);
  out.StartObject();
  field(out, "device_code", body.device_code);
  field(out, "user_code", body.user_code);
  field(out, "verification_uri", body.link);
  field(out, "verification_uri_complete", body.full_link);
  field(out, "expires_in", static_cast<std::uint64_t>(body.expires_in_s));
  field(out, "interval", static_cast<std::uint64_t>(body.interval_s));
  out.EndObject();
  return to_text(buffer);
}

std::string device_error_body(std::string_view error, std::string_view description,
                              std::string_view request_id) {
  json_buffer buffer;
  json_writer out(buffer);
  out.StartObject();
  field(out, "error", error);
  field(out, "error_description", description);
  field(out, "request_id", request_id);
  out.EndObject();
  return to_text(buffer);
}

std::string team_required_body(const std::vector<std::string>& teams, std::string_view request_id) {
  json_buffer buffer;
  json_writer out(buffer);
  out.StartObject();
  write_error(out, "this account has several teams: name one as team_slug", "team_required",
              request_id);
  key(out, "teams");
  out.StartArray();
  for (const std::string& team : teams)
    put(out, team);
  out.EndArray();
  out.EndObject();
  return to_text(buffer);
}

std::string single_number_body(std::string_view name, std::uint64_t number) {
  json_buffer buffer;
  json_writer out(buffer);
  out.StartObject();
  field(out, name, number);
  out.EndObject();
  return to_text(buffer);
}

std::string single_text_body(std::string_view name, std::string_view text) {
  json_buffer buffer;
  json_writer out(buffer);
  out.StartObject();
  field(out, name, text);
  out.EndObject();
  return to_text(buffer);
}

} // namespace spec_kitty::server
