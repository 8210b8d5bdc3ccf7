// Programs run on a recorded disk, and what they answered: the material that images are made of.
//
//   recorder: run programs ──▶ log ──finish──▶ recording: steps, and when each promise was made
//
// A moment is a number of steps: what was promised at moment n holds if the power
// is lost after n steps or later.
#pragma once

#include "app/chaos/history.hpp"
#include "app/chaos/power/log.hpp"
#include "app/chaos/process.hpp"
#include "app/chaos/scenario.hpp"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace spec_kitty::chaos::power {

/// The one home of a recording, below its root; the store of an image has this name too.
inline constexpr const char* home_name = "home";
/// The server's file, in which it notes each event that it keeps. It is another machine: its disk
/// keeps its power.
inline constexpr const char* server_events = "server-events.jsonl";

/// Something other than an event that a program reported as done.
struct promise {
  enum class what : std::uint8_t { setting, login };
  what kind = what::login;
  std::string key; ///< of a setting
  std::string value;
  moment answered = 0; ///< 0: never
};

struct recording {
  std::string workload;
  std::string log;
  std::vector<power::step> steps; ///< views into `log`
  std::vector<attempt> attempts;
  std::vector<promise> promises;    ///< in the order in which they were asked for
  std::vector<std::string> trouble; ///< what a program did that it should not, power or not
};

/// A program that was started, and what it was asked for: one line of answer each.
struct order {
  std::vector<std::string> words; ///< after `spec-kitty`
  std::string input = {};
  std::vector<std::string> markers = {}; ///< of the events, in order
  std::optional<promise> promised = std::nullopt;
  bool may_die = false; ///< it is killed on purpose
};

class recorder {
public:
  /// `folder` is empty and of this recording alone.
  recorder(const stage& where, std::filesystem::path folder, std::string workload);
  recorder(const recorder&) = delete;
  recorder& operator=(const recorder&) = delete;

  /// Runs `spec-kitty` to its end; anything but success is noted as trouble.
  support::finished run(const order& what);
  /// Starts it and returns; finish() waits for it, or wait() does.
  void start(const order& what);
  void wait();

  /// `count` new events, as lines of `emit --stdin`.
  order burst(std::size_t count);
  /// One new event by a command of its own.
  order single();

  /// Starts the server and tells the home about it; its password.
  void serve();
  const std::string& username() const { return username_; }
  const std::string& password() const { return password_; }

  std::filesystem::path home() const { return root_ / home_name; }
  std::map<std::string, std::string> env; ///< added to every command's environment

  recording finish();

private:
  struct started {
    std::uint32_t pid = 0;
    std::vector<std::string> markers;
    std::optional<promise> promised;
  };
  support::launch command(std::vector<std::string> words, std::string input) const;
  std::string new_marker();
  void judge(const order& what, const support::finished& done);
  void note_answers(const started& program, recording& out) const;

  stage where_;
  std::filesystem::path folder_;
  std::filesystem::path root_;
  std::string workload_;
  std::size_t events_ = 0;
  std::vector<started> programs_;
  std::vector<std::pair<order, std::unique_ptr<support::child>>> running_;
  std::unique_ptr<support::child> server_;
  std::string url_;
  std::string username_;
  std::string password_;
  std::vector<std::string> trouble_;
};

/// What an answer in one line says about one event.
struct answer {
  bool recorded = false;
  bool spilled = false;
  std::string event_id;
  std::uint64_t lamport_clock = 0;
};
/// Nothing if the line is not an answer for an event.
std::optional<answer> read_answer(const std::string& line);

} // namespace spec_kitty::chaos::power
