// The C API on top of the client: JSON in and out, codes, and messages in a buffer of the caller.
#include "spec_kitty/spec_kitty.h"

#include "app/embed/c_updates.hpp"
#include "app/embed/client_impl.hpp"
#include "util/json.hpp"
#include "util/json_slices.hpp"
#include "util/text.hpp"
#include "util/version.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <optional>

struct spec_kitty_client {
  spec_kitty::client client;
};

struct spec_kitty_subscription {
  spec_kitty::subscription held;
};

namespace {

using namespace spec_kitty;

template <std::size_t Room>
void copy(char (&into)[Room], std::string_view text) {
  const std::string cut = text.size() < Room ? std::string(text) : excerpt(text, Room - 4);
  const std::size_t size = std::min(cut.size(), Room - 1);
  std::memcpy(into, cut.data(), size);
  into[size] = '\0';
}

int code_of(ec code) {
  switch (code) {
  case ec::ok:
    return SPEC_KITTY_OK;
  case ec::queue_full:
    return SPEC_KITTY_STORE;
  case ec::overloaded:
  case ec::timeout:
    return SPEC_KITTY_OVERLOADED;
  case ec::stopping:
    return SPEC_KITTY_STOPPED;
  case ec::internal:
    return SPEC_KITTY_INTERNAL;
  case ec::store_busy:
  case ec::store_corrupt:
  case ec::store_version:
  case ec::store_full:
  case ec::store_unusable:
  case ec::commit_unknown:
    return SPEC_KITTY_STORE;
  default:
    return SPEC_KITTY_BAD_INPUT;
  }
}

int fill_problem(spec_kitty_problem* problem, const failure& why, int code) {
  if (problem != nullptr) {
    copy(problem->code, code == SPEC_KITTY_OK ? "" : to_string(why.code));
    copy(problem->message, why.message);
    copy(problem->hint, why.hint);
  }
  return code;
}

int fill_problem(spec_kitty_problem* problem, const failure& why) {
  return fill_problem(problem, why, code_of(why.code));
}

/// Nothing is thrown into C.
template <class Body>
int guarded(spec_kitty_problem* problem, Body body) {
  try {
    const result<void> done = body();
    return fill_problem(problem, done ? failure{ec::ok, {}, {}} : done.error());
  } catch (const std::exception& error) {
    return fill_problem(problem, {ec::overloaded, "out of memory", {}});
  }
}

failure missing(const char* what) {
  return {ec::bad_input, std::string(what) + " is NULL", "pass a value that is not NULL"};
}

failure unusable(std::string_view name, const char* hint) {
  return {ec::bad_input, std::string(name) + " cannot be used", hint};
}

/// Reads one option; the failure names it.
result<void> read_option(options& into, std::string_view name, const json_value& value) {
  const auto text = [&](std::string& to) -> result<void> {
    if (!value.IsString())
      return unusable(name, "give a string");
    to.assign(value.GetString(), value.GetStringLength());
    return {};
  };
  if (name == "home")
    return text(into.home);
  if (name == "project_folder")
    return text(into.project_folder);
  if (name == "project_uuid")
    return text(into.project_uuid);
  if (name == "project_slug")
    return text(into.project_slug);
  if (name == "modules")
    return text(into.modules);
  if (name == "deliver") {
    if (!value.IsBool())
      return unusable(name, "give true or false");
    into.delivery = value.GetBool() ? deliver_by::this_process : deliver_by::others;
    return {};
  }
  if (name == "max_in_flight" || name == "block_for_ms") {
    if (!value.IsUint())
      return unusable(name, "give a whole number");
    if (name == "max_in_flight")
      into.max_in_flight = value.GetUint();
    else
      into.block_for = std::chrono::milliseconds(value.GetUint());
    return {};
  }
  if (name == "full") {
    const std::string_view word = value.IsString() ? value.GetString() : "";
    into.full = word == "block"  ? when_full::block
                : word == "fail" ? when_full::fail
                                 : when_full::drop;
    return word == "block" || word == "fail" || word == "drop"
               ? result<void>{}
               : unusable(name, "give block, fail or drop");
  }
  if (name == "settings" || name == "event_types") {
    if (!value.IsObject())
      return unusable(name, "give an object");
    for (const auto& entry : value.GetObject()) {
      const std::string key(entry.name.GetString(), entry.name.GetStringLength());
      if (name == "event_types")
        into.event_types.push_back({key, to_text(entry.value)});
      else if (entry.value.IsString())
        into.settings[key] = entry.value.GetString();
      else
        into.settings[key] = to_text(entry.value); // 5000 and true, as people write them
    }
    return {};
  }
  return failure{ec::bad_input, "unknown option " + excerpt(name),
                 "see spec_kitty_open in spec_kitty.h"};
}

result<options> read_options(const char* json) {
  options wanted;
  wanted.receipt_json = false; // no call of this interface returns it
  if (json == nullptr)
    return wanted;
  const auto parsed = parse_json(json, json_keys::unique);
  if (!parsed)
    return failure{ec::bad_input, "options: " + parsed.error().message, parsed.error().hint};
  if (!parsed->IsObject())
    return failure{ec::bad_input, "options: not a JSON object", "give {\"home\":\"/…\"}"};
  for (const auto& entry : parsed->GetObject())
    if (auto read = read_option(wanted, {entry.name.GetString(), entry.name.GetStringLength()},
                                entry.value);
        !read)
      return read.error();
  return wanted;
}

result<event> read_event(const char* json) {
  if (json == nullptr)
    return missing("event_json");
  std::string compact = json;
  const auto parsed = compact_and_parse(compact);
  if (!parsed)
    return parsed.error();
  if (parsed->IsObject())
    for (const auto& entry : parsed->GetObject())
      if (const std::string_view name(entry.name.GetString(), entry.name.GetStringLength());
          name != "event_type" && name != "payload" &&
          ((name != "aggregate_id" && name != "causation_id") || !entry.value.IsString()))
        return failure{ec::bad_input,
                       excerpt(name) + " is not a member of an event, or has the wrong type",
                       "give event_type, payload, and as strings aggregate_id and causation_id"};
  const json_value* payload = member(*parsed, "payload");
  const auto type = text_of(*parsed, "event_type");
  if (!type || payload == nullptr)
    return failure{ec::bad_input, "an event needs event_type and payload",
                   "give {\"event_type\":\"HistoryAdded\",\"payload\":{…}}"};
  event what(*type, std::string(member_slice(compact, "payload").value_or("")));
  what.aggregate_id = text_of(*parsed, "aggregate_id").value_or("");
  what.causation_id = text_of(*parsed, "causation_id").value_or("");
  return what;
}

std::string status_json(const client_status& now) {
  json_buffer buffer;
  json_writer out(buffer);
  out.StartObject();
  field(out, "emitted", now.emitted);
  field(out, "spilled", now.spilled);
  field(out, "refused", now.refused);
  field(out, "dropped", now.dropped);
  field(out, "in_flight", now.in_flight);
  field(out, "callbacks_failed", now.callbacks_failed);
  field(out, "link", to_string(now.link));
  field(out, "link_reason", now.link_reason);
  field(out, "queued", now.queued);
  field(out, "held", now.held);
  field(out, "dead", now.dead);
  field(out, "acknowledged", now.acknowledged);
  field(out, "lamport_clock", now.lamport_clock);
  field(out, "node_id", now.node_id);
  field(out, "team", now.team.empty() ? std::nullopt : std::optional(now.team));
  key(out, "last_problem");
  if (now.last_problem.code == ec::ok) {
    out.Null();
  } else {
    out.StartObject();
    field(out, "code", to_string(now.last_problem.code));
    field(out, "message", now.last_problem.message);
    field(out, "hint", now.last_problem.hint);
    out.EndObject();
  }
  out.EndObject();
  return {buffer.GetString(), buffer.GetSize()};
}

} // namespace

