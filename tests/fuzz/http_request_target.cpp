#include "tests/fuzz/targets.hpp"

#include "app/listener/head_gate.hpp"
#include "app/listener/request_parser.hpp"

#include <algorithm>
#include <memory>
#include <string>

namespace spec_kitty::fuzz {

namespace {

using namespace spec_kitty::listener;

struct fuzzed_body {
  body_state state = body_state::more;
  std::string bytes;
  std::size_t used = 0;
};

/// Gives a parser that has the head the rest of the input, in pieces of one size.
fuzzed_body read_fuzzed_body(std::string_view head, std::string_view rest, std::size_t piece) {
  listener_limits limits;
  limits.max_body = 4096;
  request_parser parser(limits);
  const auto budget = std::make_shared<byte_budget>(8192);
  require(parser.put_head(head, budget), "a head that is taken is taken again");
  fuzzed_body result;
  std::size_t given = 0;
  while (result.state == body_state::more && given < rest.size()) {
    given += std::min(piece, rest.size() - given);
    std::size_t used = 0;
    result.state = parser.put_body(rest.substr(result.used, given - result.used), used);
    require(used <= given - result.used, "a parser uses what it was given");
    result.used += used;
  }
  result.bytes = parser.take_body().first;
  require(result.bytes.size() <= limits.max_body, "a body is within its bound");
  return result;
}

/// False where the parser refuses what the gate does not judge, such as a list of Connection.
bool check_fuzzed_head(std::string_view head) {
  request_parser parser((listener_limits()));
  if (!parser.put_head(head, std::make_shared<byte_budget>(0)))
    return false;
  inbound_request request;
  parser.read_head(request);
  require(!(parser.is_chunked() && parser.has_length()), "a body has one framing");
  require(request.count("host") <= 1, "a request has one host");
  require(request.count("content-length") <= 1, "a request has one length");
  require(request.headers.size() <= listener_limits().max_fields, "fields are bounded");
  const auto target = parse_target(parser.target());
  require(target.status != 0 || target.path.starts_with('/'), "a path begins with a slash");
  return true;
}

} // namespace

void fuzz_http_request(std::string_view input) {
  const listener_limits limits;
  const auto whole = head_gate(limits).look(input);
  head_gate dripped(limits);
  gate_verdict verdict;
  for (std::size_t size = 1; size <= input.size() && verdict.state == gate_state::incomplete;
       ++size)
    verdict = dripped.look(input.substr(0, size));
  require(verdict.state == whole.state && verdict.status == whole.status &&
              verdict.size == whole.size,
          "the gate says the same however the bytes arrive");
  if (whole.state != gate_state::complete)
    return;
  const auto head = input.substr(whole.skipped, whole.size - whole.skipped);
  if (!check_fuzzed_head(head))
    return;
  const auto rest = input.substr(whole.size);
  const auto at_once = read_fuzzed_body(head, rest, rest.size() + 1);
  const auto in_bytes = read_fuzzed_body(head, rest, 1);
  if (in_bytes.state == body_state::complete)
    require(at_once.state == body_state::complete, "a body that drips is taken as a whole as well");
  if (in_bytes.state == body_state::complete && at_once.state == body_state::complete)
    require(in_bytes.bytes == at_once.bytes && in_bytes.used == at_once.used,
            "a body is the same however it arrives");
}

} // namespace spec_kitty::fuzz
