// One import: the file is read twice. The first pass changes nothing: it checks that the file can
// be read to its end and that the new events fit into the queue. The second passes the events to
// QUEUE in batches, in the order of the file.
#pragma once

#include "app/cli/import/event_source.hpp"
#include "app/home/local_system.hpp"
#include "messages/redact.hpp"

#include <functional>
#include <string>
#include <unordered_set>
#include <vector>

namespace spec_kitty {

/// An event that was not imported.
struct import_problem {
  std::uint64_t number = 0; ///< of its line or row
  std::string event_id;     ///< empty if not known
  std::string message;
  bool conflict = false; ///< another event has its id
};

struct import_report {
  std::uint64_t imported = 0;
  std::uint64_t skipped = 0;   ///< were already here
  std::uint64_t restamped = 0; ///< of the imported: with another clock value
  std::string unit = "line";
  std::vector<import_problem> problems; ///< in the order of the file
};

struct import_options {
  std::filesystem::path file;
  std::string name; ///< its name in messages
  redaction_terms words;
  std::size_t max_event_bytes = 0; ///< bytes that a batch can carry
  std::function<void(std::uint64_t)> progress = [](std::uint64_t) {}; ///< events done so far
};

class event_import {
public:
  event_import(const store_options& store, import_options options);

  /// The report has the counts, also after a failure in the middle.
  result<void> run(import_report& report);

private:
  struct place {
    std::uint64_t number;
    std::string event_id;
  };

  result<void> import_all(import_report& report);
  result<void> pass(import_report& report, bool look_only);
  result<imported_event> read(const source_event& found) const;
  result<void> hand_over(import_report& report, bool look_only);
  void note(import_report& report, const import_done& done) const;
  result<void> check_store_capacity() const;

  store_options store_;
  import_options options_;
  local_system local_;

  import_request batch_;
  std::vector<place> places_; ///< of the batch's events
  std::size_t batch_bytes_ = 0;

  std::unordered_set<std::string> fresh_; ///< ids that the first pass found to be new
  std::uint64_t fresh_bytes_ = 0;
  import_done last_; ///< the last reply of QUEUE
};

} // namespace spec_kitty
