// One subscriber's place in a team's log: it is reported each event of others once, in order.
//
//   the connection's events ──takes()──▶ reported now
//   older ones: next_request() ──▶ a page over HTTP ──▶ take_page() ──▶ reported now
//
// A reader that lives hears what its home hears. Where it begins behind a number, falls behind, or
// the home continues further than the reader has heard, it reads pages until it has caught up, and
// nothing of the connection meanwhile. Without threads; pure.
#pragma once

#include "messages/connection.hpp"
#include "util/timestamp.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace spec_kitty {

/// A number of a log; `log` empty: whichever the team has.
struct log_place {
  std::string log;
  std::uint64_t seq = 0;

  bool operator==(const log_place&) const = default;
};

class log_reader {
public:
  /// Behind what the home has heard; `log` empty: not known yet.
  explicit log_reader(log_place heard) : place_(std::move(heard)) {}
  /// Behind a number.
  static log_reader behind(log_place place);

  /// An event of the connection: whether it is to be reported now.
  bool takes(const event_received& event);
  /// The connection continues behind a place. Words for the reader where it has heard what is gone.
  std::optional<std::string> joined(const log_joined& where);
  /// The last event that was taken could not be reported: from `before` on it is read again, later.
  void fall_behind(std::uint64_t before);

  /// What to read next; asked again it gives nothing until the page came, or failed a second ago,
  /// or did not come for long.
  std::optional<log_page_request> next_request(epoch_us steady);
  struct page_events {
    std::vector<event_received> events;
    std::optional<std::string> warning;
  };
  /// A page that was asked for will not come.
  void forget_page() { asked_at_.reset(); }
  page_events take_page(const result<log_page>& page, epoch_us steady);

  /// Everything up to here was reported, or is this home's own.
  const log_place& place() const { return place_; }
  bool is_catching_up() const { return catching_; }

private:
  log_place place_;
  bool catching_ = false;
  std::optional<epoch_us> asked_at_; ///< the page that is on its way
  epoch_us ask_at_ = 0;              ///< not before
  std::uint64_t live_seen_ = 0;      ///< of the connection, while catching up
  std::string trouble_;              ///< that was reported last
};

} // namespace spec_kitty
