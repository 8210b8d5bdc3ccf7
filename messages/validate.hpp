// Checks the contract: an event against the envelope definition, then its payload against the
// definition of its type, then what docs/protocol.md asks beyond the schema file.
//
// Not the schema's root `oneOf`: RapidJSON ignores `const`, so the root accepts a payload of the
// wrong type and reports every error as `oneOf` at `#`. RapidJSON also ignores `format`, so
// date-times are checked by hand. The dev-server shares this code; tests judge it with an
// independent validator as well.
#pragma once

#include "messages/event.hpp"
#include "messages/schema/contract.hpp"
#include "messages/schema/violation.hpp"
#include "util/json.hpp"
#include "util/result.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace spec_kitty {

class custom_types;

/// Which times an event may carry: as this program writes them, or any that a server takes.
enum class time_form { microseconds, any_utc };

/// A payload against the definition of its event type. Source: events.schema.json.
std::optional<violation> validate_payload(std::string_view event_type, const json_value& payload);

/// A whole event: envelope, payload, docs/protocol.md's stricter table. Source: docs/protocol.md,
/// Event.
std::optional<violation> validate_event(const json_value& event);

/// The same, where an event of a registered type has that type's schema for its payload.
std::optional<violation> validate_event(const json_value& event, const custom_types& more,
                                        time_form times = time_form::microseconds);

/// An event of another type than the contract's, without that type's schema: the envelope alone,
/// with any event_type that a host program could register.
std::optional<violation> validate_foreign_type(const json_value& event);

/// A draft as the event it would become; invalid_event with the violation's message.
result<void> validate_draft(const event_draft& draft);

/// The same for a payload that is parsed already: `payload` is what parse_json makes of
/// draft.payload. `more` may be null. The event itself is made only to say what is wrong with it.
result<void> validate_draft(const event_draft& draft, const json_value& payload,
                            const custom_types* more);

/// Whether everything but the payload is as the Event definition and docs/protocol.md's table ask,
/// whatever stamp the event gets. It may say no to what is good, never yes to what is not.
bool has_plain_envelope(const event_draft& draft);

/// The type names the contract gives a payload field (`string`, `integer`, `array`, `null`);
/// empty when the definition has no such field. For reading `--field k=v`.
std::string payload_field_types(std::string_view event_type, std::string_view field);

} // namespace spec_kitty
