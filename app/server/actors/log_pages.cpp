// GET /api/v1/events/: pages of the team's log.
#include "app/server/actors/answers.hpp"
#include "app/server/actors/router.hpp"
#include "app/server/actors/worker.hpp"
#include "app/server/core/team_log.hpp"

#include <algorithm>
#include <utility>

namespace spec_kitty::server {

namespace {

/// Pages that are read or written out at once, of all callers.
constexpr long max_pages_at_once = 64;

/// Events and gaps of a page in the order of their numbers, as far as they fit.
std::string body_of(const store::page& page, std::string_view log, store::sequence after,
                    server_context& context) {
  log_page_body body({log, page.head.first, page.head.head});
  store::sequence through = after;
  auto gap = page.gaps.begin();
  const auto add_gaps = [&](store::sequence before) {
    for (; gap != page.gaps.end() && gap->from < before; ++gap) {
      if (!body.add_gap(gap->from, gap->to,
                        gap->reason == store::gap_reason::retention ? "retention" : "erased"))
        return false;
      through = gap->to;
    }
    return true;
  };
  for (const store::stored_event& event : page.events) {
    if (!add_gaps(event.seq) ||
        !body.add_event(event.seq, context.names.account_json(context.accounts(), event.account),
                        event.text))
      return std::move(body).finish(through);
    through = event.seq;
  }
  if (add_gaps(page.through + 1))
    through = std::max(through, page.through);
  return std::move(body).finish(through);
}

listener::outbound_reply page_reply(const log_page_read& read, server_context& context) {
  const listener::inbound_request& request = *read.asked.request;
  if (!*read.page)
    return store_refusal(read.page->error(), request);
  const auto log = context.names.log(context.accounts(), read.caller->team);
  if (!log)
    return store_refusal(log.error(), request);
  const auto wanted = read_log_query(request.query);
  if (wanted && !wanted->log.empty() && wanted->log != *log)
    return refusal_reply(409, "log_changed", "the team's log is another one now", request);
  return json_reply(body_of(**read.page, *log, wanted ? wanted->after : 0, context));
}

} // namespace

void router_state::read_events(const http_call& asked, const caller_ptr& of) {
  const auto wanted = read_log_query(asked.request->query);
  if (!wanted) {
    asked.reply(refusal_reply(
        400, "invalid", "the query is log=ULID, after=number, limit=1 to 1000", *asked.request));
    return;
  }
  if (page_holds.use_count() > max_pages_at_once) {
    asked.reply(
        later_reply(503, "busy", "too many pages are being read: try again", 1, *asked.request));
    return;
  }
  context->engine().read(
      of->team, wanted->after, {wanted->limit, max_log_page_bytes}, context->store_deadline(),
      [handle = router_actor(self), asked, of, hold = page_holds](result<store::page> page) {
        caf::anon_send(handle,
                       log_page_read{asked, of, hold,
                                     std::make_shared<const result<store::page>>(std::move(page))});
      });
}

void router_state::take_log_page(const log_page_read& read) {
  self->send(log_pages,
             job{[context = context, read] { read.asked.reply(page_reply(read, *context)); }});
}

} // namespace spec_kitty::server
