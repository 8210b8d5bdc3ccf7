#include "app/orchestrate/intent_events.hpp"

#include "app/home/redaction_terms.hpp"
#include "messages/ulid.hpp"
#include "util/files.hpp"
#include "util/sha256.hpp"

#include <sys/stat.h>

namespace spec_kitty::orchestrate {

namespace {

constexpr std::size_t home_mark_digits = 32;
constexpr std::int64_t default_batch_bytes = 524'288;

/// An event that no home would take now is not kept for later.
bool is_final(ec code) {
  return code == ec::queue_full || code == ec::event_too_large || code == ec::invalid_event ||
         code == ec::bad_input;
}

void add_refused(intent_recording& done, const failure& why) {
  if (done.reason.empty())
    done.reason = why.message;
  if (is_final(why.code))
    ++done.refused;
  else
    done.home_unusable = true;
}

} // namespace

intent_recording record_transitions(emitter& emit, const workflow::intent& record,
                                    const std::vector<std::size_t>& transitions) {
  intent_recording done;
  std::vector<event_draft> drafts;
  for (const auto number : transitions) {
    const auto& transition = record.transitions[number];
    emit_request request{transition.event_type, transition.payload, transition.causation_id, {}};
    if (!transition.feature_slug.empty())
      request.feature_slug = transition.feature_slug;
    request.at = record.at;
    auto draft = emit.prepare(request);
    if (!draft) {
      add_refused(done, draft.error());
      continue;
    }
    draft->intent_key = make_intent_key(record.id, number);
    drafts.push_back(std::move(*draft));
  }
  if (drafts.empty())
    return done;
  for (const auto& answer : emit.record(std::move(drafts))) {
    if (!answer) {
      add_refused(done, answer.error());
      continue;
    }
    done.last_event_id = answer->event_id;
    if (answer->known)
      continue;
    ++done.recorded;
    if (answer->spilled) {
      ++done.spilled;
      done.why_spilled = answer->spilled;
    }
  }
  return done;
}

workflow::change_request new_change(std::string command) {
  workflow::change_request request;
  request.at = wall_clock_now();
  request.id = fresh_ulid(static_cast<std::uint64_t>(request.at / 1000));
  request.command = std::move(command);
  return request;
}

std::string home_mark(const std::filesystem::path& home) {
  struct stat folder {};
  if (home.empty() || !make_private_folder(home) || ::stat(home.c_str(), &folder) != 0)
    return {};
  const auto machine = read_file("/etc/machine-id", 4096);
  std::string text = machine && *machine ? **machine : std::string();
  text.append(1, '\0').append(std::to_string(folder.st_ino));
  return sha256_hex(text).substr(0, home_mark_digits);
}

result<std::string> checked_payload(const emitter* emit, const std::string& event_type,
                                    const std::string& payload) {
  const emit_request request{event_type, payload, {}, {}};
  if (emit != nullptr) {
    auto draft = emit->prepare(request);
    if (!draft)
      return draft.error();
    return std::move(draft->payload);
  }
  emit_context nobody;
  nobody.words = redaction_terms_for(std::nullopt);
  nobody.max_event_bytes = max_event_bytes_for(default_batch_bytes);
  auto draft = prepare(request, nobody, wall_clock_now());
  if (!draft)
    return draft.error();
  return std::move(draft->payload);
}

} // namespace spec_kitty::orchestrate
