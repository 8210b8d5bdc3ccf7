#include "app/server/core/team_log.hpp"

#include "messages/event.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <utility>

namespace spec_kitty::server {

namespace {

constexpr std::size_t end_bytes = 64; ///< of the members behind events and gaps
constexpr std::size_t max_digits = std::numeric_limits<std::uint64_t>::digits10 + 1;

/// A number in decimal.
class digits {
public:
  explicit digits(std::uint64_t number)
      : end_(std::to_chars(bytes_.data(), bytes_.data() + bytes_.size(), number).ptr) {}
  digits(const digits&) = delete;
  digits& operator=(const digits&) = delete;
  std::string_view text() const { return {bytes_.data(), end_}; }

private:
  std::array<char, max_digits> bytes_{};
  const char* end_;
};

void append_number(std::string& to, std::string_view before, std::uint64_t number) {
  to.append(before).append(digits(number).text());
}

std::string position_members(const log_position& at) {
  std::string out = R"("log":)" + json_string(at.log);
  append_number(out, R"(,"first":)", at.first);
  append_number(out, R"(,"head":)", at.head);
  return out;
}

void append_gap(std::string& to, std::uint64_t from, std::uint64_t through,
                std::string_view reason) {
  append_number(to, R"("from":)", from);
  append_number(to, R"(,"to":)", through);
  to.append(R"(,"reason":")").append(reason).append(R"("})");
}

std::optional<known_event> read_known(const json_value& pair) {
  if (!pair.IsArray() || pair.Size() != 2 || !pair[0].IsUint64() || !pair[1].IsString())
    return std::nullopt;
  const auto event = parse_ulid({pair[1].GetString(), pair[1].GetStringLength()});
  if (!event || pair[0].GetUint64() == 0)
    return std::nullopt;
  return known_event{pair[0].GetUint64(), *event};
}

} // namespace

bool names_extension(std::string_view header_value, std::string_view extension) {
  constexpr std::string_view blank = " \t";
  while (!header_value.empty()) {
    const std::size_t comma = header_value.find(',');
    std::string_view name = header_value.substr(0, comma);
    header_value.remove_prefix(comma == std::string_view::npos ? header_value.size() : comma + 1);
    const auto first = name.find_first_not_of(blank);
    if (first == std::string_view::npos)
      continue;
    name = name.substr(first, name.find_last_not_of(blank) - first + 1);
    if (lower_case(name) == extension)
      return true;
  }
  return false;
}

std::optional<resume_request> read_resume(const json_value& message) {
  resume_request asked;
  const json_value* known = member(message, "known");
  if (const auto from = text_of(message, "from")) {
    if (known != nullptr || (*from != "head" && *from != "first"))
      return std::nullopt;
    asked.from = *from == "head" ? resume_request::start::head : resume_request::start::first;
    return asked;
  }
  if (known == nullptr || !known->IsArray() || known->Size() > max_known_events)
    return std::nullopt;
  for (const auto& entry : known->GetArray()) {
    const auto pair = read_known(entry);
    if (!pair || (!asked.known.empty() && pair->seq >= asked.known.back().seq))
      return std::nullopt;
    asked.known.push_back(*pair);
  }
  return asked;
}

std::string json_string(std::string_view text) {
  json_buffer buffer;
  json_writer out(buffer);
  put(out, text);
  return to_text(buffer);
}

std::string resume_snapshot(const log_position& at) {
  return R"({"type":"snapshot","work_packages":[],)" + position_members(at) + "}";
}

std::string resumed_message(std::string_view log, std::uint64_t from, std::uint64_t head) {
  std::string out = R"({"type":"resumed","log":)" + json_string(log);
  append_number(out, R"(,"from":)", from);
  append_number(out, R"(,"head":)", head);
  return out + "}";
}

std::string log_event_message(std::uint64_t seq, std::string_view by_json, std::string_view event) {
  std::string out;
  out.reserve(event.size() + by_json.size() + 64);
  append_number(out, R"({"type":"event","seq":)", seq);
  out.append(R"(,"by":)").append(by_json).append(R"(,"event":)").append(event).append("}");
  return out;
}

std::string gap_message(std::uint64_t from, std::uint64_t to, std::string_view reason) {
  std::string out = R"({"type":"gap",)";
  append_gap(out, from, to, reason);
  return out;
}

std::string through_message(std::uint64_t seq) {
  return R"({"type":"through","seq":)" + std::to_string(seq) + "}";
}

std::optional<log_query> read_log_query(std::string_view query) {
  log_query asked;
  while (!query.empty()) {
    const std::size_t end = query.find('&');
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(end == std::string_view::npos ? query.size() : end + 1);
    const std::size_t equals = pair.find('=');
    const std::string_view name = pair.substr(0, equals);
    const std::string_view value =
        equals == std::string_view::npos ? std::string_view{} : pair.substr(equals + 1);
    if (name == "log") {
      if (!is_ulid(value))
        return std::nullopt;
      asked.log = value;
    } else if (name == "after") {
      const auto number = whole_number<std::uint64_t>(value);
      if (!number)
        return std::nullopt;
      asked.after = *number;
    } else if (name == "limit") {
      const auto number = whole_number<std::size_t>(value);
      if (!number || *number == 0 || *number > max_log_page_events)
        return std::nullopt;
      asked.limit = *number;
    }
  }
  return asked;
}

log_page_body::log_page_body(const log_position& at, std::size_t expected_bytes) {
  const std::string members = position_members(at);
  body_.reserve(std::min(expected_bytes, max_log_page_bytes) + members.size() + 2 * end_bytes);
  body_.append("{").append(members).append(R"(,"events":[)");
}

bool log_page_body::add_event(std::uint64_t seq, std::string_view by_json, std::string_view event) {
  if (sender_.empty() || by_ != by_json) {
    by_ = by_json;
    sender_ = R"(,"by":)" + by_ + R"(,"event":)";
  }
  const digits number(seq);
  constexpr std::string_view lead = R"(,{"seq":)";
  if (events_ > 0 && body_.size() + gaps_.size() + lead.size() + number.text().size() +
                             sender_.size() + event.size() + end_bytes >
                         max_log_page_bytes)
    return false;
  body_.append(events_ == 0 ? lead.substr(1) : lead).append(number.text());
  body_.append(sender_).append(event).push_back('}');
  ++events_;
  return true;
}

bool log_page_body::add_gap(std::uint64_t from, std::uint64_t to, std::string_view reason) {
  std::string gap = gaps_.empty() ? "{" : ",{";
  append_gap(gap, from, to, reason);
  if (!gaps_.empty() && body_.size() + gaps_.size() + gap.size() + end_bytes > max_log_page_bytes)
    return false;
  gaps_ += gap;
  return true;
}

std::string log_page_body::finish(std::uint64_t through) && {
  body_.append(R"(],"gaps":[)").append(gaps_).append("]");
  append_number(body_, R"(,"through":)", through);
  body_.append("}");
  return std::move(body_);
}

} // namespace spec_kitty::server
