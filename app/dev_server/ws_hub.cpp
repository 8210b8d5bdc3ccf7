#include "app/dev_server/ws_hub.hpp"
#include "util/json_slices.hpp"

#include <utility>

namespace spec_kitty::dev_server {

namespace {

std::string ack(const std::string& event_id, std::string_view status) {
  json_buffer buffer;
  json_writer out(buffer);
  out.StartObject();
  field(out, "type", "ack");
  field(out, "event_id", event_id);
  field(out, "status", status);
  out.EndObject();
  return to_text(buffer);
}

std::string error_message(const std::optional<std::string>& event_id, std::string_view message) {
  json_buffer buffer;
  json_writer out(buffer);
  out.StartObject();
  field(out, "type", "error");
  field(out, "event_id", event_id);
  field(out, "message", message);
  out.EndObject();
  return to_text(buffer);
}

std::string echo(std::string_view line) {
  return R"({"type":"event","event":)" + std::string(line) + "}";
}

} // namespace

ws_hub::ws_hub(batch_desk& desk, const event_log& log, ws_rules rules)
    : desk_(desk), rules_(rules) {
  log.each([this](const std::string& team, std::string_view line) {
    if (const auto event = parse_json(line))
      put_on_board(team, *event);
  });
  desk_.on_kept([this](const arrived_event& kept) { on_kept(kept); });
}

ws_hub::id ws_hub::connect(const token_owner& owner) {
  const id connection = ++last_;
  peers_.emplace(connection, peer{owner, {}, 0, 0});
  if (watcher_)
    watcher_("connected", {});
  if (rules_.snapshot)
    send_to(connection, snapshot_of(owner.team_slug));
  return connection;
}

void ws_hub::disconnect(id connection) {
  if (peers_.erase(connection) > 0 && watcher_)
    watcher_("closed", {});
}

void ws_hub::send_to(id connection, std::string text) {
  const auto found = peers_.find(connection);
  if (found == peers_.end())
    return;
  peer& to = found->second;
  const bool first = to.outgoing.empty();
  to.bytes += text.size();
  to.outgoing.push_back(std::move(text));
  if (wake_ && (first || to.bytes > max_waiting_bytes)) // it was woken for the others
    wake_(connection);
}

std::optional<std::string> ws_hub::next(id connection) {
  const auto found = peers_.find(connection);
  if (found == peers_.end() || found->second.outgoing.empty())
    return std::nullopt;
  std::string text = std::move(found->second.outgoing.front());
  found->second.outgoing.pop_front();
  found->second.bytes -= text.size();
  return text;
}

bool ws_hub::has_next(id connection) const {
  const auto found = peers_.find(connection);
  return found != peers_.end() && !found->second.outgoing.empty();
}

std::size_t ws_hub::waiting_bytes(id connection) const {
  const auto found = peers_.find(connection);
  return found == peers_.end() ? 0 : found->second.bytes;
}

bool ws_hub::wants_close(id connection) const {
  const auto found = peers_.find(connection);
  return found != peers_.end() && rules_.close_after_events > 0 &&
         found->second.events >= rules_.close_after_events;
}

void ws_hub::ping(id connection, std::int64_t now_s) {
  send_to(connection, R"({"type":"ping","timestamp":)" + std::to_string(now_s) + "}");
}

void ws_hub::receive(id connection, std::string_view text) {
  std::string compact(text);
  auto message = compact_and_parse(compact);
  if (!message) { // not JSON, or with a key that is there twice, which is passed over here
    const auto again = compact_json(text);
    if (!again)
      return send_to(connection, error_message(std::nullopt, again.error().message));
    compact = *again;
    message = parse_checked_json(compact);
  }
  if (!message || !message->IsObject())
    return send_to(connection, error_message(std::nullopt, "the message is not a JSON object"));
  const auto type = text_of(*message, "type");
  if (!type)
    return add_event(connection, std::move(compact), std::move(*message)); // bare
  if (*type == "pong")
    return;
  if (*type != "event")
    return send_to(connection,
                   error_message(std::nullopt, "unknown message type " + excerpt(*type)));
  const auto nested = member_slice(compact, "event");
  const std::string event =
      nested && nested->front() == '{' ? std::string(*nested) : without_member(compact, "type");
  if (auto parsed = parse_checked_json(event))
    add_event(connection, event, std::move(*parsed));
}

void ws_hub::add_event(id connection, std::string line, json_document event) {
  const auto found = peers_.find(connection);
  if (found == peers_.end() || rules_.ignore_events)
    return;
  ++found->second.events;
  uncommitted_bytes_ += line.size();
  uncommitted_.push_back(
      {connection, found->second.owner.team_slug, std::move(line), std::move(event)});
}

void ws_hub::commit() {
  if (uncommitted_.empty())
    return;
  const auto events = std::exchange(uncommitted_, {});
  uncommitted_bytes_ = 0;
  std::vector<arrived_event> taken;
  std::vector<const waiting_event*> senders;
  for (const waiting_event& waiting : events) {
    const arrived_event arrived{
        waiting.line, &waiting.event, &waiting.team_slug, waiting.connection, {}};
    if (!arrived.is_of_its_team()) {
      refuse(waiting, "the event is of another team");
      continue;
    }
    taken.push_back(arrived);
    senders.push_back(&waiting);
  }
  const auto judged = desk_.take(taken);
  for (std::size_t i = 0; i < senders.size(); ++i)
    if (judged)
      answer(*senders[i], (*judged)[i]);
    else
      refuse(*senders[i], judged.error().message);
}

void ws_hub::refuse(const waiting_event& event, const std::string& why) {
  const auto event_id = text_of(event.event, "event_id");
  if (watcher_)
    watcher_("refused", event_id.value_or(""));
  send_to(event.connection, error_message(event_id, why));
}

void ws_hub::answer(const waiting_event& event, const judgement& judged) {
  if (watcher_)
    watcher_(std::string(judged.status), judged.event_id.value_or(""));
  if (judged.status == "pending" || !rules_.ack)
    return; // no answer
  if (judged.status != "success" && judged.status != "duplicate")
    return send_to(event.connection, error_message(judged.event_id, judged.error_message));
  if (rules_.ack_by_echo)
    return send_to(event.connection, echo(event.line));
  send_to(event.connection,
          ack(*judged.event_id, judged.status == "success" ? "accepted" : "duplicate"));
}

void ws_hub::on_kept(const arrived_event& kept) {
  put_on_board(*kept.team_slug, *kept.event);
  const auto sent_it = [&](id connection, const token_owner& owner) {
    return kept.connection != 0 ? connection == kept.connection
                                : !kept.session.empty() && owner.session == kept.session;
  };
  for (const auto& [connection, listener] : peers_)
    if (listener.owner.team_slug == *kept.team_slug && !sent_it(connection, listener.owner))
      send_to(connection, echo(kept.line));
}

void ws_hub::put_on_board(const std::string& team, const json_value& event) {
  const json_value* payload = member(event, "payload");
  const auto wp = payload == nullptr ? std::nullopt : text_of(*payload, "wp_id");
  if (!wp)
    return;
  const auto type = text_of(event, "event_type").value_or("");
  const bool created = type == "WPCreated";
  if (!created && type != "WPStatusChanged")
    return;
  const std::string feature = text_of(*payload, "feature_slug").value_or("");
  const std::string project = text_of(event, "project_uuid").value_or("");
  board_row& row = boards_[team][project + "/" + feature + "/" + *wp];
  const auto clock = whole_number_of(event, "lamport_clock").value_or(0);
  if (static_cast<std::uint64_t>(clock) < row.lamport_clock)
    return; // the board already shows a later change
  row = {*wp, feature, created ? "planned" : text_of(*payload, "new_status").value_or(""),
         static_cast<std::uint64_t>(clock)};
}

std::string ws_hub::snapshot_of(const std::string& team) const {
  json_buffer buffer;
  json_writer out(buffer);
  out.StartObject();
  field(out, "type", "snapshot");
  key(out, "work_packages");
  out.StartArray();
  if (const auto found = boards_.find(team); found != boards_.end())
    for (const auto& [name, row] : found->second) {
      out.StartObject();
      field(out, "wp_id", row.wp_id);
      field(out, "feature_slug", row.feature_slug);
      field(out, "status", row.status);
      field(out, "lamport_clock", row.lamport_clock);
      out.EndObject();
    }
  out.EndArray();
  if (rules_.snapshot_bytes > buffer.GetSize())
    field(out, "padding", std::string(rules_.snapshot_bytes - buffer.GetSize(), 'x'));
  out.EndObject();
  return to_text(buffer);
}

} // namespace spec_kitty::dev_server
