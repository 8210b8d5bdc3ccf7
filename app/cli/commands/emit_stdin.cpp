#include "app/cli/commands/emit_stdin.hpp"

#include "app/cli/autostart.hpp"
#include "app/cli/spilled.hpp"
#include "app/home/emitter.hpp"
#include "util/json_slices.hpp"

#include <unistd.h>

#include <array>
#include <cerrno>

namespace spec_kitty {

namespace {

constexpr std::size_t max_burst_lines = 512; ///< per commit
constexpr std::size_t max_line_bytes = std::size_t{16}
                                       << 20; ///< the rest of a longer one is skipped

/// Splits stdin into lines; a line without an end does not fill the memory.
class line_reader {
public:
  struct line {
    std::string text;
    bool too_long = false;
  };

  /// Waits for input, then gives every whole line that is there, up to max_burst_lines. Empty at
  /// the end of the input.
  std::vector<line> next() {
    std::vector<line> lines;
    while (lines.empty()) {
      take_lines(lines);
      if (!lines.empty() || ended_)
        break;
      fill();
    }
    if (lines.empty() && (!rest_.empty() || skipping_)) // a last line without a newline
      lines.push_back(finish_line(rest_.size()));
    return lines;
  }

private:
  void take_lines(std::vector<line>& lines) {
    std::size_t begin = 0;
    for (std::size_t end = 0; lines.size() < max_burst_lines; begin = end + 1) {
      end = rest_.find('\n', std::max(begin, searched_));
      if (end == std::string::npos)
        break;
      lines.push_back({skipping_ ? std::string() : rest_.substr(begin, end - begin), skipping_});
      skipping_ = false;
    }
    rest_.erase(0, begin);
    searched_ = lines.size() < max_burst_lines ? rest_.size() : 0;
    if (rest_.size() > max_line_bytes && searched_ == rest_.size()) {
      skipping_ = true;
      rest_.clear();
      searched_ = 0;
    }
  }

  line finish_line(std::size_t size) {
    line last{rest_.substr(0, size), skipping_};
    rest_.clear();
    skipping_ = false;
    return last;
  }

  void fill() {
    std::array<char, 65536> chunk{};
    const auto got = ::read(STDIN_FILENO, chunk.data(), chunk.size());
    if (got > 0)
      rest_.append(chunk.data(), static_cast<std::size_t>(got));
    else if (got == 0 || errno != EINTR)
      ended_ = true;
  }

  std::string rest_;
  std::size_t searched_ = 0; ///< no newline before this
  bool skipping_ = false;
  bool ended_ = false;
};

result<emit_request> read_request(line_reader::line line) {
  if (line.too_long)
    return failure{ec::event_too_large, "the line is longer than 16 MiB", "send smaller events"};
  const auto parsed = compact_and_parse(line.text);
  if (!parsed)
    return parsed.error();
  if (!parsed->IsObject())
    return failure{ec::bad_input, "the line is not a JSON object",
                   "write {\"event_type\":…,\"payload\":{…}}"};
  emit_request request;
  for (const auto& entry : parsed->GetObject()) {
    const std::string name(entry.name.GetString(), entry.name.GetStringLength());
    const bool text = entry.value.IsString();
    if (name == "event_type" && text)
      request.event_type = entry.value.GetString();
    else if (name == "payload")
      request.payload = member_slice(line.text, "payload").value_or("");
    else if (name == "causation_id" && (text || entry.value.IsNull()))
      request.causation_id =
          text ? std::optional<std::string>(entry.value.GetString()) : std::nullopt;
    else if (name == "aggregate_id" && text)
      request.aggregate_id = entry.value.GetString();
    else if (name == "feature_slug" && (text || entry.value.IsNull()))
      request.feature_slug =
          text ? std::optional<std::string>(entry.value.GetString()) : std::nullopt;
    else
      return failure{ec::invalid_event,
                     excerpt(name) + ": " + excerpt(to_text(entry.value)) +
                         " is not a field of an input line, or has the wrong type",
                     "fields are event_type, payload, causation_id, aggregate_id and feature_slug"};
  }
  if (request.event_type.empty())
    return failure{ec::invalid_event, "event_type is required", {}};
  if (request.payload.empty())
    return failure{ec::invalid_event, "payload is required", {}};
  return request;
}

std::string answer_line(const result<append_receipt>& answer) {
  json_buffer buffer;
  json_writer out(buffer);
  out.StartObject();
  if (answer && answer->spilled) {
    field(out, "spilled", true);
  } else if (answer) {
    field(out, "event_id", answer->event_id);
    field(out, "lamport_clock", answer->lamport_clock);
  } else {
    write_error(out, answer.error());
  }
  out.EndObject();
  return {buffer.GetString(), buffer.GetSize()};
}

/// Records the valid lines and answers all of them in order.
std::vector<result<append_receipt>> record_lines(emitter& emit,
                                                 std::vector<line_reader::line> lines,
                                                 const std::optional<std::string>& feature) {
  std::vector<std::optional<failure>> refused(lines.size());
  std::vector<event_draft> drafts;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    auto request = read_request(std::move(lines[i]));
    if (request && feature && !request->feature_slug)
      if (const auto payload = parse_json(request->payload);
          !payload || !text_of(*payload, "feature_slug"))
        request->feature_slug = feature;
    auto draft = request ? emit.prepare(*request) : result<event_draft>(request.error());
    if (draft)
      drafts.push_back(std::move(*draft));
    else
      refused[i] = draft.error();
  }
  auto recorded =
      drafts.empty() ? std::vector<result<append_receipt>>{} : emit.record(std::move(drafts));
  std::vector<result<append_receipt>> answers;
  answers.reserve(refused.size());
  auto next = recorded.begin();
  for (auto& why : refused)
    answers.push_back(why ? result<append_receipt>(std::move(*why)) : std::move(*next++));
  return answers;
}

} // namespace

exit_status emit_stdin(context& ctx, const std::optional<std::string>& feature) {
  emitter emit(ctx, ctx.warnings(), 1);
  line_reader input;
  exit_status status = exit_status::done;
  bool store_failed = false;
  std::uint64_t spilled = 0;
  std::optional<failure> why_spilled;
  for (auto lines = input.next(); !lines.empty(); lines = input.next()) {
    for (const auto& answer : record_lines(emit, std::move(lines), feature)) {
      ctx.out.raw(answer_line(answer));
      if (answer && answer->spilled) {
        ++spilled;
        why_spilled = answer->spilled;
      }
      if (answer)
        continue;
      store_failed = store_failed || status_of(answer.error().code) == exit_status::store_unusable;
      status = exit_status::failed;
    }
    if (!ctx.out.flush()) { // the answers cannot be read: stop
      ctx.out.warn("stdout is closed; the rest of the input was not recorded");
      (void)emit.finish();
      return exit_status::failed;
    }
    emit.ring_daemon();
  }
  if (const auto delivery = emit.finish())
    print_delivery_status(ctx, *delivery);
  const auto of_spill = why_spilled ? warn_spilled(ctx, *why_spilled, spilled) : exit_status::done;
  if (store_failed || of_spill != exit_status::done)
    return exit_status::store_unusable;
  return status;
}

} // namespace spec_kitty
