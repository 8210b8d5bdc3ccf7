// What client and server both know about the wire: paths, header names, limits.
// Source: docs/protocol.md.
#pragma once

#include <cstddef>
#include <string_view>

namespace spec_kitty::protocol {

inline constexpr std::string_view offer_path = "/api/v1/";
inline constexpr std::string_view token_path = "/api/v1/token/";
inline constexpr std::string_view refresh_path = "/api/v1/token/refresh/";
inline constexpr std::string_view revoke_path = "/api/v1/token/revoke/";
inline constexpr std::string_view device_code_path = "/api/v1/device/code";
inline constexpr std::string_view device_token_path = "/api/v1/device/token";
inline constexpr std::string_view batch_path = "/api/v1/events/batch/";
/// A page of the team's log, where `resume` is offered.
inline constexpr std::string_view events_path = "/api/v1/events/";
inline constexpr std::string_view clock_path = "/api/v1/clock/";
inline constexpr std::string_view ws_token_path = "/api/v1/ws-token/";
inline constexpr std::string_view ws_path = "/ws/v1/events/";

/// The body of a batch: the events' JSON, joined by commas, between these.
inline constexpr std::string_view batch_begin = R"({"events":[)";
inline constexpr std::string_view batch_end = "]}";
inline constexpr std::size_t batch_frame_bytes = batch_begin.size() + batch_end.size();

/// Maximum number of events in a batch.
inline constexpr std::size_t max_batch_events = 1000;

/// The header that every request carries: the version of the protocol that this client speaks.
inline constexpr const char* version_header = "Spec-Kitty-Protocol: 1";

/// The header of an upgrade that asks for extensions.
inline constexpr std::string_view extensions_header = "Spec-Kitty-Extensions";

/// What a server may offer beyond the base, by its names in `capabilities`.
inline constexpr std::string_view idempotent_refresh = "idempotent_refresh";
inline constexpr std::string_view device_login = "device_login";

/// The grant of a device login. https://www.rfc-editor.org/rfc/rfc8628#section-3.4
inline constexpr std::string_view device_grant = "urn:ietf:params:oauth:grant-type:device_code";

/// A token for a machine begins with this; it is sent as it is and never refreshed.
inline constexpr std::string_view machine_token_prefix = "skt_";

/// Lifetimes where a token reply names none, in seconds.
inline constexpr long default_access_lifetime_s = 900;
inline constexpr long default_refresh_lifetime_s = 604800;

} // namespace spec_kitty::protocol
