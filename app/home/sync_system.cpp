#include "app/home/sync_system.hpp"

#include "actors/clock/clock_reply.hpp"
#include "actors/http/transport_failure.hpp"
#include "messages/protocol.hpp"
#include "messages/ulid.hpp"
#include "util/gzip.hpp"
#include "util/version.hpp"

#include <caf/send.hpp>

#include <unistd.h>

#include <array>

namespace spec_kitty {

namespace {

/// A run makes strict progress and bounds each of its own waits; this bound only ends the wait for
/// an actor system that hangs.
constexpr std::chrono::minutes whole_run{24 * 60};

/// A run reads every event anyhow.
store_options settings_for(const home_view& view, const sync_mode& mode) {
  auto options = view.store_settings();
  if (!mode.background)
    options.look_through = looked_through::always;
  return options;
}

} // namespace

sync_system::sync_system(const home_view& view, const server_url& server, sync_mode mode)
    : local_(settings_for(view, mode), 2), server_(server),
      ca_file_(view.config.text("tls.ca_file")),
      timeout_(std::chrono::seconds(view.config.number("sync.timeout_s"))) {
  supervisor_ = local_.system().spawn(supervisor, wire(view, server, local_.queue_handle(),
                                                       local_.clock_handle(), std::move(mode)));
}

void sync_system::close() {
  end_transports();
  local_.close();
}

sync_system::~sync_system() {
  end_transports();
}

/// They end with their supervisor.
void sync_system::end_transports() {
  if (supervisor_)
    caf::anon_send_exit(supervisor_, caf::exit_reason::user_shutdown);
  supervisor_ = nullptr;
}

result<sync_report> sync_system::run() {
  return local_.ask<sync_report>(supervisor_, whole_run, sync_request{});
}

result<transports> sync_system::parts() {
  return local_.ask<transports>(supervisor_, local_.patience(), transports_question{});
}

result<http_reply> sync_system::exchange(http_request request) {
  const auto now = parts();
  if (!now)
    return now.error();
  return local_.ask<http_reply>(now->http, whole_run, std::move(request));
}

result<access_token> sync_system::token(const std::string& failed_access) {
  const auto now = parts();
  if (!now)
    return now.error();
  return local_.ask<access_token>(now->auth, whole_run, token_request{failed_access});
}

result<login_done> sync_system::login(const login_request& request) {
  const auto now = parts();
  return now ? local_.ask<login_done>(now->auth, whole_run, request)
             : result<login_done>(now.error());
}

result<device_code> sync_system::ask_device_code(const std::string& team) {
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) != 0)
    host.front() = '\0';
  http_request request = question(protocol::device_code_path, {});
  request.method = "POST";
  request.headers.push_back("Content-Type: application/json");
  request.body = device_code_body("spec-kitty/" + std::string(version), host.data(), team);
  const auto reply = exchange(std::move(request));
  return reply ? read_device_code(*reply, server_.origin()) : result<device_code>(reply.error());
}

result<logout_done> sync_system::logout() {
  const auto now = parts();
  return now ? local_.ask<logout_done>(now->auth, whole_run, logout_request{})
             : result<logout_done>(now.error());
}

http_request sync_system::question(std::string_view path, const std::string& access) const {
  http_request request;
  request.method = "GET";
  request.url = server_.at(path);
  request.headers = {"User-Agent: spec-kitty/" + std::string(version), protocol::version_header};
  if (!access.empty())
    request.headers.push_back("Authorization: Bearer " + access);
  request.ca_file = ca_file_;
  request.timeout = timeout_;
  return request;
}

