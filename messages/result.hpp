// Errors as values: one enumeration, one failure type, one result type.
//
// The core never throws across its own boundary and never aborts; a function that can fail
// returns result<T>. Shells turn a failure into a caf::error (messages/compat.hpp) and the
// command line turns it into an exit status (app/exit_status.hpp).
#pragma once

#include <cassert>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace spec_kitty {

/// What went wrong. The names are the `code` of the JSON error, so they never change; the
/// numbers cross actor boundaries only.
enum class ec : std::uint8_t {
  ok = 0,           ///< no error; never inside a failure
  usage,            ///< the command line itself is wrong
  bad_input,        ///< input that cannot be read: not JSON, not UTF-8, no such file
  invalid_event,    ///< well-formed input that the contract refuses
  event_too_large,  ///< an event that no batch could ever carry
  not_found,        ///< the thing named does not exist
  bad_config,       ///< a configuration value or file that cannot be used
  no_server,        ///< sync.server_url is not set
  bad_url,          ///< a server URL the protocol refuses
  queue_full,       ///< the queue is at its configured cap; the event was counted as dropped
  login_required,   ///< no usable session
  login_refused,    ///< the server refused the credentials
  transport,        ///< server not reached, or a reply that is none; nothing is blamed on events
  wrong_server,     ///< something answers, but it does not speak the protocol
  held,             ///< the server forbids this team; its events are held
  upgrade_required, ///< 412: the server wants another client version
  unhealthy,        ///< a diagnosis found what needs a person
  rejected,         ///< the server refused some events
  store_busy,       ///< another process held the store longer than sync.busy_timeout_ms
  store_corrupt,    ///< the store cannot be read
  store_version,    ///< the store was written by a newer version
  store_full,       ///< disk or map full
  store_unusable,   ///< no permission, read-only, forked process, network file system
  already_running,  ///< another daemon holds this home
  commit_unknown,   ///< a commit failed and the store cannot be looked at: it may have taken effect
  stopping,         ///< the system is shutting down; the request was not carried out
  internal,         ///< a defect of this program
};

/// The stable name of a code, as printed in JSON.
std::string_view to_string(ec code);

/// One failure: code, a sentence that names the thing, and a hint that names the remedy.
struct failure {
  ec code = ec::internal;
  std::string message;
  std::string hint;

  bool operator==(const failure&) const = default;
};

/// Either a value or a failure.
template <class T>
class [[nodiscard]] result {
public:
  // NOLINTNEXTLINE(google-explicit-constructor): a value is a result.
  result(T value) : data_(std::in_place_index<0>, std::move(value)) {}
  // NOLINTNEXTLINE(google-explicit-constructor): a failure is a result.
  result(failure why) : data_(std::in_place_index<1>, std::move(why)) {}

  explicit operator bool() const { return data_.index() == 0; }
  bool ok() const { return data_.index() == 0; }

  T& operator*() & { return std::get<0>(data_); }
  const T& operator*() const& { return std::get<0>(data_); }
  T&& operator*() && { return std::get<0>(std::move(data_)); }
  T* operator->() { return &std::get<0>(data_); }
  const T* operator->() const { return &std::get<0>(data_); }

  const failure& error() const { return std::get<1>(data_); }

private:
  std::variant<T, failure> data_;
};

/// A result without a value: ok, or a failure.
template <>
class [[nodiscard]] result<void> {
public:
  result() = default;
  // NOLINTNEXTLINE(google-explicit-constructor): a failure is a result.
  result(failure why) : error_(std::move(why)) { assert(error_.code != ec::ok); }

  explicit operator bool() const { return error_.code == ec::ok; }
  bool ok() const { return error_.code == ec::ok; }
  const failure& error() const { return error_; }

private:
  failure error_{ec::ok, {}, {}};
};

} // namespace spec_kitty
