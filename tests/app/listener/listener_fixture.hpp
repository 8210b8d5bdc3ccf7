// A listener with a small program behind it.
#pragma once

#include "app/listener/listener.hpp"
#include "tests/app/listener/raw_client.hpp"
#include "util/temp_folder.hpp"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace spec_kitty::listener {

/// A listener whose program has these paths:
///   GET /healthz   at once           POST /echo/   length and content encoding of the body
///   GET /big/      4 MiB             GET /slow/    after release()
///   GET /never/    no answer, until release() drops it
///   GET /drop/     drops the answer  GET /throw/   throws
///   GET /peer/     who asks          /ws/v1/events/ a WebSocket that echoes
/// The WebSocket obeys `blast N` (N messages of 10 KB), `close CODE` and `hold` (keeps what comes).
class test_program {
public:
  explicit test_program(listener_options options = {}, transport_kind kind = transport_kind::plain);
  ~test_program();
  test_program(const test_program&) = delete;
  test_program& operator=(const test_program&) = delete;

  http_listener& listener() { return *listener_; }
  std::uint16_t port() const { return listener_->port(); }
  /// Certificate and key of the listener, where it has TLS.
  const tls_files& files() const { return files_; }
  void stop(std::chrono::milliseconds patience) { listener_->stop(patience); }

  /// Answers what waits, and from then on everything at once.
  void release();
  /// Waits until so many requests for /slow/ and /never/ wait here.
  bool wait_for_waiting(std::size_t count);
  std::vector<finished_request> finished();
  std::vector<websocket_end> closed();
  std::vector<overflow_report> overflows();
  std::vector<std::string> messages();
  std::shared_ptr<websocket_channel> channel(std::size_t at = 0);
  std::size_t channels();
  void drop_held();
  bool eventually(const std::function<bool()>& condition);

  overflow_action on_overflow = overflow_action::close; ///< set before a socket is opened
  bool refuse_upgrades = false;
  std::function<head_decision(const inbound_request&)> on_head;

private:
  void answer(inbound_request request, const reply_callback& reply);
  void wait_with(inbound_request request, reply_callback reply);
  websocket_events events();
  void hear(const std::shared_ptr<websocket_channel>& channel, websocket_message message);

  temporary_folder folder_;
  tls_files files_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool released_ = false;
  std::vector<std::pair<inbound_request, reply_callback>> waiting_;
  std::vector<finished_request> finished_;
  std::vector<websocket_end> closed_;
  std::vector<overflow_report> overflows_;
  std::vector<std::string> messages_;
  std::vector<std::shared_ptr<websocket_channel>> channels_;
  std::vector<websocket_message> held_;
  bool holding_ = false;
  std::unique_ptr<http_listener> listener_;
};

/// A certificate of its own and its key, as PEM files in a folder. Days: from now.
tls_files make_certificate(const std::filesystem::path& folder, const std::string& name,
                           int first_day = -1, int last_day = 2);

} // namespace spec_kitty::listener
