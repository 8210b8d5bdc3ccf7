// spec-kitty emit: record one event.
#include "app/cli/autostart.hpp"
#include "app/cli/command.hpp"
#include "app/cli/commands/emit_stdin.hpp"
#include "app/cli/spilled.hpp"
#include "app/home/emitter.hpp"
#include "messages/schema/payload_tables.hpp"
#include "messages/validate.hpp"
#include "util/closest.hpp"
#include "util/files.hpp"
#include "util/json_slices.hpp"
#include "util/text.hpp"

#include <CLI/CLI.hpp>

#include <unistd.h>

#include <algorithm>
#include <memory>

namespace spec_kitty {

namespace {

/// Maximum input from a file or stdin; an event of this size is refused anyway.
constexpr std::size_t max_input_bytes = std::size_t{16} << 20;

struct emit_options {
  bool from_stdin = false;
  std::string event_type;
  std::optional<std::string> payload;
  std::optional<std::string> wp;
  std::optional<std::string> feature;
  std::optional<std::string> causation;
  std::optional<std::string> aggregate;
  std::vector<std::string> fields;
};

result<std::string> payload_text(const std::string& given) {
  if (given.empty() || (given != "-" && given.front() != '@'))
    return given;
  const std::string file = given == "-" ? "/dev/stdin" : given.substr(1);
  const auto text = read_input(file, max_input_bytes);
  if (!text)
    return failure{ec::bad_input, text.error().message, "check the name after --payload @"};
  if (!*text)
    return failure{ec::bad_input, "no such file: " + file, "check the name after --payload @"};
  return **text;
}

/// A `--field` value with the type of the schema: a number where it wants one, a list (comma
/// separated) where it wants a list, text otherwise.
json_value typed(const std::string& text, const std::string& types, json_document& owner) {
  auto& memory = owner.GetAllocator();
  const auto as_text = [&](std::string_view part) {
    return json_value(part.data(), static_cast<rapidjson::SizeType>(part.size()), memory);
  };
  const auto number = whole_number<std::int64_t>(text);
  if (number && types.find("integer") != std::string::npos)
    return json_value(*number);
  if (types.find("array") == std::string::npos)
    return as_text(text);
  json_value list(rapidjson::kArrayType);
  for (std::string_view rest = text; !rest.empty();) {
    const auto comma = rest.find(',');
    list.PushBack(as_text(rest.substr(0, comma)), memory);
    rest = comma == std::string_view::npos ? std::string_view{} : rest.substr(comma + 1);
  }
  return list;
}

using named_values = std::vector<std::pair<std::string, std::string>>;

/// What the short options set, each name once; the last value counts.
result<named_values> short_options(context& ctx, const emit_options& options) {
  named_values values;
  const auto set = [&](std::string name, std::string value) {
    const auto before = std::find_if(values.begin(), values.end(),
                                     [&](const auto& known) { return known.first == name; });
    if (before == values.end()) {
      values.emplace_back(std::move(name), std::move(value));
      return;
    }
    if (before->second != value)
      ctx.out.warn("payload." + name + " is given twice; the last value counts: " + value);
    before->second = std::move(value);
  };
  if (options.wp)
    set("wp_id", work_package_meant(*options.wp));
  if (options.feature && !payload_field_types(options.event_type, "feature_slug").empty())
    set("feature_slug", *options.feature);
  for (const auto& given : options.fields) {
    const auto equals = given.find('=');
    if (equals == std::string::npos || equals == 0)
      return failure{ec::bad_input, "--field " + given + " is not of the form name=value",
                     "write for example --field new_status=doing"};
    set(given.substr(0, equals), given.substr(equals + 1));
  }
  return values;
}

/// A short option that changes what --payload has. (A feature only fills what is missing.)
void warn_of_replaced(context& ctx, const json_value& payload, const named_values& values) {
  for (const auto& [name, value] : values)
    if (const auto before = text_of(payload, name.c_str()); before && *before != value)
      ctx.out.warn("payload." + name + ": " + excerpt(value) + " takes the place of " +
                   excerpt(*before) + " from --payload");
}

/// The payload with what the short options add.
result<std::string> with_fields(context& ctx, std::string payload, const emit_options& options) {
  const auto given = short_options(ctx, options);
  if (!given)
    return given.error();
  const named_values& extra = *given;
  if (extra.empty())
    return payload;
  auto compact = compact_json(payload, json_keys::unique);
  if (!compact)
    return failure{compact.error().code, "payload: " + compact.error().message,
                   compact.error().hint};
  if (!compact->starts_with('{'))
    return payload; // refused later, with the message for any payload
  if (options.payload)
    if (const auto parsed = parse_json(*compact); parsed)
      warn_of_replaced(ctx, *parsed, extra);
  for (const auto& [name, value] : extra) {
    if (!is_utf8(name) || !is_utf8(value))
      return failure{ec::bad_input, "--field: text that is not valid UTF-8", {}};
    json_document memory;
    const json_value made = typed(value, payload_field_types(options.event_type, name), memory);
    *compact = with_member_at_end(*compact, name, to_text(made));
  }
  return *compact;
}

/// The contract lets a payload have further fields; nearly always such a field is mistyped.
void warn_of_unknown_fields(context& ctx, const std::string& event_type, const std::string& payload,
                            bool recorded) {
  const payload_table* const table = payload_table_of(event_type);
  const auto parsed = parse_json(payload);
  if (table == nullptr || !parsed || !parsed->IsObject())
    return;
  std::vector<std::string> known;
  for (const auto& field : table->fields)
    known.emplace_back(field.name);
  for (const auto& member : parsed->GetObject()) {
    const std::string name(member.name.GetString(), member.name.GetStringLength());
    if (std::find(known.begin(), known.end(), name) != known.end())
      continue;
    std::string words = "payload.";
    words.append(name).append(" is not a field of ").append(event_type);
    words.append(recorded ? " and is kept as it is" : "");
    words.append(did_you_mean(closest(name, known)));
    ctx.out.warn_of("unknown fields", words);
  }
}

exit_status emit_one(context& ctx, const emit_options& options) {
  const auto given = payload_text(options.payload.value_or("{}"));
  if (!given)
    return ctx.fail(given.error());
  const auto payload = with_fields(ctx, *given, options);
  if (!payload)
    return ctx.fail(payload.error());

  emitter emit(ctx, ctx.warnings());
  auto draft = emit.prepare(
      {options.event_type, *payload, options.causation, options.aggregate, options.feature});
  if (!draft) {
    warn_of_unknown_fields(ctx, options.event_type, *payload, false);
    return ctx.fail(draft.error());
  }
  warn_of_unknown_fields(ctx, options.event_type, draft->payload, true);
  std::vector<event_draft> drafts;
  drafts.push_back(std::move(*draft));
  const auto answers = emit.record(std::move(drafts));
  const auto delivery = emit.finish(); // before the answer: an answered event is complete
  if (!answers.front())
    return ctx.fail(answers.front().error());
  const append_receipt& receipt = *answers.front();
  if (receipt.spilled)
    return report_spilled(ctx, *receipt.spilled, 1);
  ctx.out.line(receipt.event_id);
  ctx.out.object([&](json_writer& out) { raw_field(out, "event", receipt.json); });
  ctx.out.flush();
  if (delivery)
    print_delivery_status(ctx, *delivery);
  return exit_status::done;
}

} // namespace

command_action declare_emit(CLI::App& app) {
  auto options = std::make_shared<emit_options>();
  app.add_option("type", options->event_type, "Event type, for example WPStatusChanged");
  auto* payload =
      app.add_option("--payload", options->payload, "JSON object, @file, or - for stdin");
  auto* wp = app.add_option("--wp", options->wp, "Set wp_id in the payload")->type_name("WPnn");
  app.add_option("--feature", options->feature, "The feature that the event belongs to")
      ->type_name("SLUG");
  auto* fields =
      app.add_option("--field", options->fields, "Set a field of the payload; may be repeated")
          ->type_name("NAME=VALUE")
          ->allow_extra_args(false);
  auto* causation =
      app.add_option("--causation", options->causation, "Event id of the cause")->type_name("ULID");
  auto* aggregate =
      app.add_option("--aggregate", options->aggregate, "Id of what the event is about")
          ->type_name("ID");
  auto* stream = app.add_flag(
      "--stdin", options->from_stdin,
      "Read JSON lines of {\"event_type\",\"payload\",\"causation_id\"?,\"aggregate_id\"?,"
      "\"feature_slug\"?}");
  for (auto* of_one_event : {payload, wp, fields, causation, aggregate})
    stream->excludes(of_one_event);
  return [options](context& ctx) {
    if (options->from_stdin == !options->event_type.empty())
      return ctx.fail(
          {ec::usage, "emit needs either an event type or --stdin", "see: spec-kitty emit --help"});
    return options->from_stdin ? emit_stdin(ctx, options->feature) : emit_one(ctx, *options);
  };
}

} // namespace spec_kitty
