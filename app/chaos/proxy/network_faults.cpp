#include "app/chaos/proxy/network_faults.hpp"

#include <algorithm>
#include <array>

namespace spec_kitty::chaos {

namespace {

using drawn = std::uint64_t;
using kind = frame_fault::kind;

exchange_fault with(const shape& up, const shape& down) {
  exchange_fault out;
  out.up = up;
  out.down = down;
  return out;
}

shape late(drawn number, std::uint64_t least, std::uint64_t most) {
  shape out;
  out.delay = std::chrono::milliseconds(least + number % (most - least));
  return out;
}

/// Only some bytes pass, then the end.
shape cut(std::size_t bytes, ending after) {
  shape out;
  out.most = bytes;
  out.after = after;
  return out;
}

shape slow(drawn number) {
  shape out;
  out.bytes_per_ms = 1 + number % 8;
  return out;
}

shape corrupted(drawn number) {
  shape out;
  out.flip = static_cast<std::size_t>(number % 4096);
  return out;
}

frame_fault frame(kind what, direction way, std::uint64_t amount = 0) {
  frame_fault out;
  out.what = what;
  out.way = way;
  out.amount = amount;
  return out;
}

frame_fault inserted(std::string text) {
  auto out = frame(kind::insert, direction::down);
  out.text = std::move(text);
  return out;
}

constexpr const char* foreign_frame = R"("event_id":"01ARZ3NDEKTSV4RRFFQ69G5FAV")";

/// Another client's event with that clock, a JSON value.
frame_fault remote_event(const std::string& clock) {
  return inserted(R"({"type":"event","event":{)" + std::string(foreign_frame) +
                  R"(,"node_id":"ffffffffffff","lamport_clock":)" + clock + "}}");
}

constexpr auto up = direction::up;
constexpr auto down = direction::down;

} // namespace

std::span<const network_fault> network_faults() {
  static constexpr std::array<network_fault, 19> all = {{
      {"a request comes late", [](drawn n) { return with(late(n, 10, 300), {}); }},
      {"a reply comes late", [](drawn n) { return with({}, late(n, 10, 300)); }},
      {"a request comes when its sender has gone",
       [](drawn n) { return with(late(n, 1100, 1500), {}); }},
      {"a reply comes when its reader has gone",
       [](drawn n) { return with({}, late(n, 1100, 1500)); }},
      {"a request is lost", [](drawn) { return with(cut(0, ending::fin), {}); }},
      {"a reply is lost", [](drawn) { return with({}, cut(0, ending::fin)); }},
      {"a request is cut short", [](drawn n) { return with(cut(1 + n % 400, ending::fin), {}); }},
      {"a reply is cut short in its head",
       [](drawn n) { return with({}, cut(1 + n % 100, ending::fin)); }},
      {"a reply is cut short in its body",
       [](drawn n) { return with({}, cut(180 + n % 60, ending::fin)); }},
      {"a request arrives twice at once",
       [](drawn) {
         exchange_fault out;
         out.again = std::chrono::milliseconds(0);
         return out;
       }},
      {"a request arrives again later",
       [](drawn n) {
         exchange_fault out;
         out.again = std::chrono::milliseconds(20 + n % 400);
         return out;
       }},
      {"a request is corrupted", [](drawn n) { return with(corrupted(n), {}); }},
      {"a reply is corrupted", [](drawn n) { return with({}, corrupted(n)); }},
      {"a reset in place of the request", [](drawn) { return with(cut(0, ending::rst), {}); }},
      {"a reset in place of the reply", [](drawn) { return with({}, cut(0, ending::rst)); }},
      {"a reset amid the reply", [](drawn n) { return with({}, cut(1 + n % 200, ending::rst)); }},
      {"a slow line", [](drawn n) { return with(slow(n), slow(n / 8)); }},
      {"a black hole before the server", [](drawn) { return with(cut(0, ending::hole), {}); }},
      {"a black hole behind the server", [](drawn) { return with({}, cut(0, ending::hole)); }},
  }};
  return all;
}

std::span<const frame_fault_kind> frame_faults() {
  static constexpr std::array<frame_fault_kind, 24> all = {{
      {"an event's frame is lost", [](drawn) { return frame(kind::drop, up); }},
      {"an answer's frame is lost", [](drawn) { return frame(kind::drop, down); }},
      {"an event's frame comes twice", [](drawn) { return frame(kind::twice, up); }},
      {"an answer's frame comes twice", [](drawn) { return frame(kind::twice, down); }},
      {"an event's frame comes late", [](drawn n) { return frame(kind::delay, up, 10 + n % 400); }},
      {"an answer's frame comes late",
       [](drawn n) { return frame(kind::delay, down, 10 + n % 400); }},
      {"an event's frame is cut short", [](drawn n) { return frame(kind::cut, up, 1 + n % 100); }},
      {"an answer's frame is cut short",
       [](drawn n) { return frame(kind::cut, down, 1 + n % 60); }},
      {"an answer is not UTF-8", [](drawn) { return frame(kind::corrupt, down, 0); }},
      {"an answer is not JSON", [](drawn) { return frame(kind::corrupt, down, 1); }},
      {"two events change places", [](drawn) { return frame(kind::swap, up); }},
      {"two answers change places", [](drawn) { return frame(kind::swap, down); }},
      {"the WebSocket is closed with a code",
       [](drawn n) {
         constexpr std::array<std::uint64_t, 8> codes = {1000, 1001, 1002, 1008,
                                                         1011, 1012, 3000, 4999};
         return frame(kind::close, down, codes[n % codes.size()]);
       }},
      {"the WebSocket falls silent", [](drawn n) { return frame(kind::hole, n % 2 ? up : down); }},
      {"an ack of no event of ours",
       [](drawn) { return inserted(R"({"type":"ack",)" + std::string(foreign_frame) + "}"); }},
      {"an error of no event of ours",
       [](drawn) {
         return inserted(R"({"type":"error",)" + std::string(foreign_frame) +
                         R"(,"message":"no"})");
       }},
      {"an error of no event",
       [](drawn) { return inserted(R"({"type":"error","message":"no"})"); }},
      {"a message of no known type", [](drawn) { return inserted(R"({"type":"nonsense"})"); }},
      {"a message without a type", [](drawn) { return inserted("[1,2]"); }},
      {"a ping with an odd time",
       [](drawn) { return inserted(R"({"type":"ping","timestamp":{"a":[1]}})"); }},
      {"an event far ahead",
       [](drawn n) { return remote_event(std::to_string(100000 + n % 100000)); }},
      {"an event with a clock of 2^53", [](drawn) { return remote_event("9007199254740992"); }},
      {"an event with a negative clock", [](drawn) { return remote_event("-1"); }},
      {"an event with a clock in words", [](drawn) { return remote_event("\"soon\""); }},
  }};
  return all;
}

const network_fault* find_network_fault(std::string_view name) {
  const auto all = network_faults();
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const auto& fault) { return fault.name == name; });
  return found == all.end() ? nullptr : &*found;
}

const frame_fault_kind* find_frame_fault(std::string_view name) {
  const auto all = frame_faults();
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const auto& fault) { return fault.name == name; });
  return found == all.end() ? nullptr : &*found;
}

} // namespace spec_kitty::chaos
