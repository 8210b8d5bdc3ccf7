// The parsers of what comes from outside, each with a property that holds for every input. A
// target returns when it holds and ends the process when it does not.
//
// `./dev fuzz` runs a target with libFuzzer; test_fuzz replays the inputs that are kept in corpus/.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace spec_kitty::fuzz {

/// What compact_json takes it gives back unchanged when done again, digit for digit; every reader
/// takes and refuses the same texts; redaction leaves no secret and touches nothing else.
void fuzz_json(std::string_view input);
/// An edit of a frontmatter is read back as made, and the body stays.
void fuzz_frontmatter(std::string_view input);
/// Checking boxes changes those boxes and no other byte.
void fuzz_tasks_md(std::string_view input);
/// A quoted text reads back as it was; a value that is set is the only one that changes.
void fuzz_toml(std::string_view input);
/// A spill file read in pieces holds what it holds read at once; its events are written back alike.
void fuzz_spill(std::string_view input);
/// An accepted path leads nowhere but below its folder, whatever links are there; a refused one is
/// named as it can be printed.
void fuzz_paths(std::string_view input);
/// Where the checking pass takes a line or a payload, the careful path takes it too, and makes the
/// same event of it.
void fuzz_emit_line(std::string_view input);
/// An event of a batch that the server takes is one that the careful path takes, of the caller's
/// team, and its leaf is that of its text.
void fuzz_batch(std::string_view input);
/// A request is judged alike however its bytes arrive; what the gate and the parser take has one
/// framing, one host and one body.
void fuzz_http_request(std::string_view input);
/// A field of a form reads back as it was, and is shown as text alone.
void fuzz_form(std::string_view input);
/// A request on admin.sock is answered by one line of JSON that says how it went.
void fuzz_admin_request(std::string_view input);
/// A member of a JSON file that is set is the only one that changes.
void fuzz_json_edit(std::string_view input);

/// Ends the process when a property does not hold.
inline void require(bool holds, const char* property) {
  if (holds)
    return;
  std::fprintf(stderr, "the property does not hold: %s\n", property);
  std::abort();
}

} // namespace spec_kitty::fuzz
