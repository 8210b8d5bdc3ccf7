// Replies outside the protocol, and refusals of the whole request: no event is to blame.
#include "app/chaos/proxy/lies.hpp"

#include "messages/protocol.hpp"

#include <ctime>

namespace spec_kitty::chaos {

namespace {

constexpr std::string_view html =
    "<html><body>Welcome! Please log in to the network.</body></html>";

fault_list batch(std::string reply, unsigned times = 0) {
  return {always(protocol::batch_path, std::move(reply), times)};
}

fault_list status(int code) {
  return batch(reply_text(code, R"({"error":"no"})"));
}

fault_list html_with(int code) {
  return batch(reply_text(code, html, "text/html"));
}

/// No process listens on that port: a client that follows the redirect reports the failure.
fault_list redirect(int code) {
  return batch(
      reply_text(code, html, "text/html", {{"Location", "http://127.0.0.1:9/elsewhere/"}}));
}

fault_list slow_down(const std::string& retry_after, unsigned times = 1) {
  header_list headers;
  if (!retry_after.empty())
    headers.emplace_back("Retry-After", retry_after);
  return batch(reply_text(429, R"({"detail":"throttled"})", "application/json", headers), times);
}

std::string date_in(long seconds) {
  const std::time_t then = std::time(nullptr) + seconds;
  std::tm parts{};
  ::gmtime_r(&then, &parts);
  char text[64];
  std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return text;
}

/// The server keeps the events and answers something else.
fault_list kept_but(std::string reply) {
  exchange_fault out;
  out.path = protocol::batch_path;
  out.change = [reply = std::move(reply)](const exchange&, const http_text&) { return reply; };
  return {out};
}

} // namespace

exchange_fault always(std::string_view path, std::string reply, unsigned times) {
  exchange_fault out;
  out.path = path;
  out.times = times;
  out.instead = [reply = std::move(reply)](const exchange&) { return std::optional(reply); };
  return out;
}

std::span<const lie> transport_lies() {
  static constexpr lie all[] = {
      {"201 without results", 0, [](std::uint64_t) { return batch(reply_text(201, "{}")); }},
      {"204", 0, [](std::uint64_t) { return batch(reply_text(204, "", "")); }},
      {"301 elsewhere", 0, [](std::uint64_t) { return redirect(301); }},
      {"302 elsewhere", 0, [](std::uint64_t) { return redirect(302); }},
      {"303 elsewhere", 0, [](std::uint64_t) { return redirect(303); }},
      {"307 elsewhere", 0, [](std::uint64_t) { return redirect(307); }},
      {"308 elsewhere", 0, [](std::uint64_t) { return redirect(308); }},
      {"200 with HTML", 0, [](std::uint64_t) { return html_with(200); }},
      {"400 with HTML", 0, [](std::uint64_t) { return html_with(400); }},
      {"401 once", 0, [](std::uint64_t) { return batch(reply_text(401, "{}"), 1); }},
      {"401 for ever", 0, [](std::uint64_t) { return status(401); }},
      {"403", 0, [](std::uint64_t) { return status(403); }},
      {"404 with HTML", 0, [](std::uint64_t) { return html_with(404); }},
      {"405", 0, [](std::uint64_t) { return status(405); }},
      {"408", 0, [](std::uint64_t) { return status(408); }},
      {"412 with guidance", 0,
       [](std::uint64_t) {
         return batch(reply_text(412, R"({"error_description":"version 0.1 is too old",)"
                                      R"("upgrade_guidance":"install version 9"})"));
       }},
      {"412 without a word", 0, [](std::uint64_t) { return batch(reply_text(412, "")); }},
      {"429 for a second", 0, [](std::uint64_t) { return slow_down("1"); }},
      {"429 until a date", 0, [](std::uint64_t) { return slow_down(date_in(1)); }},
      {"429 until a date that has passed", 0,
       [](std::uint64_t) { return slow_down(date_in(-3600)); }},
      {"429 for ten hours", 0, [](std::uint64_t) { return slow_down("36000"); }},
      {"429 for -5 seconds", 0, [](std::uint64_t) { return slow_down("-5"); }},
      {"429 until soon", 0, [](std::uint64_t) { return slow_down("soon"); }},
      {"429 and no time", 0, [](std::uint64_t) { return slow_down(""); }},
      {"500 once", 0,
       [](std::uint64_t) { return batch(reply_text(500, R"({"error":"oops"})"), 1); }},
      {"502 with HTML", 0, [](std::uint64_t) { return html_with(502); }},
      {"503 with Retry-After", 0,
       [](std::uint64_t) {
         return batch(reply_text(503, "", "", {{"Retry-After", "1"}}));
       }},
      {"504", 0, [](std::uint64_t) { return status(504); }},
      {"511, a network's login", 0, [](std::uint64_t) { return html_with(511); }},
      {"500 after keeping the events", 0,
       [](std::uint64_t) { return kept_but(reply_text(500, "{}")); }},
      {"200 with null", 0, [](std::uint64_t) { return kept_but(reply_text(200, "null")); }},
      {"200 with an empty body", 0, [](std::uint64_t) { return kept_but(reply_text(200, "")); }},
      {"results are missing", 0, [](std::uint64_t) { return kept_but(reply_text(200, "{}")); }},
      {"results are a text", 0,
       [](std::uint64_t) { return kept_but(reply_text(200, R"({"results":"all of them"})")); }},
  };
  return all;
}

} // namespace spec_kitty::chaos
