// GET /api/v1/events/: pages of the team's log.
#include "app/server/actors/answers.hpp"
#include "app/server/actors/router.hpp"
#include "app/server/core/team_log.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace spec_kitty::server {

namespace {

/// Pages that are read or written out at once, of all callers.
constexpr long max_pages_at_once = 64;

/// Names of senders as JSON; neighbours in a log mostly have the same one.
class sender_names {
public:
  explicit sender_names(server_context& context) : context_(context) {}
  std::string_view of(store::account_id account) {
    if (!known_ || *known_ != account)
      name_ = context_.names.account_json(context_.accounts(), account);
    known_ = account;
    return name_;
  }

private:
  server_context& context_;
  std::optional<store::account_id> known_;
  std::string name_;
};

std::size_t bytes_of(const store::page& page, std::size_t name_bytes) {
  std::size_t bytes = 0;
  for (const store::stored_event& event : page.events)
    bytes += event.text.size() + name_bytes + log_page_event_bytes;
  return bytes;
}

/// Events and gaps of a page in the order of their numbers, as far as they fit.
std::string body_of(const store::page& page, std::string_view log, store::sequence after,
                    server_context& context) {
  sender_names names(context);
  const std::size_t name_bytes =
      page.events.empty() ? 0 : names.of(page.events.front().account).size();
  log_page_body body({log, page.head.first, page.head.head}, bytes_of(page, name_bytes));
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
    if (!add_gaps(event.seq) || !body.add_event(event.seq, names.of(event.account), event.text))
      return std::move(body).finish(through);
    through = event.seq;
  }
  if (add_gaps(page.through + 1))
    through = std::max(through, page.through);
  return std::move(body).finish(through);
}

listener::outbound_reply page_reply(const result<store::page>& page, const log_query& wanted,
                                    store::team_id team, const listener::inbound_request& request,
                                    server_context& context) {
  if (!page)
    return store_refusal(page.error(), request);
  const auto log = context.names.log(context.accounts(), team);
  if (!log)
    return store_refusal(log.error(), request);
  if (!wanted.log.empty() && wanted.log != *log)
    return refusal_reply(409, "log_changed", "the team's log is another one now", request);
  return json_reply(body_of(*page, *log, wanted.after, context));
}

} // namespace

void router_state::read_events(const http_call& asked, const caller_ptr& of) {
  auto wanted = read_log_query(asked.request->query);
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
  const store::page_limits limits{wanted->limit, max_log_page_bytes};
  const store::sequence after = wanted->after;
  context->engine().read(of->team, after, limits, context->store_deadline(),
                         [context = context, asked, team = of->team, wanted = std::move(*wanted),
                          hold = page_holds](const result<store::page>& page) {
                           asked.reply(page_reply(page, wanted, team, *asked.request, *context));
                         });
}

} // namespace spec_kitty::server
