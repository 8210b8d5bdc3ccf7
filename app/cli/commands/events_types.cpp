// spec-kitty events types: the contract's event types, from the tables made of its schema.
#include "app/cli/command.hpp"
#include "app/cli/looks.hpp"
#include "messages/event.hpp"
#include "messages/schema/payload_tables.hpp"
#include "util/closest.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <memory>

namespace spec_kitty {

namespace {

std::string joined_choices(const payload_field& field) {
  std::string text;
  for (const auto choice : field.choices)
    text.append(text.empty() ? "" : ", ").append(choice);
  return text;
}

std::string_view form_in_words(text_form form) {
  switch (form) {
  case text_form::work_package:
    return "a work package such as WP01";
  case text_form::feature_number:
    return "three digits such as 001";
  case text_form::feature_slug:
    return "a feature such as 001-login";
  case text_form::date_time:
    return "a time such as 2026-01-31T12:00:00Z";
  case text_form::any:
  case text_form::unknown:
    break;
  }
  return "text";
}

/// What a field takes, as a phrase.
std::string value_in_words(const payload_field& field) {
  std::string text;
  const auto add = [&](std::string_view part) {
    text.append(text.empty() ? "" : " or ").append(part);
  };
  if ((field.takes & takes_text) != 0)
    add(field.choices.empty() ? std::string(form_in_words(field.form))
                              : "one of: " + joined_choices(field));
  if ((field.takes & takes_integer) != 0)
    add("a whole number");
  if ((field.takes & takes_list) != 0)
    add(field.items == text_form::any
            ? "a list, separated by commas"
            : "a list, separated by commas, each " + std::string(form_in_words(field.items)));
  if ((field.takes & takes_null) != 0)
    add("null");
  return text;
}

std::string example_text(text_form form, std::string_view name) {
  switch (form) {
  case text_form::work_package:
    return "WP01";
  case text_form::feature_number:
    return "001";
  case text_form::feature_slug:
    return "001-login";
  case text_form::date_time:
    return "2026-01-31T12:00:00Z";
  case text_form::any:
  case text_form::unknown:
    break;
  }
  return "example-" + std::string(name);
}

std::string example_value(const payload_field& field) {
  if (!field.choices.empty()) // the second: two fields of the same choices differ then
    return std::string(field.choices[field.name.starts_with("new_") && field.choices.size() > 1]);
  if ((field.takes & takes_text) != 0)
    return example_text(field.form, field.name);
  if ((field.takes & takes_integer) != 0)
    return "1";
  return example_text(field.items, field.name);
}

/// A command that records such an event, with its required fields.
std::string example_of(const payload_table& table) {
  std::string text = "spec-kitty emit " + std::string(table.event_type);
  for (const auto& field : table.fields) {
    if (!field.required)
      continue;
    if (field.name == "wp_id")
      text += " --wp WP01";
    else
      text.append(" --field ").append(field.name).append("=").append(example_value(field));
  }
  return text;
}

void write_type(json_writer& out, const payload_table& table) {
  out.StartObject();
  field(out, "type", table.event_type);
  key(out, "fields");
  out.StartArray();
  for (const auto& of : table.fields) {
    out.StartObject();
    field(out, "name", of.name);
    field(out, "required", of.required);
    field(out, "takes", value_in_words(of));
    key(out, "choices");
    out.StartArray();
    for (const auto choice : of.choices)
      put(out, choice);
    out.EndArray();
    out.EndObject();
  }
  out.EndArray();
  field(out, "example", example_of(table));
  out.EndObject();
}

/// The rows of a type: its name, its fields, those that are required first, and an example.
void add_rows(const payload_table& table, std::vector<table_row>& rows) {
  rows.push_back({{std::string(table.event_type), style::strong}});
  for (const bool required : {true, false})
    for (const auto& of : table.fields)
      if (of.required == required)
        rows.push_back({{"  " + std::string(of.name), style::plain},
                        {of.required ? "required" : "optional", style::faint},
                        {value_in_words(of), style::plain}});
  rows.push_back({{"example: " + example_of(table), style::plain}});
}

exit_status show_types(context& ctx, const std::string& wanted) {
  std::vector<const payload_table*> shown;
  for (const auto type : event_types)
    if (const auto* table = payload_table_of(type); table != nullptr)
      if (wanted.empty() || wanted == type)
        shown.push_back(table);
  if (shown.empty())
    return ctx.fail(
        {ec::not_found,
         "there are no events of type " + wanted + did_you_mean(closest(wanted, event_types)),
         "see them all with: spec-kitty events types"});
  std::vector<table_row> rows;
  for (const auto* table : shown)
    add_rows(*table, rows);
  for (const auto& line : table_lines(ctx.out, {"  FIELD", "NEEDED", "TAKES"}, std::move(rows)))
    ctx.out.parts(line);
  ctx.out.object([&](json_writer& out) {
    key(out, "types");
    out.StartArray();
    for (const auto* table : shown)
      write_type(out, *table);
    out.EndArray();
  });
  return exit_status::done;
}

} // namespace

command_action declare_events_types(CLI::App& app) {
  auto wanted = std::make_shared<std::string>();
  app.add_option("type", *wanted, "Only this type");
  return [wanted](context& ctx) { return show_types(ctx, *wanted); };
}

} // namespace spec_kitty
