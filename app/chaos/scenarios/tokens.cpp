// Sessions that end all the time: expiry, rotation, kills and lost replies around a refresh, logins
// and logouts in between.
//
// The server's access tokens are good for a second, so every run begins with a refresh. Two `sync
// now` and a daemon drain at once. After each step a session that was not ended must still work,
// and a login must replace one that was lost. The proxy sees which refresh tokens are used again.
#include "app/chaos/scenarios/drainers.hpp"
#include "app/chaos/scenarios/play_steps.hpp"
#include "app/chaos/scenarios/scenarios.hpp"
#include "messages/protocol.hpp"

#include <thread>

namespace spec_kitty::chaos {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t tokens_steps_per_round = 6;

constexpr const char* killed_in_refresh = "kill -9 during a refresh";
constexpr const char* refresh_reply_lost = "a refresh's reply is lost";
constexpr const char* refresh_request_lost = "a refresh's request is lost";
constexpr const char* takes_time = "a refresh takes its time";
constexpr const char* login_meanwhile = "a login during a refresh";
constexpr const char* logout_meanwhile = "a logout during a refresh";
constexpr const char* refused_late = "401 to a refresh, after a login";
constexpr const char* renewed_late = "a refresh is done after a login";

/// What a step leaves of the session.
enum class session_state { alive, perhaps, over };

session_state left_by(const std::string& fault) {
  if (fault == logout_meanwhile)
    return session_state::over;
  return fault == killed_in_refresh || fault == refresh_reply_lost ? session_state::perhaps
                                                                   : session_state::alive;
}

exchange_fault fault_of(const step& step) {
  exchange_fault out;
  out.path = protocol::refresh_path;
  const auto drawn = std::chrono::milliseconds(step.values[0]);
  if (step.fault == refresh_request_lost) {
    out.up.most = 0;
    out.up.after = ending::fin;
  } else if (step.fault == refresh_reply_lost) {
    out.down.most = 0;
    out.down.after = ending::rst;
  } else {
    out.down.delay = drawn;
  }
  if (step.fault == refused_late)
    out.change = [](const exchange&, const http_text&) { return reply_text(401, "{}"); };
  return out;
}

class session_fault_fixture {
public:
  explicit session_fault_fixture(const stage& where) : home_(where, {"--access-lifetime", "1"}) {}

  bool hit(const step& step) {
    const bool hit =
        clients_.strike([&] { return fault_of(step); }, [&] { return meanwhile(step); });
    // Whatever the reply is to find, it has come now.
    clients_.work_until([] { return false; }, std::chrono::milliseconds(step.values[0] + 20));
    check(step.fault);
    home_.look_for_blame();
    return hit;
  }

  std::vector<violation> finish(outcome& out) {
    clients_.end();
    if (!home_.log_in())
      complain("the last login failed");
    auto all = home_.finish(out);
    out.figures["refreshes"] += home_.seen->refreshes().size();
    all.insert(all.end(), found_.begin(), found_.end());
    return all;
  }

private:
  void complain(const std::string& words) { found_.push_back({"session", words}); }

  /// What happens while the refresh is under way.
  bool meanwhile(const step& step) {
    if (step.fault == killed_in_refresh) {
      std::this_thread::sleep_for(std::chrono::microseconds(step.values[1]));
      return clients_.kill(); // one of them is in the middle of it
    }
    if (step.fault == logout_meanwhile)
      return home_.all.run("home", {"auth", "logout"}).status == 0;
    if (step.fault == login_meanwhile || step.fault == refused_late || step.fault == renewed_late)
      return home_.log_in();
    return true;
  }

  void check(const std::string& fault) {
    const int status = clients_.settle();
    if (status == login_needed && left_by(fault) == session_state::alive)
      complain("after `" + fault + "` the session was over although it was not ended");
    if (status != login_needed && left_by(fault) == session_state::over)
      complain("after `" + fault + "` the session still works: status " + std::to_string(status));
    if (status == 0)
      return;
    if (!home_.log_in())
      return complain("after `" + fault + "` a login failed");
    if (const int again = clients_.settle(); again != 0)
      complain("after `" + fault + "` and a login `sync now` ended with " + std::to_string(again));
  }

  proxied_home home_;
  drainers clients_{home_};
  std::vector<violation> found_;
};

} // namespace

std::vector<step> plan_tokens(dice& chance) {
  std::vector<std::string> kinds = {killed_in_refresh,    killed_in_refresh, refresh_reply_lost,
                                    refresh_request_lost, takes_time,        login_meanwhile,
                                    refused_late,         renewed_late,      logout_meanwhile};
  chance.shuffle(kinds);
  std::vector<step> out;
  // fault, ms that a reply takes, µs after which a kill comes
  for (std::size_t i = 0; i < tokens_steps_per_round; ++i)
    out.push_back({kinds[i], {chance.between(20, 300), chance.below(60000)}});
  return out;
}

outcome play_tokens(const stage& where, std::uint64_t, const std::vector<step>& steps) {
  return play_steps<session_fault_fixture>(where, steps);
}

} // namespace spec_kitty::chaos
