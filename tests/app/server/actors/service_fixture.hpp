// A server without its sockets: the real actors and the real store, asked as the listener asks
// them.
#pragma once

#include "app/listener/websocket.hpp"
#include "app/server/actors/service.hpp"
#include "app/server/store/lmdb/open.hpp"
#include "util/json.hpp"
#include "util/temp_folder.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace spec_kitty::server {

inline constexpr std::string_view good_password = "correct horse";
inline constexpr std::chrono::seconds patience{20};

/// A WebSocket whose peer is the test.
class test_socket : public listener::websocket_channel {
public:
  bool send(std::shared_ptr<const std::string> text, std::uint64_t mark) override;
  void resume() override;
  void close(std::uint16_t code, std::string reason) override;
  std::size_t unsent() const override { return 0; }

  /// The next message; fails the test where none comes in time.
  std::string next();
  /// The next message of a type; pings are passed over.
  json_document next_of(const std::string& type);
  bool is_quiet_for(std::chrono::milliseconds time);
  std::optional<std::uint16_t> closed_within(std::chrono::milliseconds time);
  /// From now on the peer reads nothing: what is sent is dropped, as after an overflow.
  void stop_reading();
  /// The peer reads again.
  void read_again();
  void say(std::string text);
  /// Ends the connection as a peer does.
  void leave();

  listener::websocket_events events;

private:
  std::mutex guard_;
  std::condition_variable news_;
  std::deque<std::string> received_;
  std::optional<std::uint16_t> closed_;
  std::uint64_t last_mark_ = 0;
  bool slow_ = false;
  bool dropping_ = false;
};

using asked_headers = std::vector<listener::header_field>;

class service_test : public testing::Test {
protected:
  service_test();
  ~service_test() override;

  void start(service_limits limits = {});
  void stop();

  store::team_info add_team(const std::string& slug);
  store::user_info add_user(const std::string& name);
  void add_member(const std::string& team, const std::string& user, role as);
  /// A machine token's text.
  std::string add_machine_token(const std::string& team, const std::string& user);
  store::accounts& accounts() { return engine_->directory(); }
  store::change_note note() const { return {"test", "", wall(), ""}; }

  listener::outbound_reply ask(const std::string& method, const std::string& path,
                               asked_headers headers = {}, std::string body = {},
                               const std::string& peer = "192.0.2.1");
  /// What the listener does with a head, before it reads the body.
  listener::head_decision head_of(const std::string& method, const std::string& path,
                                  asked_headers headers = {});
  listener::outbound_reply post(const std::string& path, const std::string& body,
                                asked_headers headers = {}, const std::string& peer = "192.0.2.1");
  listener::outbound_reply try_login(const std::string& user, std::string_view password,
                                     const std::string& team = {},
                                     const std::string& peer = "192.0.2.1");
  /// Tokens of a login, which must succeed.
  struct tokens {
    std::string access, refresh;
  };
  tokens log_in(const std::string& user, const std::string& team = {});
  /// `key`: the Idempotency-Key; empty: without one.
  listener::outbound_reply refresh(const std::string& token, const std::string& key = {});
  listener::outbound_reply send_batch(const std::string& bearer,
                                      const std::vector<std::string>& events,
                                      asked_headers more = {});
  /// The statuses of a batch's results, joined by blanks; else the status of the reply.
  static std::string statuses(const listener::outbound_reply& reply);
  static std::string text_in(const listener::outbound_reply& reply, const char* name);
  static bool has_header(const listener::outbound_reply& reply, std::string_view name);

  /// An open WebSocket of this bearer; nullptr where the upgrade is refused, with the reply.
  std::shared_ptr<test_socket> connect(const std::string& bearer,
                                       listener::outbound_reply* refusal = nullptr,
                                       const asked_headers& more = {});
  std::shared_ptr<test_socket> connect_with(const std::string& ws_token,
                                            listener::outbound_reply* refusal = nullptr,
                                            const asked_headers& more = {});

  /// An open WebSocket of this request; nullptr where it is refused, with the reply.
  std::shared_ptr<test_socket> upgrade(listener::inbound_request request,
                                       listener::outbound_reply* refusal = nullptr);

  epoch_us wall() const { return wall_clock_now() + moved_; }
  void move_clocks(std::chrono::seconds by) {
    moved_ += std::chrono::duration_cast<std::chrono::microseconds>(by).count();
  }

  temporary_folder folder_;
  std::atomic<epoch_us> moved_{0};
  std::atomic<bool> clock_fails_{false}; ///< the next look at the clock throws
  board_bounds boards_;                  ///< of the next start
  std::unique_ptr<store::engine> engine_;
  std::unique_ptr<service> service_;
  listener::listener_handlers handlers_;
  std::map<std::string, store::team_info> teams_;
  std::map<std::string, store::user_info> users_;
  std::mutex log_guard_;
  std::vector<std::string> log_;
  std::atomic<std::uint64_t> asked_{0};
};

} // namespace spec_kitty::server
