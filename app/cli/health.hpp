// Diagnoses an installation: findings with remedies. Pure: evidence in, findings out.
// app/cli/examine.cpp gathers the evidence; `sync doctor` prints the findings.
#pragma once

#include "actors/auth/tokens.hpp"
#include "actors/clock/mirror.hpp"
#include "actors/http/offer_reply.hpp"
#include "app/cli/delivery_status.hpp"
#include "app/home/server_answer.hpp"
#include "app/home/snapshot.hpp"
#include "app/workflow/intents/settle.hpp"
#include "config/older_home.hpp"

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace spec_kitty {

enum class severity {
  error,   ///< events cannot be recorded, cannot arrive, or were lost, until a person acts
  warning, ///< works, but not as intended
  note,    ///< worth knowing
};
std::string_view to_string(severity level);

/// One result of the diagnosis. The remedy is a shell command that works from the state it is shown
/// in; empty for notes.
struct finding {
  std::string id; ///< stable: `queue_full`
  severity level = severity::note;
  std::string message;
  std::string remedy;
};

/// A process that holds the store's lock.
struct lock_holder {
  int pid = 0;
  std::string name;
  bool stopped = false; ///< by a signal: it does not release the lock by itself
};

/// A file or folder of the home that others may read or write.
struct open_file {
  std::filesystem::path path;
  unsigned mode = 0; ///< permission bits
};

/// Everything that was examined, unchanged.
struct evidence {
  std::string program; ///< `spec-kitty`, with --home if it is not the default
  std::filesystem::path home;
  std::optional<failure> home_problem;
  std::vector<open_file> open_files;
  bool volatile_home = false; ///< in memory: gone after a restart of the machine
  std::optional<failure> config_problem;
  std::string server_url;
  std::string server_origin;
  std::optional<failure> store_problem;
  bool store_busy = false;
  std::optional<lock_holder> holder;
  snapshot shot; ///< zeros if the store cannot be read
  std::uint64_t max_events = 0;
  std::vector<std::filesystem::path> damaged_spill;
  std::vector<std::filesystem::path> repaired; ///< where damaged stores are kept
  std::optional<clock_mirror> mirror;
  std::vector<home_conflict> clock_conflicts;
  bool stamps_taken = false;                 ///< a server refused stamps of this node id
  epoch_us newest_event_at = 0;              ///< from the newest event id; 0: no event
  std::optional<server_answer> server;       ///< nothing if it was not asked
  delivery_status daemon;                    ///< what is known without asking the daemon
  std::optional<std::string> daemon_version; ///< of a daemon that answers
  std::string daemon_problem;                ///< why a running daemon does not answer
  bool autostart = false;                    ///< sync.autostart
  std::string version;                       ///< this program's
  /// How a time is shown to the reader.
  std::function<std::string(epoch_us)> time_words = [](epoch_us at) {
    return format_timestamp(at);
  };
  std::vector<workflow::open_intent> intents; ///< open in the repository of the current folder
};

/// Most serious first; within a severity in the order home, store, queue, session, server.
std::vector<finding> judge(const evidence& seen);

/// Findings about reaching the server, and about the session.
bool is_of_server(std::string_view id);
bool is_of_session(std::string_view id);

} // namespace spec_kitty
