// The question for what a server offers, and what the answer means. Pure.
// Source: docs/protocol.md, What a server offers.
#pragma once

#include "messages/http.hpp"
#include "messages/server_offer.hpp"
#include "util/json.hpp"
#include "util/url.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace spec_kitty {

/// No token goes with it. It is an extra: it waits for at most half of a request's time, and 5 s.
http_request offer_question(const server_url& server, const std::string& ca_file,
                            std::chrono::milliseconds timeout);

/// The offer; an empty one for a 404; nothing where the reply does not answer (a 5xx, HTML, a
/// timeout, no connection): what was known before stays.
std::optional<server_offer> read_offer_reply(const http_reply& reply);

/// The offer in a JSON object; what has another form than the protocol's is passed over.
server_offer read_offer(const json_value& object);
/// The same object again, with the members that are known.
void write_offer(json_writer& out, const server_offer& offer);

/// The `limits` member of a reply's object. A value outside the bounds counts as the nearest one;
/// what is not a whole number is ignored.
server_limits read_limits(const json_value& object);

} // namespace spec_kitty
