// A home whose session is renewed every second, through a proxy; a person with a browser; a thief
// who has read the home's credentials. What becomes of the session after each fault is noted.
#pragma once

#include "app/chaos/scenarios/browser.hpp"
#include "app/chaos/scenarios/drainers.hpp"
#include "config/credentials.hpp"

namespace spec_kitty::chaos {

class session_site {
public:
  explicit session_site(const stage& where);

  proxied_home& home() { return home_; }
  drainers& clients() { return clients_; }
  /// The home's session: nothing without one.
  std::optional<credentials> kept() const;

  void restart_server();

  /// A refresh by a thief, past the proxy: the refresh token that he got, empty where he was
  /// refused. `key`: the Idempotency-Key; empty: none.
  std::string steal(const std::string& refresh, const std::string& key);

  /// Approves the login that shows this code; false where the server does not.
  bool approve(const std::string& user_code);

  /// Notes what became of the session. `before`: what it was. `stolen`: what a thief got. `leaves`:
  /// the fault may leave a session that nobody knows of. Logs in where it is over.
  void look(const std::string& after, const std::string& before,
            const std::optional<std::string>& stolen = {}, bool leaves = false);
  std::vector<violation> finish(outcome& out);

  /// The family of a refresh token.
  static std::string family_of(const std::string& refresh);

private:
  proxied_home home_;
  drainers clients_{home_};
  browser person_;
  std::uint64_t known_leftovers_ = 0;
};

} // namespace spec_kitty::chaos
