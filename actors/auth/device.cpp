// AUTH's device login: asks for the outcome until a person has decided, or the code has expired.
#include "actors/auth/auth.hpp"
#include "actors/auth/device_reply.hpp"
#include "messages/protocol.hpp"

#include <algorithm>

namespace spec_kitty {

namespace {

using std::chrono::seconds;

constexpr seconds max_pause{60};
constexpr seconds request_grace{
    5}; ///< on top of a request's own timeout, which always ends it first

} // namespace

void auth_state::begin_device_login(std::uint64_t id, const login_request& asked) {
  const device_wait& wait = asked.device;
  devices.emplace(id, device_login{asked, std::clamp(wait.interval, seconds(1), max_pause),
                                   wait.expires_in, seconds(0)});
  pause_device_login(id);
}

void auth_state::pause_device_login(std::uint64_t id) {
  device_login& login = devices.at(id);
  if (login.left <= seconds(0)) {
    devices.erase(id);
    return answer_login(id, failure{ec::login_refused, "nobody approved the login in time",
                                    "to get another code, run: spec-kitty auth login"});
  }
  const seconds pause = std::min(login.interval + login.trouble, max_pause);
  login.left -= pause;
  self->delayed_send(self, pause, device_tick{id});
}

void auth_state::ask_device_login(std::uint64_t id) {
  const auto found = devices.find(id);
  if (found == devices.end())
    return;
  self->request(
          config.http, config.timeout + request_grace,
          post(protocol::device_token_path, device_token_body(found->second.asked.device.code)))
      .then([this, id](const http_reply& reply) { take_device_outcome(id, reply); },
            [this, id](const caf::error& error) {
              devices.erase(id);
              answer_login(id, to_failure(error));
            });
}

void auth_state::take_device_outcome(std::uint64_t id, const http_reply& reply) {
  const auto found = devices.find(id);
  if (found == devices.end())
    return;
  device_login& login = found->second;
  auto outcome = read_device_outcome(reply, config.server.origin(), now_s());
  if (const auto* pending = std::get_if<device_pending>(&outcome)) {
    login.interval = std::min(login.interval + pending->longer, max_pause);
    login.trouble = seconds(0);
    return pause_device_login(id);
  }
  if (std::holds_alternative<device_unclear>(outcome)) {
    login.trouble = std::min(login.trouble + login.interval, max_pause); // the code still counts
    return pause_device_login(id);
  }
  const login_request asked = login.asked;
  devices.erase(found);
  if (const auto* why = std::get_if<failure>(&outcome))
    return answer_login(id, *why);
  keep_session(id, asked, std::get<credentials>(outcome));
}

} // namespace spec_kitty
