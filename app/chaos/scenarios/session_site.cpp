#include "app/chaos/scenarios/session_site.hpp"

#include "messages/protocol.hpp"
#include "util/json.hpp"

#include <thread>

namespace spec_kitty::chaos {

using namespace std::chrono_literals;

namespace {

/// Seconds that an access token is good.
constexpr const char* brief_access = "1";

} // namespace

session_site::session_site(const stage& where)
    : home_(where, {"--access-lifetime", brief_access}),
      person_(home_.all.server().port(), home_.all.server().username(),
              home_.all.server().password()) {}

std::optional<credentials> session_site::kept() const {
  const auto read = read_credentials(home_.all.home());
  return read ? *read : std::nullopt;
}

std::string session_site::family_of(const std::string& refresh) {
  return refresh.substr(0, refresh.find('.'));
}

void session_site::restart_server() {
  home_.all.server().restart({"--quiet", "--access-lifetime", brief_access});
}

std::string session_site::steal(const std::string& refresh, const std::string& key) {
  header_list headers;
  if (!key.empty())
    headers.emplace_back("Idempotency-Key", key);
  const int port = home_.all.server().port();
  const auto reply = ask_http(port, request_text("POST", protocol::refresh_path, port,
                                                 R"({"refresh":")" + refresh + "\"}",
                                                 "application/json", headers));
  const auto body =
      reply && reply->status() == 200 ? parse_json(reply->body) : result<json_document>(failure{});
  return body ? text_of(*body, "refresh").value_or("") : "";
}

bool session_site::approve(const std::string& user_code) {
  return person_.approve(user_code, home_.all.server().team());
}

void session_site::look(const std::string& after, const std::string& before,
                        const std::optional<std::string>& stolen, bool leaves) {
  clients_.end();
  std::this_thread::sleep_for(1100ms); // the access token is over: what comes next is a refresh
  session_seen seen;
  seen.after = after;
  seen.before = before;
  seen.stolen = stolen.has_value();
  seen.works = clients_.settle() == 0;
  if (const auto now = kept())
    seen.now = family_of(now->refresh);
  seen.thief_works = stolen && !stolen->empty() && !steal(*stolen, "").empty();
  const auto open = person_.program_sessions();
  const std::uint64_t known = (seen.works ? 1U : 0U) + known_leftovers_;
  seen.left_open = open > known ? open - known : 0;
  if (leaves && seen.left_open == 1) {
    ++known_leftovers_;
    seen.left_open = 0;
  }
  home_.all.seen.sessions.push_back(seen);
  if (!seen.works && !home_.log_in())
    home_.all.seen.strange.push_back({"after `" + after + "` a login failed"});
  home_.look_for_blame();
}

std::vector<violation> session_site::finish(outcome& out) {
  clients_.end();
  auto all = home_.finish(out);
  out.figures["refreshes"] += home_.seen->refreshes().size();
  return all;
}

} // namespace spec_kitty::chaos
