// One session through lost replies, kills and a thief.
//
// The server offers idempotent_refresh and device_login. Replies of refreshes are lost, late or
// cut; clients and the server are killed while one is under way: the same session continues. A
// login on a terminal meets the same, and opens one session. A thief uses tokens: the owner's next
// refresh ends the session for both.
#include "app/chaos/proxy/network_faults.hpp"
#include "app/chaos/scenarios/play_steps.hpp"
#include "app/chaos/scenarios/scenarios.hpp"
#include "app/chaos/scenarios/session_site.hpp"
#include "app/chaos/scenarios/terminal_program.hpp"
#include "messages/protocol.hpp"

#include <csignal>
#include <set>
#include <thread>

namespace spec_kitty::chaos {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t refresh_faults_per_round = 5;
constexpr std::size_t thefts_per_round = 2;

constexpr std::string_view of_refresh = "of a refresh: ";
constexpr std::string_view of_login = "of a login in the browser: ";
constexpr std::string_view client_killed = "kill -9 of the clients";
constexpr std::string_view server_killed_meanwhile = "kill -9 of the server";
constexpr std::string_view took_token = "a thief uses the token";
constexpr std::string_view took_older = "a thief uses an older token";
constexpr std::string_view took_both = "a thief uses the token and its key";

/// Faults of a network that a session must survive.
constexpr std::array session_network_faults = {
    std::string_view("a reply is lost"),
    std::string_view("a reply is cut short in its body"),
    std::string_view("a reset in place of the reply"),
    std::string_view("a request is lost"),
    std::string_view("a reply comes when its reader has gone"),
    std::string_view("a request comes late"),
    std::string_view("a black hole behind the server")};

/// A fault of that name on a path; a kill comes while the exchange takes its time.
exchange_fault exchange_fault_of(std::string_view name, std::string_view path,
                                 std::uint64_t drawn) {
  exchange_fault out;
  if (const auto* known = find_network_fault(name)) {
    out = known->make(drawn);
  } else {
    out.up.delay = std::chrono::milliseconds(drawn % 2 == 0 ? 0 : drawn % 40);
    out.down.delay = std::chrono::milliseconds(20 + drawn % 300);
  }
  out.path = path;
  return out;
}

class session_play {
public:
  explicit session_play(const stage& where) : site_(where) {}

  bool hit(const step& step) {
    if (step.fault.starts_with(of_refresh))
      return strike_refresh(step.fault, step.fault.substr(of_refresh.size()), step.values);
    if (step.fault.starts_with(of_login))
      return strike_login(step.fault, step.fault.substr(of_login.size()), step.values);
    return steal(step.fault);
  }

  std::vector<violation> finish(outcome& out) { return site_.finish(out); }

private:
  /// The kill that a fault's name asks for, so many microseconds after the exchange began.
  bool kill_meanwhile(std::string_view fault, std::uint64_t after_us) {
    if (fault != client_killed && fault != server_killed_meanwhile)
      return true;
    std::this_thread::sleep_for(std::chrono::microseconds(after_us));
    if (fault == client_killed)
      return site_.clients().kill();
    site_.home().all.server().kill();
    site_.restart_server();
    return true;
  }

  bool strike_refresh(const std::string& name, std::string_view fault,
                      const std::vector<std::uint64_t>& drawn) {
    const auto before = site_.kept();
    if (!before)
      return false;
    const bool hit = site_.clients().strike(
        [&] { return exchange_fault_of(fault, protocol::refresh_path, drawn[0]); },
        [&] { return kill_meanwhile(fault, drawn[1]); });
    site_.clients().work_until([] { return false; }, std::chrono::milliseconds(drawn[0] % 400));
    site_.look(name, session_site::family_of(before->refresh));
    return hit;
  }

