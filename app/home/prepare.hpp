// From a request to record an event to a draft that QUEUE takes: cleaned, completed, checked. Pure
// but for the clock it is given: nothing is stored, nothing read.
#pragma once

#include "config/credentials.hpp"
#include "config/project.hpp"
#include "messages/custom_types.hpp"
#include "messages/event.hpp"
#include "messages/fast_check.hpp"
#include "messages/redact.hpp"
#include "util/timestamp.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace spec_kitty {

/// An event to record.
struct emit_request {
  std::string event_type;
  std::string payload; ///< JSON text of an object
  std::optional<std::string> causation_id;
  std::optional<std::string> aggregate_id;   ///< nothing: from the payload
  std::optional<std::string> feature_slug{}; ///< nothing: from the payload, where it names one
  std::optional<epoch_us> at{};              ///< the event's timestamp; nothing: now
};

/// What an emitter adds to every event.
struct emit_context {
  std::string team{local_team};
  redaction_terms words;
  project_identity project;
  std::size_t max_event_bytes = 0; ///< bytes of JSON that a batch can carry
  custom_types more_types;         ///< besides the protocol's
};

/// The team of events emitted in a session: `local` without a session.
std::string team_of(const std::optional<credentials>& session);

/// The longest event for a limit of one batch (sync.batch_bytes).
std::size_t max_event_bytes_for(std::int64_t batch_bytes);

/// A draft with what an emitter adds to every event.
event_draft blank_draft(const emit_context& known);

/// Validates a request and completes it to a draft. bad_input, invalid_event, event_too_large.
result<event_draft> prepare(const emit_request& request, const emit_context& known, epoch_us now);

/// The same without the checking pass, which it agrees with.
result<event_draft> prepare_carefully(const emit_request& request, const emit_context& known,
                                      epoch_us now);

/// Completes a draft for a line that the checking pass lets pass; false where read_emit_line and
/// prepare have to judge it. `feature` is for a line that names none. `into` is one of blank_draft
/// or prepare, with the same context; its memory and that of `found` are used again.
bool prepare_plain_line(std::string_view line, const std::optional<std::string>& feature,
                        const emit_context& known, epoch_us now, plain_line& found,
                        event_draft& into);

} // namespace spec_kitty
