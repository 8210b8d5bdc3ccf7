// The board's page: one file that is part of the program, and the policy it runs under.
#pragma once

#include <string>
#include <string_view>

namespace spec_kitty::board {

/// The page as it is served: HTML with its style and its script in it.
std::string_view page_html();

/// `sha256-…` of a text, as a Content-Security-Policy names what may run.
std::string policy_hash(std::string_view text);

/// The Content-Security-Policy of the page: its own script and style by their hashes, connections
/// to its own origin, and nothing else. `stream_origin`: `ws://127.0.0.1:8080`, for browsers whose
/// `'self'` does not cover WebSockets.
std::string page_policy(std::string_view html, std::string_view stream_origin);

} // namespace spec_kitty::board
