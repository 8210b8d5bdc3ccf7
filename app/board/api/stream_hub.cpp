#include "app/board/api/stream_hub.hpp"

#include "app/board/core/view_json.hpp"

#include <algorithm>

namespace spec_kitty::board {

namespace {

constexpr epoch_us hello_patience = 10'000'000;
constexpr std::uint16_t refused_code = 4401;
constexpr std::uint16_t too_many_code = 1013;

/// The events after `after`, the newest 500 of them at most.
void write_events(json_writer& out, const event_log& log, std::size_t after) {
  const std::size_t count = log.size();
  const std::size_t missed = count > after ? count - after : 0;
  key(out, "events");
  out.StartArray();
  for (std::size_t seq = count - std::min(missed, stream_hub::max_events) + 1; seq <= count; ++seq)
    write_event(out, log, static_cast<std::uint32_t>(seq));
  out.EndArray();
  field(out, "more", missed > stream_hub::max_events);
  field(out, "through", static_cast<std::uint64_t>(count));
}

} // namespace

void stream_hub::open(const std::shared_ptr<open_stream>& stream) {
  if (streams_.size() >= max_streams) {
    stream->channel->close(too_many_code, "too many pages show this board");
    return;
  }
  streams_.push_back(stream);
}

void stream_hub::closed(const std::shared_ptr<open_stream>& stream) {
  std::erase(streams_, stream);
}

void stream_hub::heard(const std::shared_ptr<open_stream>& stream, std::string_view text,
                       const board_source& board) {
  if (stream->allowed)
    return;
  const auto hello = parse_json(text);
  if (!hello || !hello->IsObject() || !admits_(*hello)) {
    stream->channel->close(refused_code, "the token is not this board's");
    return;
  }
  stream->allowed = true;
  const auto resume = whole_number_of(*hello, "resume").value_or(0);
  stream->channel->send(std::make_shared<const std::string>(
      everything(board, static_cast<std::uint64_t>(std::max<std::int64_t>(resume, 0)))));
}

std::string stream_hub::everything(const board_source& board, std::uint64_t resume) {
  const board_view view = board.now();
  json_buffer buffer;
  json_writer out(buffer);
  out.StartObject();
  field(out, "v", std::uint64_t{1});
  raw_field(out, "surroundings", surroundings_json(view));
  key(out, "features");
  out.StartArray();
  for (const auto& feature : view.features) {
    const auto json = feature_json(feature);
    out.RawValue(json.data(), json.size(), rapidjson::kObjectType);
  }
  out.EndArray();
  field(out, "whole", true);
  // A page that has just been opened asks for the events it shows.
  write_events(out, board.log(), resume == 0 ? board.log().size() : resume);
  out.EndObject();
  return to_text(buffer);
}

void stream_hub::publish(const board_source& board, std::size_t earlier) {
  const board_view view = board.now();
  json_buffer buffer;
  json_writer out(buffer);
  bool differs = false;
  out.StartObject();
  field(out, "v", std::uint64_t{1});
  if (auto around = surroundings_json(view); around != surroundings_) {
    surroundings_ = std::move(around);
    raw_field(out, "surroundings", surroundings_);
    differs = true;
  }
  std::map<std::string, std::string> features;
  key(out, "features");
  out.StartArray();
  for (const auto& feature : view.features) {
    auto json = feature_json(feature);
    const auto known = features_.find(feature.slug);
    if (known == features_.end() || known->second != json) {
      out.RawValue(json.data(), json.size(), rapidjson::kObjectType);
      differs = true;
    }
    features.emplace(feature.slug, std::move(json));
  }
  out.EndArray();
  key(out, "gone");
  out.StartArray();
  for (const auto& [slug, json] : features_)
    if (!features.contains(slug)) {
      put(out, slug);
      differs = true;
    }
  out.EndArray();
  features_ = std::move(features);
  if (board.log().size() > through_ || earlier > 0) {
    write_events(out, board.log(), through_);
    field(out, "earlier", static_cast<std::uint64_t>(earlier));
    through_ = board.log().size();
    differs = true;
  }
  out.EndObject();
  if (differs)
    send(to_text(buffer));
}

void stream_hub::tick() {
  const epoch_us now = steady_now();
  for (const auto& stream : std::vector(streams_))
    if (!stream->allowed && now - stream->since > hello_patience)
      stream->channel->close(refused_code, "no token came");
  send(R"({"v":1,"alive":")" + format_timestamp(wall_clock_now()) + R"("})");
}

void stream_hub::send(const std::string& text) {
  const auto shared = std::make_shared<const std::string>(text);
  for (const auto& stream : streams_)
    if (stream->allowed)
      stream->channel->send(shared);
}

} // namespace spec_kitty::board
