// The store of a team server behind one interface. No transaction, no cursor, no row gets out.
//
//   commit ──▶ queue (bounded) ──▶ group: whatever waits, of all teams ──▶ one transaction ──▶ done
//   read, find, heads ──▶ readers ──▶ a copy
//   hint(team, head) after each group: read then; a hint is never ahead of what read() gives
//
// An answer comes exactly once, on a thread of the engine, also at the deadline and at stop().
// Callbacks must not block: the next group waits for them.
//
// An unknown outcome never leaves the engine. After the deadline or a failure nothing is
// promised: the events may be stored without an answer, and the client sends them again, with the
// same ids. So events are learned of by reading, never from answers.
//
// Failures, by their code:
//   store_busy      the queue is full: 429, try again in a second
//   timeout         the deadline came first: 503
//   store_full      the disk is full: 507; works again when space is free
//   store_unusable  no permission, read-only, network file system: configuration
//   store_version   written by a newer version
//   store_corrupt   damaged: `check` says where
//   not_found       the team does not exist, or was removed
//   bad_input       a batch that no engine takes: too many events, too long a node id
//   stopping        stop() was called
// The words of a failure are for the log and the operator, never for clients.
#pragma once

#include "app/server/store/accounts.hpp"
#include "app/server/store/types.hpp"
#include "util/result.hpp"

#include <filesystem>
#include <functional>
#include <memory>
#include <vector>

namespace spec_kitty::server::store {

template <class T>
using callback = std::function<void(result<T>)>;

/// Teams with news, and how far each can be read.
using hint_listener = std::function<void(const std::vector<team_head>&)>;

/// What one call of read() may return.
struct page_limits {
  std::size_t events = 1000;                ///< at most 10,000 count
  std::size_t bytes = std::size_t{1} << 20; ///< of texts; one event is returned whatever its size
};

class engine {
public:
  engine() = default;
  engine(const engine&) = delete;
  engine& operator=(const engine&) = delete;
  /// Stops at once: what waits is answered with `stopping`.
  virtual ~engine() = default;

  /// Keeps events durably, all of the submission or nothing; together with what else waits.
  /// Submissions of one team are committed in the order of their arrival.
  virtual void commit(std::vector<batch> submission, deadline until, callback<committed> done) = 0;

  /// The team's log after a number, contiguous up to page::through.
  virtual void read(team_id team, sequence after, page_limits limits, deadline until,
                    callback<page> done) = 0;
  /// One event by its id; not_found where the team has no such event.
  virtual void find(team_id team, const ulid& id, deadline until, callback<found_event> done) = 0;
  /// Where teams stand; those that do not exist are left out. Empty: all teams.
  virtual void heads(std::vector<team_id> teams, deadline until,
                     callback<std::vector<team_head>> done) = 0;

  /// Calls the listener after each group that stored something. A hint may be lost, doubled, late
  /// or out of order. The listener replaces the one before; it may be empty.
  virtual void watch(hint_listener listener) = 0;

  /// Takes away the texts of events of the team that were received before an instant. Rows stay:
  /// duplicates and sequence numbers are as before. At most some thousand events in a call; repeat
  /// until it took nothing.
  virtual void take_texts(team_id team, epoch_us received_before, callback<texts_taken> done) = 0;
  /// Takes away the text of one event, with a line of audit. Doing it again succeeds.
  virtual void erase(team_id team, sequence seq, change_note note, callback<void> done) = 0;
  /// Removes a team, its members, sessions and tokens at once, its events soon after. Its slug
  /// stays taken.
  virtual void remove_team(team_id team, change_note note, callback<void> done) = 0;

  /// Accounts, sessions, tokens, audit: calls that wait (accounts.hpp).
  virtual accounts& directory() = 0;

  /// A consistent, compact copy while serving: a file of mode 0600, complete or not there. It must
  /// not exist.
  virtual void backup(std::filesystem::path file, callback<void> done) = 0;
  /// Reads every row and text.
  virtual void check(callback<check_report> done) = 0;

  virtual health look() const = 0;
  virtual store_stats stats() const = 0;

  /// Commits what waits until the deadline, then answers the rest with `stopping`. Nothing is
  /// accepted any more. When it returns, every callback was called.
  virtual void stop(deadline until) = 0;
};

} // namespace spec_kitty::server::store
