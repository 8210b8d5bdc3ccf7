// Errors as values: one enumeration, one failure type, one result type.
//
// The core never throws across its own boundary and never aborts; a function that can fail
// returns result<T>. A host gets the same types (installed as spec_kitty/result.hpp), so this file
// is C++17. Shells turn a failure into a caf::error (messages/compat.hpp) and the
// command line turns it into an exit status (app/cli/exit_status.hpp).
#pragma once

#include "util/api.hpp"

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
  transport,        ///< server not reached, or no usable reply; not the fault of any event
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
  commit_unknown,   ///< a commit failed and the store cannot be read: it may have taken effect
  stopping,         ///< the system is shutting down; the request was not carried out
  internal,         ///< a defect of this program
  overloaded,       ///< too much is under way, or the process has no thread, descriptor or memory
  timeout,          ///< no answer in the time given; what was asked may still happen
  blocked,          ///< nothing was done: something has to be done first
  work_failed,      ///< git, a hook, a test or the disk failed while a repository was changed
};

/// The stable name of a code, as printed in JSON.
SPEC_KITTY_API std::string_view to_string(ec code);

/// One failure: code, a sentence that names the thing, and a hint that names the remedy.
struct failure {
  ec code = ec::internal; ///< for programs
  std::string message;    ///< for people: names the thing
  std::string hint;       ///< names the remedy; may be empty

  /// Equal in all three.
  bool operator==(const failure& other) const {
    return code == other.code && message == other.message && hint == other.hint;
  }
  /// Different in one of them.
  bool operator!=(const failure& other) const { return !(*this == other); }
};

/// Either a value or a failure.
template <class T>
class [[nodiscard]] result {
public:
  /// A value is a result.
  // NOLINTNEXTLINE(google-explicit-constructor)
  result(T value) : data_(std::in_place_index<0>, std::move(value)) {}
  /// A failure is a result.
  // NOLINTNEXTLINE(google-explicit-constructor)
  result(failure why) : data_(std::in_place_index<1>, std::move(why)) {}

  /// True with a value.
  explicit operator bool() const { return data_.index() == 0; }
  /// The same by name.
  bool ok() const { return data_.index() == 0; }

  /// @{
  /// The value; only where there is one.
  T& operator*() & { return std::get<0>(data_); }
  const T& operator*() const& { return std::get<0>(data_); }
  T&& operator*() && { return std::get<0>(std::move(data_)); }
  T* operator->() { return &std::get<0>(data_); }
  const T* operator->() const { return &std::get<0>(data_); }
  /// @}

  /// The failure; only where there is no value.
  const failure& error() const { return std::get<1>(data_); }

private:
  std::variant<T, failure> data_;
};

/// A result without a value: ok, or a failure.
template <>
class [[nodiscard]] result<void> {
public:
  result() = default;
  /// A failure is a result.
  // NOLINTNEXTLINE(google-explicit-constructor)
  result(failure why) : error_(std::move(why)) { assert(error_.code != ec::ok); }

  /// True where nothing failed.
  explicit operator bool() const { return error_.code == ec::ok; }
  /// The same by name.
  bool ok() const { return error_.code == ec::ok; }
  /// The failure; its code is `ok` where nothing failed.
  const failure& error() const { return error_; }

private:
  failure error_{ec::ok, {}, {}};
};

} // namespace spec_kitty