extern "C" {

int spec_kitty_open(const char* options_json, spec_kitty_client** client,
                    spec_kitty_problem* problem) {
  return guarded(problem, [&]() -> result<void> {
    if (client == nullptr)
      return missing("client");
    *client = nullptr;
    auto wanted = read_options(options_json);
    if (!wanted)
      return wanted.error();
    auto opened = client::open(std::move(*wanted));
    if (!opened)
      return opened.error();
    *client = new spec_kitty_client{std::move(*opened)};
    return {};
  });
}

int spec_kitty_emit(spec_kitty_client* client, const char* event_json, char* event_id,
                    spec_kitty_problem* problem) {
  return guarded(problem, [&]() -> result<void> {
    if (event_id != nullptr)
      *event_id = '\0';
    if (client == nullptr)
      return missing("client");
    const auto what = read_event(event_json);
    if (!what)
      return what.error();
    const auto promised = client->client.emit(*what).get();
    if (!promised)
      return promised.error();
    if (event_id != nullptr)
      std::memcpy(event_id, promised->event_id.c_str(), promised->event_id.size() + 1);
    return {};
  });
}

int spec_kitty_emit_best_effort(spec_kitty_client* client, const char* event_json,
                                spec_kitty_problem* problem) {
  return guarded(problem, [&]() -> result<void> {
    if (client == nullptr)
      return missing("client");
    const auto what = read_event(event_json);
    if (!what)
      return what.error();
    return client_access::emit_best_effort(client->client, *what);
  });
}

int spec_kitty_flush(spec_kitty_client* client, int deadline_ms, spec_kitty_problem* problem) {
  failure left{ec::ok, {}, {}};
  const int done = guarded(problem, [&]() -> result<void> {
    if (client == nullptr)
      return missing("client");
    const auto report = client->client.flush(std::chrono::milliseconds(std::max(deadline_ms, 0)));
    if (!report)
      return report.error();
    if (!report->durable)
      return report->why;
    if (!report->delivered)
      left =
          report->why.code != ec::ok
              ? report->why
              : failure{ec::rejected, "the server refused " + count_of(report->rejected, "event"),
                        "see: spec-kitty events list"};
    return {};
  });
  return left.code == ec::ok ? done : fill_problem(problem, left, SPEC_KITTY_NOT_DELIVERED);
}

int spec_kitty_subscribe(spec_kitty_client* client, const char* options_json,
                         spec_kitty_handler handler, void* context,
                         spec_kitty_subscription** subscription, spec_kitty_problem* problem) {
  return guarded(problem, [&]() -> result<void> {
    if (client == nullptr || handler == nullptr || subscription == nullptr)
      return missing(client == nullptr    ? "client"
                     : handler == nullptr ? "handler"
                                          : "subscription");
    *subscription = nullptr;
    const auto start = embed::read_start(options_json);
    if (!start)
      return start.error();
    auto pass = [handler, context](const update& what) {
      handler(embed::update_json(what).c_str(), context);
    };
    *subscription =
        new spec_kitty_subscription{*start ? client->client.subscribe(std::move(pass), **start)
                                           : client->client.subscribe(std::move(pass))};
    return {};
  });
}

void spec_kitty_unsubscribe(spec_kitty_subscription* subscription) {
  delete subscription;
}

int spec_kitty_status(spec_kitty_client* client, char** json, spec_kitty_problem* problem) {
  return guarded(problem, [&]() -> result<void> {
    if (client == nullptr || json == nullptr)
      return missing(client == nullptr ? "client" : "json");
    *json = nullptr;
    const auto now = client->client.status();
    if (!now)
      return now.error();
    *json = ::strdup(status_json(*now).c_str());
    return *json != nullptr ? result<void>{} : failure{ec::overloaded, "out of memory", {}};
  });
}

void spec_kitty_free(char* text) {
  std::free(text); // NOLINT(cppcoreguidelines-no-malloc): strdup's
}

int spec_kitty_close(spec_kitty_client* client, int deadline_ms, spec_kitty_problem* problem) {
  if (client == nullptr)
    return SPEC_KITTY_OK;
  const int done = guarded(problem, [&] {
    return client->client.stop(std::chrono::milliseconds(std::max(deadline_ms, 0)));
  });
  delete client;
  return done;
}

const char* spec_kitty_version(void) {
  return spec_kitty::version.data(); // a literal: it ends with a zero
}
}
