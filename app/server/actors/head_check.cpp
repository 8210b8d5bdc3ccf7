#include "app/server/actors/head_check.hpp"

#include "app/server/actors/answers.hpp"
#include "app/server/core/session_tokens.hpp"
#include "app/server/pages/pages.hpp"

namespace spec_kitty::server {

namespace {

constexpr std::size_t max_call_body = 16 * 1024; ///< of everything but a batch

bool is_batch_coding(std::string_view coding) {
  return coding.empty() || coding == "gzip" || coding == "identity";
}

void add_listener(metrics_text& out, const listener::listener_counters& of) {
  out.count("spec_kitty_connections_accepted", "Connections that were accepted.", of.accepted);
  out.count("spec_kitty_connections_refused", "Connections over a limit, closed at once.",
            of.refused_total_cap + of.refused_address_cap + of.refused_untrusted);
  out.count("spec_kitty_tls_failures", "TLS handshakes that failed.", of.tls_failures);
  out.count("spec_kitty_requests", "Requests that were handled.", of.requests);
  out.count("spec_kitty_replies_4xx", "Replies with a status from 400 to 499.", of.replies_4xx);
  out.count("spec_kitty_replies_5xx", "Replies with a status from 500 to 599.", of.replies_5xx);
  out.count("spec_kitty_heads_refused", "Requests whose head was not HTTP.", of.heads_refused);
  out.count("spec_kitty_bodies_refused", "Bodies too large or badly framed.", of.bodies_refused);
  out.count("spec_kitty_timeouts", "Peers that were too slow.",
            of.timeouts_head + of.timeouts_body + of.timeouts_idle + of.timeouts_handling +
                of.timeouts_reply);
  out.level("spec_kitty_connections", "Open connections.", static_cast<double>(of.connections));
  out.level("spec_kitty_body_bytes", "Bytes of bodies that are held.",
            static_cast<double>(of.body_bytes));
}

void add_store(metrics_text& out, const store::store_stats& of) {
  out.count("spec_kitty_store_groups", "Transactions of events.", of.groups);
  out.count("spec_kitty_store_failed_groups", "Transactions of events that failed.",
            of.failed_groups);
  out.level("spec_kitty_store_waiting_bytes", "Bytes that wait for a transaction.",
            static_cast<double>(of.waiting_bytes));
  out.level("spec_kitty_store_used_bytes", "Bytes in use in the store.",
            static_cast<double>(of.used_bytes));
  out.level("spec_kitty_store_file_bytes", "Size of the store's file.",
            static_cast<double>(of.file_bytes));
}

} // namespace

std::optional<listener::outbound_reply> refuse_head(const server_context& context,
                                                    const listener::inbound_request& request) {
  const route* const to = route_of(request.path);
  if (to == nullptr || (to->what == call::metrics && !context.options.serves_metrics))
    return refusal_reply(404, "not_found", "this server has no such path", request);
  if (to->method != request.method) {
    auto reply = refusal_reply(405, "method", "this path has another method", request);
    reply.headers.push_back({"Allow", std::string(to->method)});
    return reply;
  }
  if (!speaks_protocol(request.header("spec-kitty-protocol"))) {
    listener::outbound_reply reply = json_reply(protocol_refusal_body(request.id));
    reply.status = 412;
    return reply;
  }
  if (to->what != call::batch)
    return std::nullopt;
  if (media_type_of(request.header("content-type")) != "application/json")
    return refusal_reply(415, "content_type", "Content-Type must be application/json", request);
  if (!is_batch_coding(request.content_encoding))
    return refusal_reply(415, "content_encoding", "Content-Encoding must be gzip", request);
  return std::nullopt;
}

listener::head_decision judge_head(const server_context& context,
                                   const listener::inbound_request& request) {
  listener::head_decision decided;
  if (pages::is_for(request)) {
    decided.max_body = max_call_body;
    return decided;
  }
  // The figures may have a listener of their own, which answers before ROUTER is asked.
  const route* const to = route_of(request.path);
  if (to == nullptr || to->what != call::metrics)
    decided.refusal = refuse_head(context, request);
  if (decided.refusal)
    return decided;
  if (to->what != call::batch) {
    decided.max_body = max_call_body;
    return decided;
  }
  decided.max_body = context.options.limits.body_bytes;
  const std::string_view bearer = bearer_of(request.header("authorization"));
  if (context.callers.find(bearer, context.steady()) == nullptr && !is_machine_token(bearer) &&
      !read_access_token(bearer, *context.keys.get(), context.options.public_url, context.wall_s()))
    decided.refusal = not_logged_in(request);
  return decided;
}

std::string metrics_of(const server_context& context) {
  metrics_text out;
  out.add(context.metrics);
  if (const auto counters = context.listener_counters.get())
    add_listener(out, counters());
  add_store(out, context.engine().stats());
  return std::move(out).text();
}

} // namespace spec_kitty::server
