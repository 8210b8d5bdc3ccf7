#include "tests/fuzz/targets.hpp"

#include "app/server/core/batch.hpp"
#include "app/server/core/event_leaf.hpp"
#include "app/server/core/socket_message.hpp"
#include "messages/custom_types.hpp"
#include "messages/validate.hpp"
#include "util/json.hpp"

#include <algorithm>
#include <string>
#include <variant>

namespace spec_kitty::fuzz {

namespace {

const server::batch_rules rules{"acme", nullptr, 50};

/// An event that is taken is one that the careful path takes, of the caller's team.
void check_taken(const server::batch_event& event) {
  const auto document = parse_json(event.kept, json_keys::unique);
  require(document.ok(), "what is kept is JSON without a key twice");
  require(!validate_event(*document, custom_types{}, time_form::any_utc), "and fits the contract");
  require(text_of(*document, "team_slug") == "acme", "and is of the caller's team");
  require(text_of(*document, "event_id") == event.id, "and has the id that is answered");
  require(whole_number_of(*document, "lamport_clock") ==
              static_cast<std::int64_t>(event.lamport_clock),
          "and the clock that is kept");
  require(server::leaf_hasher().of(event.kept) == event.leaf, "and its leaf is that of its text");
}

} // namespace

void fuzz_batch(std::string_view input) {
  const auto read = server::read_batch(std::string(input), rules);
  if (const auto* batch = std::get_if<server::event_batch>(&read)) {
    const auto brackets =
        std::count_if(input.begin(), input.end(), [](char c) { return c == '[' || c == '{'; });
    if (brackets < max_json_depth) // an event may be as deep as that in a batch
      require(is_json(input), "a batch is JSON");
    require(!batch->events().empty() && batch->events().size() <= rules.max_events,
            "a batch has as many events as it may");
    for (const server::batch_event& event : batch->events())
      if (!event.refused)
        check_taken(event);
  }
  const auto message = server::read_socket_message(std::string(input));
  if (message.what == server::socket_message::kind::event)
    require(is_json(message.event), "the event of a message is JSON");
}

} // namespace spec_kitty::fuzz
