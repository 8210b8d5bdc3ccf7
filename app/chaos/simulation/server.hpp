// The simulated server: accounts, tokens, kept events, and every wrong reply that a server
// may give.
//
//   request ──▶ (an action: another status) ──▶ token ──▶ batch ──▶ results ──▶ (tampered) ──▶
//   reply
//
// It keeps what it takes in memory, each id once, in the order of arrival, under the clock's rules
// of the team server; it notes which team's events came with which team's token, and which events
// it refused. Time is an argument; nothing in it is left to chance but by the dice it is given.
#pragma once

#include "app/chaos/history.hpp"
#include "app/chaos/simulation/actions.hpp"
#include "messages/http.hpp"
#include "util/json.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

namespace spec_kitty::chaos::simulation {

inline constexpr std::string_view simulated_url = "https://a";

/// How the server is to treat one exchange.
struct simulated_exchange_fault {
  std::optional<action> what;
  std::uint64_t a = 0;
  std::uint64_t b = 0;

  bool is(action action) const { return what == action; }
  /// A yes or no for each of 64 things.
  bool picks(std::size_t which) const { return (a >> (which % 64) & 1U) != 0; }
  bool keeps(std::size_t which) const { return (b >> (which % 64) & 1U) != 0; }
};

/// A parsed event, as the server sees it.
struct sent_event {
  kept_event what;
  std::string line;
};

class simulated_server {
public:
  /// What became of one event.
  enum class acceptance : std::uint8_t { kept, duplicate, refused, behind };
  struct owner {
    std::string user;
    std::string team;
    std::int64_t expires = 0;
  };

  simulated_server(history& seen, dice chance);

  http_reply handle(const http_request& request, const simulated_exchange_fault& how,
                    std::int64_t now_s);

  /// A session without a request: access and refresh token.
  std::pair<std::string, std::string> open_session(const std::string& user, std::int64_t now_s);
  void revoke_access() { access_.clear(); }
  void end_sessions() { refresh_.clear(); }
  /// From now on the event is refused in that way: in a result, by name, or with its whole batch.
  void refuse(const std::string& marker, action in_which_way);
  /// Nothing is refused any more.
  void relent() { guilty_.clear(); }

  /// The owner of a WebSocket token; it is used up.
  std::optional<owner> use_socket_token(const std::string& token);
  /// An event that came over a WebSocket.
  acceptance take(const sent_event& event, const owner& from);
  bool is_guilty(const std::string& marker) const { return guilty_.contains(marker); }
  /// From now on this event counts as one that the server refuses.
  void blame(const std::string& marker) { seen_.guilty.insert(marker); }

  /// Called with each event that is newly kept.
  std::function<void(const std::string& team, const std::string& line)> on_kept;

  bool keeps(const std::string& id) const { return ids_.contains(id); }
  std::uint64_t clock() const { return clock_; }
  /// Something happened elsewhere: the clock is so much further.
  std::uint64_t advance_clock(std::uint64_t by) { return clock_ += by; }
  const server_view& view() const { return view_; }
  static std::string team_of(const std::string& user) { return "team-of-" + user; }

private:
  http_reply log_in(const http_request& request, std::int64_t now_s);
  http_reply refresh(const http_request& request, std::int64_t now_s);
  http_reply hand_out(const std::string& user, std::int64_t now_s);
  http_reply batch(const http_request& request, const simulated_exchange_fault& how,
                   const owner& from);
  http_reply results(std::vector<sent_event>& events, const simulated_exchange_fault& how,
                     const owner& from);
  std::string result_of(const sent_event& event, std::size_t index,
                        const simulated_exchange_fault& how, const owner& from,
                        std::set<std::string>& behind_nodes);
  void keep(const sent_event& event, const owner& from);
  /// Whether the stamp belongs to another event of the account's node.
  bool is_taken(const sent_event& event, const owner& from) const;
  /// Whether the stamp is more than 2^32 above all that were kept.
  bool is_out_of_reach(const sent_event& event) const;
  std::string server_clock(const simulated_exchange_fault& how);

  history& seen_;
  dice chance_;
  std::map<std::string, owner> access_;
  std::map<std::string, std::string> refresh_; ///< token → user
  std::map<std::string, owner> sockets_;
  std::map<std::string, action> guilty_; ///< by marker
  std::set<std::string> ids_;
  /// Account, node and clock value of what is kept.
  std::set<std::tuple<std::string, std::string, std::uint64_t>> stamps_;
  server_view view_{"the server", {}};
  std::uint64_t clock_ = 0;
  std::uint64_t last_token_ = 0;
};

/// The event in a JSON object.
sent_event read_event(const json_value& event);
http_reply answered(int status, std::string body, std::string type = "application/json");
/// Whether the path of a request's URL ends so.
bool goes_to(const http_request& request, std::string_view path);

} // namespace spec_kitty::chaos::simulation
