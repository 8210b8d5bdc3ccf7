#include "app/workflow/intents/intent.hpp"

#include "messages/event.hpp"
#include "util/json.hpp"
#include "util/text.hpp"
#include "util/utf8.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <limits>
#include <utility>

namespace spec_kitty::workflow {

namespace {

constexpr std::int64_t intent_version = 1;
constexpr std::size_t max_path_bytes = 4096;
constexpr std::size_t max_intent_word_bytes = 4096;
constexpr unsigned mode_bits = 07777;

constexpr std::array<std::pair<std::string_view, intent_way>, 3> ways = {
    {{"commit", intent_way::commit}, {"files", intent_way::files}, {"ref", intent_way::ref}}};
constexpr std::array<std::pair<std::string_view, intent_state>, 3> states = {
    {{"begun", intent_state::begun},
     {"recording", intent_state::recording},
     {"unrecorded", intent_state::unrecorded}}};

template <class Table, class Value>
std::string_view name_in(const Table& table, Value value) {
  for (const auto& [name, each] : table)
    if (each == value)
      return name;
  return {};
}

template <class Table>
auto value_in(const Table& table, std::string_view name)
    -> std::optional<typename Table::value_type::second_type> {
  for (const auto& [each, value] : table)
    if (each == name)
      return value;
  return std::nullopt;
}

bool is_hex(std::string_view text, std::size_t min, std::size_t max) {
  return text.size() >= min && text.size() <= max &&
         text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

/// A path that stays in the checkout.
bool is_inside(const std::string& text) {
  const std::filesystem::path path(text);
  return !text.empty() && text.size() <= max_path_bytes && text.find('\0') == std::string::npos &&
         path.is_relative() &&
         std::none_of(path.begin(), path.end(), [](const auto& part) { return part == ".."; });
}

failure not_an_intent(const std::string& what) {
  return {ec::bad_input, "not an intent: " + what, {}};
}

/// A path as JSON can hold it: `%` and, where it is not UTF-8, every byte above 127 as `%` and two
/// digits.
std::string escaped(const std::string& path) {
  constexpr std::string_view digits = "0123456789abcdef";
  const bool keep = is_utf8(path);
  std::string text;
  for (const char each : path) {
    const auto byte = static_cast<unsigned char>(each);
    if (byte == '%' || (!keep && byte > 127))
      text.append("%").append(1, digits[byte >> 4U]).append(1, digits[byte & 15U]);
    else
      text += each;
  }
  return text;
}

std::string unescaped(const std::string& text) {
  std::string path;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto byte = text[at] == '%' ? whole_number<unsigned char>(text.substr(at + 1, 2), 16)
                                      : std::optional<unsigned char>();
    path += byte ? static_cast<char>(*byte) : text[at];
    at += byte ? 2 : 0;
  }
  return path;
}

void write_file(json_writer& out, const intent_file& file) {
  out.StartObject();
  field(out, "path", escaped(file.path));
  field(out, "before", file.before);
  field(out, "after", file.after);
  field(out, "mode", static_cast<std::uint64_t>(file.mode));
  out.EndObject();
}

void write_transition(json_writer& out, const intent_transition& transition) {
  out.StartObject();
  field(out, "event_type", transition.event_type);
  raw_field(out, "payload", transition.payload);
  field(out, "causation_id", transition.causation_id);
  field(out, "feature_slug", transition.feature_slug);
  field(out, "file", static_cast<std::uint64_t>(transition.file));
  key(out, "shows");
  out.StartObject();
  field(out, "kind", transition.shows.kind);
  field(out, "key", transition.shows.key);
  field(out, "value", transition.shows.value);
  out.EndObject();
  out.EndObject();
}

std::string word(const json_value& object, const char* name) {
  return text_of(object, name).value_or("");
}

std::optional<std::uint64_t> natural(const json_value& object, const char* name) {
  const auto number = whole_number_of(object, name);
  return number && *number >= 0 ? std::optional(static_cast<std::uint64_t>(*number)) : std::nullopt;
}

result<intent_file> read_intent_file(const json_value& value) {
  intent_file file;
  file.path = unescaped(word(value, "path"));
  file.before = text_of(value, "before");
  file.after = word(value, "after");
  const auto mode = natural(value, "mode");
  if (!is_inside(file.path) || !is_hex(file.after, 64, 64) ||
      (file.before && !is_hex(*file.before, 64, 64)) || !mode || *mode > mode_bits)
    return not_an_intent("a file of it");
  file.mode = static_cast<unsigned>(*mode);
  return file;
}

result<intent_transition> read_transition(const json_value& value, std::size_t files) {
  intent_transition transition;
  transition.event_type = word(value, "event_type");
  transition.causation_id = text_of(value, "causation_id");
  transition.feature_slug = word(value, "feature_slug");
  const auto* payload = member(value, "payload");
  const auto* shows = member(value, "shows");
  const auto file = natural(value, "file");
  if (!is_event_type(transition.event_type) || payload == nullptr || !payload->IsObject() ||
      shows == nullptr || !file || *file >= files ||
      (transition.causation_id && !is_ulid(*transition.causation_id)))
    return not_an_intent("a transition of it");
  transition.payload = to_text(*payload);
  transition.file = *file;
  transition.shows = {word(*shows, "kind"), word(*shows, "key"), word(*shows, "value")};
  return transition;
}

result<std::optional<process_identity>> read_process(const json_value& object) {
  const auto* value = member(object, "git");
  if (value == nullptr || value->IsNull())
    return std::optional<process_identity>{};
  const auto pid = natural(*value, "pid");
  const auto start = natural(*value, "start");
  if (!pid || *pid < 1 || *pid > std::numeric_limits<pid_t>::max() || !start)
    return not_an_intent("its git");
  return std::optional(process_identity{static_cast<pid_t>(*pid), *start, word(*value, "boot")});
}

/// The members that are plain texts.
result<void> check_words(const intent& record) {
  for (const auto* text : {&record.command, &record.checkout, &record.ref, &record.subject})
    if (text->size() > max_intent_word_bytes || text->find('\0') != std::string::npos)
      return not_an_intent("a text that is too long");
  const bool has_ref = record.ref.starts_with("refs/heads/");
  if (!is_ulid(record.id) || record.at <= 0 || (!record.checkout.starts_with('/')) ||
      (record.before && !is_hex(*record.before, 40, 64)) ||
      (record.how != intent_way::files && !has_ref) ||
      (record.how == intent_way::commit && record.subject.empty()) ||
      (record.how == intent_way::ref && !is_hex(record.to, 40, 64)))
    return not_an_intent("id, time or branch");
  return {};
}

result<void> read_lists(const json_value& object, intent& record) {
  const auto* files = member(object, "files");
  const auto* transitions = member(object, "transitions");
  if (files == nullptr || !files->IsArray() || files->Size() > max_intent_files ||
      transitions == nullptr || !transitions->IsArray() ||
      transitions->Size() > max_intent_transitions)
    return not_an_intent("its lists");
  for (const auto& value : files->GetArray()) {
    auto file = read_intent_file(value);
    if (!file)
      return file.error();
    record.files.push_back(std::move(*file));
  }
  for (const auto& value : transitions->GetArray()) {
    auto transition = read_transition(value, record.files.size());
    if (!transition)
      return transition.error();
    record.transitions.push_back(std::move(*transition));
  }
  return {};
}

} // namespace

std::string encode(const intent& record) {
  json_buffer buffer;
  json_writer out(buffer);
  out.StartObject();
  field(out, "v", static_cast<std::uint64_t>(intent_version));
  field(out, "id", record.id);
  field(out, "at", static_cast<std::uint64_t>(record.at));
  field(out, "command", record.command);
  field(out, "checkout", escaped(record.checkout));
  field(out, "ref", record.ref);
  field(out, "before", record.before);
  field(out, "how", name_in(ways, record.how));
  field(out, "to", record.to);
  field(out, "subject", record.subject);
  key(out, "files");
  out.StartArray();
  for (const auto& file : record.files)
    write_file(out, file);
  out.EndArray();
  key(out, "transitions");
  out.StartArray();
  for (const auto& transition : record.transitions)
    write_transition(out, transition);
  out.EndArray();
  key(out, "git");
  if (record.git) {
    out.StartObject();
    field(out, "pid", static_cast<std::uint64_t>(record.git->pid));
    field(out, "start", record.git->start);
    field(out, "boot", record.git->boot);
    out.EndObject();
  } else {
    out.Null();
  }
  field(out, "state", name_in(states, record.state));
  field(out, "home", record.home);
  out.EndObject();
  return to_text(buffer) + "\n";
}

result<intent> decode_intent(std::string_view text) {
  if (text.size() > max_intent_bytes)
    return not_an_intent("it is too long");
  const auto object = parse_json(text);
  if (!object)
    return not_an_intent(object.error().message);
  const auto written_by = whole_number_of(*object, "v");
  if (written_by && *written_by > intent_version)
    return failure{ec::store_version, "an intent of a later version of spec-kitty", {}};
  if (written_by != intent_version)
    return not_an_intent("no version");
  intent record;
  record.id = word(*object, "id");
  record.at = whole_number_of(*object, "at").value_or(0);
  record.command = word(*object, "command");
  record.checkout = unescaped(word(*object, "checkout"));
  record.ref = word(*object, "ref");
  record.before = text_of(*object, "before");
  record.to = word(*object, "to");
  record.subject = word(*object, "subject");
  record.home = text_of(*object, "home");
  const auto how = value_in(ways, word(*object, "how"));
  const auto state = value_in(states, word(*object, "state"));
  auto git = read_process(*object);
  if (!git)
    return git.error();
  if (!how || !state)
    return not_an_intent("how or state");
  record.how = *how;
  record.state = *state;
  record.git = std::move(*git);
  if (auto read = read_lists(*object, record); !read)
    return read.error();
  if (auto valid = check_words(record); !valid)
    return valid.error();
  return record;
}

} // namespace spec_kitty::workflow
