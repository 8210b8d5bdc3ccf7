#include "app/daemon/watch_feed.hpp"

#include "app/daemon/notices.hpp"
#include "messages/event.hpp"

namespace spec_kitty {

log_reader watch_feed::reader_for(const json_value& request, const engine* actors) {
  if (const auto after = whole_number_of(request, "after"); after && *after >= 0) {
    const std::string log = text_of(request, "log").value_or("");
    return log_reader::behind({is_ulid(log) ? log : "", static_cast<std::uint64_t>(*after)});
  }
  if (heard_.log.empty() && actors != nullptr)
    heard_ = actors->heard();
  return log_reader(heard_);
}

void watch_feed::publish(control_server& to, const notice& what) {
  const auto line = [](const notice& of) { return notice_json(of, wall_clock_now()); };
  const auto words = [&](const std::string& text) { return line(remark{text}); };
  if (const auto* event = std::get_if<event_received>(&what)) {
    if (event->seq > 0)
      heard_ = {event->log, event->seq};
    if (to.has_watchers())
      to.notify_event(*event, line(what));
  } else if (const auto* joined = std::get_if<log_joined>(&what)) {
    heard_ = {joined->log.log, joined->from};
    to.notify_joined(*joined, line(what), words);
  } else if (const auto* page = std::get_if<log_page_read>(&what)) {
    to.take_page(*page, line, words);
  }
}

void watch_feed::read_pages(control_server& of, engine* actors, notice_queue& answers) {
  for (const log_page_request& request : of.page_requests())
    if (actors != nullptr)
      actors->read_log(request);
    else
      answers.push(log_page_read{
          request.reader, failure{ec::transport, "the settings have changed; reconnecting", {}}});
}

} // namespace spec_kitty
