#include "messages/fast_check.hpp"

#include "messages/checking_pass.hpp"
#include "messages/schema/payload_tables.hpp"
#include "util/utf8.hpp"

namespace spec_kitty {

namespace {

/// What becomes null when it is recorded.
bool has_stack_trace(std::string_view event_type, const plain_payload& payload) {
  return event_type == "ErrorLogged" &&
         payload.compact.find("\"stack_trace\":\"") != std::string::npos;
}

} // namespace

bool check_plain_payload(std::string_view event_type, std::string_view text,
                         const redaction_terms& words, plain_payload& found) {
  const payload_table* const table = payload_table_of(event_type);
  checking_pass pass(text);
  if (table == nullptr)
    return false;
  pass.skip_blanks();
  return pass.payload(*table, found) && pass.is_over() && is_utf8(text) &&
         has_no_term(text, words) && !has_stack_trace(event_type, found);
}

bool check_plain_line(std::string_view line, const redaction_terms& words, plain_line& found) {
  checking_pass pass(line);
  return pass.line(found) && pass.is_over() && is_utf8(line) && has_no_term(line, words) &&
         !has_stack_trace(found.event_type, found.payload);
}

} // namespace spec_kitty
