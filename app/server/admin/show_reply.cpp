#include "app/server/admin/show_reply.hpp"

#include "util/json_slices.hpp"

#include <algorithm>
#include <vector>

namespace spec_kitty::server {

namespace {

std::string shown_value(const json_value& value) {
  if (value.IsString())
    return {value.GetString(), value.GetStringLength()};
  return value.IsNull() ? "-" : to_text(value);
}

/// A list of objects as columns under their names.
void show_table(output& out, const json_value& list) {
  std::vector<std::string> names;
  std::vector<std::vector<std::string>> rows;
  for (const auto& entry : list.GetArray()) {
    if (!entry.IsObject())
      continue;
    std::vector<std::string> row(names.size());
    for (const auto& cell : entry.GetObject()) {
      const std::string name(cell.name.GetString(), cell.name.GetStringLength());
      const auto at = std::find(names.begin(), names.end(), name);
      const auto column = static_cast<std::size_t>(at - names.begin());
      if (at == names.end()) {
        names.push_back(name);
        row.emplace_back();
      }
      row[column] = shown_value(cell.value);
    }
    rows.push_back(std::move(row));
  }
  rows.insert(rows.begin(), names);
  std::vector<std::size_t> widths(names.size(), 0);
  for (const auto& row : rows)
    for (std::size_t i = 0; i < row.size(); ++i)
      widths[i] = std::max(widths[i], row[i].size());
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i)
      line += row[i] + (i + 1 < row.size() ? std::string(widths[i] - row[i].size() + 2, ' ') : "");
    out.line(line);
  }
}

void show_fields(output& out, const json_value& reply) {
  const json_value* message = member(reply, "message");
  if (message != nullptr && message->IsString())
    out.lines({message->GetString(), message->GetStringLength()});
  for (const auto& entry : reply.GetObject()) {
    const std::string name(entry.name.GetString(), entry.name.GetStringLength());
    if (entry.value.IsArray() && !entry.value.Empty())
      show_table(out, entry.value);
    else if (entry.value.IsArray() && message == nullptr)
      out.line("No " + name + ".");
    else if (message == nullptr && name != "ok")
      out.line(name + ": " + shown_value(entry.value));
  }
}

failure failure_in(const json_value& reply) {
  failure why{ec::internal, "the server's answer cannot be read", {}};
  const json_value* error = member(reply, "error");
  if (error == nullptr)
    return why;
  why.message = text_of(*error, "message").value_or(why.message);
  why.hint = text_of(*error, "hint").value_or("");
  return why;
}

bool was_done(const json_value& reply) {
  const json_value* ok = member(reply, "ok");
  return ok != nullptr && ok->IsBool() && ok->GetBool();
}

} // namespace

bool show_reply(output& out, const std::string& reply) {
  const auto parsed = parse_json(reply);
  if (!parsed || !parsed->IsObject()) {
    out.fail({ec::internal, "the server's answer cannot be read", {}});
    return false;
  }
  const bool done = was_done(*parsed);
  const bool sound = done && whole_number_of(*parsed, "finding_count").value_or(0) == 0;
  if (out.json())
    out.raw(reply);
  else if (done)
    show_fields(out, *parsed);
  else
    out.fail(failure_in(*parsed));
  return sound;
}

int print_export(output& out, const arguments& given,
                 const std::function<result<std::string>(const arguments&)>& ask) {
  auto page = given.all();
  for (;;) {
    const auto reply = ask(arguments(page));
    if (!reply) {
      out.fail(reply.error());
      return 1;
    }
    const auto parsed = parse_json(*reply);
    if (!parsed || !was_done(*parsed)) {
      (void)show_reply(out, *reply);
      return 1;
    }
    const auto compact = compact_json(*reply); // an event is printed digit for digit: 1.10 stays
    if (const auto events = compact ? list_slices(*compact, "events") : std::nullopt)
      for (const std::string_view event : *events)
        out.raw(event);
    if (!out.flush())
      return 1;
    const std::int64_t through = whole_number_of(*parsed, "through").value_or(0);
    if (through >= whole_number_of(*parsed, "head").value_or(0) ||
        page["after"] == std::to_string(through))
      return 0;
    page["after"] = std::to_string(through);
  }
}

} // namespace spec_kitty::server