  /// A login that a person approves in the browser, on a terminal, in place of the session.
  bool strike_login(const std::string& name, std::string_view fault,
                    const std::vector<std::uint64_t>& drawn) {
    site_.clients().end();
    auto& home = site_.home();
    if (home.all.run("home", {"auth", "logout"}).status != 0)
      return false;
    auto& line = *home.line;
    // The server names itself in the link, and the client takes none that leads elsewhere.
    exchange_fault through_proxy;
    through_proxy.path = protocol::device_code_path;
    through_proxy.change = [from = std::to_string(home.all.server().port()),
                            to = std::to_string(line.port())](const exchange&,
                                                              const http_text& reply) {
      std::string body = reply.body;
      for (auto at = body.find(from); at != std::string::npos; at = body.find(from, at + to.size()))
        body.replace(at, from.size(), to);
      return reply_text(reply.status(), body);
    };
    const auto passing = line.arm(through_proxy);
    bool hit = false;
    {
      terminal_program login(home.all.command("home", {"auth", "login"}));
      constexpr std::string_view before_code = "the code ";
      if (login.prints("Ctrl-C", 20s)) {
        const auto at = login.printed().find(before_code) + before_code.size();
        const auto number =
            site_.approve(login.printed().substr(at, 9))
                ? line.arm(exchange_fault_of(fault, protocol::device_token_path, drawn[0]))
                : 0;
        hit = support::eventually([&] { return line.used(number) > 0; }, 20s);
        if (hit && fault == client_killed) {
          std::this_thread::sleep_for(std::chrono::microseconds(drawn[1]));
          login.send(SIGKILL);
        } else if (hit) {
          hit = kill_meanwhile(fault, drawn[1]);
        }
        line.take_away(number);
      }
      home.all.judge_end("`auth login`", login.wait(60s), fault == client_killed ? SIGKILL : 0);
    }
    line.take_away(passing);
    if (fault == client_killed && !site_.kept())
      (void)home.log_in();
    site_.look(name, family_now(), {}, fault == client_killed);
    return hit;
  }

  std::string family_now() const {
    const auto now = site_.kept();
    return now ? session_site::family_of(now->refresh) : "none";
  }

  bool steal(const std::string& name) {
    const auto first = site_.kept();
    if (!first)
      return false;
    auto taken = *first;
    if (name == took_older && !is_replaced_twice(taken.refresh))
      return false;
    site_.clients().end();
    if (name == took_token)
      taken = site_.kept().value_or(taken);
    std::string got;
    if (name == took_both) {
      if (!lose_replies())
        return false;
      taken = site_.kept().value_or(taken);
      if (taken.refresh_key.empty())
        return false;
      got = site_.steal(taken.refresh, taken.refresh_key);
      got = got.empty() ? got : site_.steal(got, ""); // he continues as the owner would
    } else {
      got = site_.steal(taken.refresh, "");
    }
    site_.look(name, session_site::family_of(taken.refresh), got);
    return name == took_older ? got.empty() : !got.empty();
  }

  /// Works until two other tokens have taken this one's place.
  bool is_replaced_twice(const std::string& token) {
    std::set<std::string> later;
    return site_.clients().work_until(
        [&] {
          if (const auto now = site_.kept(); now && now->refresh != token)
            later.insert(now->refresh);
          return later.size() >= 2;
        },
        fault_patience);
  }

  /// One `sync now` asks for a refresh and gets no reply: its key stays beside the token.
  bool lose_replies() {
    std::this_thread::sleep_for(1100ms);
    auto fault = exchange_fault_of("a reset in place of the reply", protocol::refresh_path, 0);
    fault.times = 0;
    auto& line = *site_.home().line;
    const auto number = line.arm(std::move(fault));
    site_.home().all.emit();
    (void)site_.home().all.sync_now();
    line.take_away(number);
    return line.used(number) > 0;
  }

  session_site site_;
};

} // namespace

std::vector<step> plan_sessions(dice& chance) {
  std::vector<std::string> faults(session_network_faults.begin(), session_network_faults.end());
  faults.insert(faults.end(), {std::string(client_killed), std::string(client_killed),
                               std::string(server_killed_meanwhile)});
  std::vector<std::string> thefts = {std::string(took_token), std::string(took_older),
                                     std::string(took_both)};
  chance.shuffle(faults);
  chance.shuffle(thefts);
  std::vector<step> out;
  // fault, what its times are drawn from, µs after which a kill comes
  const auto add = [&](const std::string& fault) {
    out.push_back({fault, {chance.below(1U << 30U), chance.below(60000)}});
  };
  for (std::size_t i = 0; i < refresh_faults_per_round; ++i)
    add(std::string(of_refresh) + faults[i]);
  for (std::size_t i = 0; i < thefts_per_round; ++i)
    add(thefts[i]);
  add(std::string(of_login) + faults.back());
  chance.shuffle(out);
  return out;
}

outcome play_sessions(const stage& where, std::uint64_t, const std::vector<step>& steps) {
  return play_steps<session_play>(where, steps);
}

} // namespace spec_kitty::chaos
