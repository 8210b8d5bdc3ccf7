#include "app/board/api/replies.hpp"

#include "app/board/api/query.hpp"
#include "app/board/core/counts.hpp"
#include "app/board/core/transitions.hpp"
#include "app/board/core/view_json.hpp"
#include "app/board/page/page.hpp"
#include "util/gzip.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <cstring>
#include <functional>
#include <set>

namespace spec_kitty::board {

using listener::error_reply;
using listener::inbound_request;
using listener::outbound_reply;

namespace {

using query = std::map<std::string, std::string>;

constexpr std::size_t max_limit = 1000;
constexpr std::size_t usual_limit = 100;
constexpr std::size_t max_chain = 50;
constexpr std::size_t min_gzip_bytes = 1024;

std::string word(const query& words, const std::string& name) {
  const auto found = words.find(name);
  return found == words.end() ? std::string() : found->second;
}

outbound_reply json_reply(std::string body) {
  outbound_reply reply;
  reply.body = std::move(body);
  return reply;
}

/// The position that `at` names, by an event's id or as a number of events; all of them without it.
std::optional<std::size_t> position_of(const event_log& log, const std::string& at) {
  if (at.empty())
    return log.size();
  if (at.size() < event_id_text::max_size) {
    const auto number = whole_number<std::uint64_t>(at);
    return number ? std::optional(std::min<std::size_t>(*number, log.size())) : std::nullopt;
  }
  const auto id = parse_ulid(at);
  const auto seq = id ? log.seq_of(*id) : 0;
  return seq == 0 ? std::nullopt : std::optional(log.position_of(seq));
}

outbound_reply no_such_point(const inbound_request& request) {
  return error_reply(404, "unknown_event", "there is no such event on this board", request.id);
}

outbound_reply state(board_source& board, const inbound_request& request, const query& words) {
  if (!words.contains("at"))
    return json_reply(state_json(board.now()));
  const auto position = position_of(board.log(), word(words, "at"));
  return position ? json_reply(state_json(board.past(*position))) : no_such_point(request);
}

outbound_reply transitions(const board_source& board) {
  std::string head = transition_names(board.log());
  // The columns begin at a multiple of 8, as their 8-byte numbers want it.
  head.append((8 - (head.size() + 4) % 8) % 8, ' ');
  const auto length = static_cast<std::uint32_t>(head.size());
  char bytes[4];
  std::memcpy(bytes, &length, sizeof length);
  outbound_reply reply;
  reply.content_type = "application/octet-stream";
  reply.body = std::string(bytes, 4) + head + transition_columns(board.log());
  return reply;
}

outbound_reply counts(const board_source& board, const inbound_request& request,
                      const query& words) {
  const auto& log = board.log();
  const auto position = position_of(log, word(words, "at"));
  if (!position)
    return no_such_point(request);
  const epoch_us until =
      *position == log.size() || *position == 0 ? wall_clock_now() : log.at(*position - 1).at;
  json_buffer buffer;
  json_writer out(buffer);
  out.StartObject();
  field(out, "v", std::uint64_t{1});
  write_counts(out, log, count(log, *position, until, word(words, "feature")));
  out.EndObject();
  return json_reply(to_text(buffer));
}

/// Which events a feed shows.
class event_filter {
public:
  event_filter(const event_log& log, const query& words)
      : log_(log), type_(word(words, "type")), wp_(word(words, "wp")),
        text_(lower_case(word(words, "q"))), feature_(word(words, "feature")) {}

  bool takes(std::uint32_t seq) const {
    const log_row& row = log_.row(seq);
    const auto type = type_of(row.kind);
    const auto feature = log_.features().text(row.feature);
    const std::string_view wp =
        row.package == no_index ? std::string_view() : log_.packages()[row.package].id;
    if (!feature_.empty() && feature != feature_)
      return false;
    if (!type_.empty() && (type.empty() ? "other" : type) != type_)
      return false;
    if (!wp_.empty() && wp != wp_)
      return false;
    return text_.empty() || has(wp) || has(log_.texts().text(row.text)) ||
           has(log_.people().text(row.actor)) || has(log_.people().text(row.sender)) ||
           has(feature) || has(log_.lanes().text(row.lane));
  }

private:
  bool has(std::string_view text) const {
    return lower_case(text).find(text_) != std::string::npos;
  }