/// A batch without events changes nothing at a server, which answers it as any other.
http_request sync_system::empty_batch(const access_token& session) const {
  http_request request = question(protocol::batch_path, session.access);
  request.method = "POST";
  for (const auto& header :
       {std::string("Content-Type: application/json"), std::string("Content-Encoding: gzip"),
        "Idempotency-Key: " + fresh_ulid(static_cast<std::uint64_t>(wall_clock_now() / 1000))})
    request.headers.push_back(header);
  if (!session.team_slug.empty())
    request.headers.push_back("X-Team-Slug: " + session.team_slug);
  request.body = gzip(std::string(protocol::batch_begin) + std::string(protocol::batch_end));
  return request;
}

server_answer sync_system::probe(bool with_session) {
  server_answer answer;
  access_token session;
  if (with_session) {
    if (auto fresh = token({}))
      session = *std::move(fresh);
    else
      answer.no_token = fresh.error();
  }
  answer.with_token = !session.access.empty();
  auto reply = exchange(question(protocol::clock_path, session.access));
  if (reply && reply->outcome == http_outcome::answered && reply->status == 404) {
    auto second = exchange(empty_batch(session));
    const bool knows_batches = second && second->status != 404 && second->status != 405;
    if (knows_batches && server_object(*second))
      reply = std::move(second);
  }
  if (reply)
    answer.reply = *reply;
  else
    answer.reply.error = reply.error().message;
  return answer;
}

http_reply sync_system::ask_offer(const std::optional<credentials>& session) {
  auto asked = question(protocol::offer_path, session ? session->access : std::string());
  auto reply = exchange(std::move(asked));
  return reply ? std::move(*reply) : http_reply{};
}

result<restamp_done> sync_system::reconcile_by_batch(const access_token& session) {
  const auto reply = exchange(empty_batch(session));
  if (!reply)
    return reply.error();
  if (const auto clock = read_batch_clock(*reply))
    return local_.ask<restamp_done>(local_.queue_handle(), local_.patience(),
                                    restamp_request{*clock, 0, {}});
  const bool takes_batches = reply->status == 200 || reply->status == 400 || reply->status == 422;
  if (!takes_batches || !server_object(*reply))
    return transport_failure(*reply, "server clock");
  const auto own =
      local_.ask<clock_value>(local_.queue_handle(), local_.patience(), clock_question{});
  return own ? result<restamp_done>(restamp_done{own->value, 0, {}}) : own.error();
}

result<restamp_done> sync_system::reconcile() {
  std::string failed_access;
  for (const bool last_try : {false, true}) {
    const auto fresh = token(failed_access);
    if (!fresh)
      return fresh.error();
    const auto reply = exchange(question(protocol::clock_path, fresh->access));
    if (!reply)
      return reply.error();
    if (const auto clock = read_clock_reply(*reply))
      return local_.ask<restamp_done>(local_.queue_handle(), local_.patience(),
                                      restamp_request{*clock, 0, {}});
    if (reply->outcome == http_outcome::answered && reply->status == 404)
      return reconcile_by_batch(*fresh);
    if (reply->status != 401 || last_try)
      return reply->status == 401
                 ? failure{ec::login_required, "the server does not accept the session",
                           "run: spec-kitty auth login"}
                 : transport_failure(*reply, "server clock");
    failed_access = fresh->access;
  }
  return failure{ec::internal, "no answer", {}};
}

void sync_system::read_log(const log_page_request& asked) {
  caf::anon_send(supervisor_, asked);
}

void sync_system::notify(wakeup_reason why) {
  caf::anon_send(supervisor_, wakeup{why});
}

result<due_count> sync_system::due(const std::string& team_slug) {
  return local_.ask<due_count>(local_.queue_handle(), local_.patience(), due_request{team_slug});
}

result<cursor_found> sync_system::heard(const std::string& team_slug) {
  return local_.ask<cursor_found>(local_.queue_handle(), local_.patience(),
                                  cursor_request{server_.origin(), team_slug});
}

bool sync_system::wind_down(std::chrono::milliseconds patience) {
  return local_.ask<wound_down>(supervisor_, patience, spec_kitty::wind_down{}).ok();
}

} // namespace spec_kitty