  const event_log& log_;
  const std::string type_;
  const std::string wp_;
  const std::string text_;
  const std::string feature_;
};

std::string events_json(const event_log& log, const std::vector<std::uint32_t>& seqs, bool more) {
  json_buffer buffer;
  json_writer out(buffer);
  out.StartObject();
  field(out, "v", std::uint64_t{1});
  key(out, "events");
  out.StartArray();
  for (const auto seq : seqs)
    write_event(out, log, seq);
  out.EndArray();
  field(out, "more", more);
  out.EndObject();
  return to_text(buffer);
}

/// An event with what caused it, up to the first cause, and what it caused, however indirectly.
std::vector<std::uint32_t> chain_of(const event_log& log, std::uint32_t seq) {
  std::set<std::uint32_t> found;
  for (std::uint32_t cause = seq; cause != 0 && found.size() < max_chain;
       cause = log.seq_of(log.row(cause).cause))
    if (!found.insert(cause).second)
      break; // causes in a circle
  std::set<ulid> effects = {log.row(seq).id};
  for (std::size_t place = log.position_of(seq); place < log.size(); ++place) {
    const log_row& row = log.at(place);
    if (found.size() < 2 * max_chain && row.cause != ulid{} && effects.contains(row.cause)) {
      effects.insert(row.id);
      found.insert(log.seq_at(place));
    }
  }
  std::vector<std::uint32_t> seqs(found.begin(), found.end());
  std::sort(seqs.begin(), seqs.end(), [&](std::uint32_t left, std::uint32_t right) {
    return log.position_of(left) < log.position_of(right);
  });
  return seqs;
}

outbound_reply events(const board_source& board, const inbound_request& request,
                      const query& words) {
  const auto& log = board.log();
  if (words.contains("chain")) {
    const auto id = parse_ulid(word(words, "chain"));
    const auto seq = id ? log.seq_of(*id) : 0;
    return seq == 0 ? no_such_point(request)
                    : json_reply(events_json(log, chain_of(log, seq), false));
  }
  const auto limit = std::clamp<std::size_t>(
      whole_number<std::size_t>(word(words, "limit")).value_or(usual_limit), 1, max_limit);
  const event_filter filter(log, words);
  std::vector<std::uint32_t> seqs;
  const auto take = [&](std::uint32_t seq) {
    if (filter.takes(seq))
      seqs.push_back(seq);
    return seqs.size() <= limit;
  };
  if (words.contains("after")) { // in the order of arrival
    const auto after = whole_number<std::uint64_t>(word(words, "after")).value_or(0);
    for (std::uint64_t seq = after + 1; seq <= log.size(); ++seq)
      if (!take(static_cast<std::uint32_t>(seq)))
        break;
  } else { // newest first, in the total order
    const auto before = whole_number<std::uint64_t>(word(words, "before"));
    std::size_t place =
        before ? std::min<std::size_t>(std::max<std::uint64_t>(*before, 1) - 1, log.size())
               : log.size();
    while (place > 0 && take(log.seq_at(place - 1)))
      --place;
  }
  const bool more = seqs.size() > limit;
  seqs.resize(std::min(seqs.size(), limit));
  return json_reply(events_json(log, seqs, more));
}

} // namespace

void add_safe_headers(outbound_reply& reply) {
  for (const auto& [name, value] : {std::pair{"Cache-Control", "no-store"},
                                    {"X-Content-Type-Options", "nosniff"},
                                    {"Referrer-Policy", "no-referrer"},
                                    {"Cross-Origin-Opener-Policy", "same-origin"},
                                    {"Cross-Origin-Resource-Policy", "same-origin"}})
    reply.headers.push_back({name, value});
}

outbound_reply page_reply(std::string_view stream_origins) {
  outbound_reply reply;
  reply.body = page_html();
  reply.content_type = "text/html; charset=utf-8";
  reply.headers.push_back({"Content-Security-Policy", page_policy(page_html(), stream_origins)});
  return reply;
}

void compress(outbound_reply& reply, std::string_view accepted) {
  for (const auto& header : reply.headers)
    if (header.name == "Content-Encoding")
      return;
  if (reply.body.size() < min_gzip_bytes || accepted.find("gzip") == std::string_view::npos)
    return;
  reply.body = zlib_gzip(reply.body, 1);
  reply.headers.push_back({"Content-Encoding", "gzip"});
  reply.headers.push_back({"Vary", "Accept-Encoding"});
}

outbound_reply answer(board_source& board, const inbound_request& request) {
  const auto words = read_query(request.query);
  if (!words)
    return error_reply(400, "bad_query", "the words behind the ? cannot be read", request.id);
  if (request.path == "/board/state")
    return state(board, request, *words);
  if (request.path == "/board/events")
    return events(board, request, *words);
  if (request.path == "/board/transitions")
    return transitions(board);
  if (request.path == "/board/counts")
    return counts(board, request, *words);
  return error_reply(404, "not_found", "there is nothing at this path", request.id);
}

} // namespace spec_kitty::board
