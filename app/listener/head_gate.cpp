#include "app/listener/head_gate.hpp"

#include "util/text.hpp"

#include <algorithm>
#include <cctype>

namespace spec_kitty::listener {

namespace {

constexpr std::size_t max_leading_lines = 2; // RFC 9112, 2.2: clients that send a CRLF too many
constexpr std::size_t max_length_digits = 18;
constexpr std::size_t max_method_and_version = 64; // beside the target, in a request line

gate_verdict refuse(int status, std::string_view reason) {
  gate_verdict verdict;
  verdict.state = gate_state::refused;
  verdict.status = status;
  verdict.reason = reason;
  return verdict;
}

bool is_digit(char character) {
  return character >= '0' && character <= '9';
}

bool is_letter_or_digit(char character) {
  return is_digit(character) || (character >= 'a' && character <= 'z') ||
         (character >= 'A' && character <= 'Z');
}

/// RFC 9110, 5.6.2.
bool is_token(std::string_view text) {
  static constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char character) {
    return is_letter_or_digit(character) || marks.find(character) != std::string_view::npos;
  });
}

/// The characters of a host with a port; whether it is a name of ours is decided elsewhere.
bool is_host(std::string_view text) {
  static constexpr std::string_view marks = "-._~%!$&'()*+;=:[]";
  return std::all_of(text.begin(), text.end(), [](char character) {
    return is_letter_or_digit(character) || marks.find(character) != std::string_view::npos;
  });
}

bool is_same_word(std::string_view text, std::string_view lower) {
  return text.size() == lower.size() && lower_case(text) == lower;
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos)
    return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

bool is_control(char character) {
  const auto byte = static_cast<unsigned char>(character);
  return (byte < 0x20 && byte != '\t') || byte == 0x7f;
}

} // namespace

gate_verdict head_gate::look(std::string_view bytes) {
  while (scanned_ < bytes.size()) {
    if (scanned_ >= limits_->max_head)
      return too_long();
    const char character = bytes[scanned_];
    if (character == '\n')
      return refuse(400, "a line ends with a line feed alone");
    if (character != '\r') {
      if (is_control(character))
        return refuse(400, "a control character in the head");
      ++scanned_;
      if (!request_line_ && scanned_ - line_ > limits_->max_target + max_method_and_version)
        return refuse(414, "the request line is too long");
      continue;
    }
    if (scanned_ + 1 == bytes.size())
      return {};
    if (bytes[scanned_ + 1] != '\n')
      return refuse(400, "a carriage return without a line feed");
    const std::string_view line = bytes.substr(line_, scanned_ - line_);
    scanned_ += 2;
    line_ = scanned_;
    if (scanned_ > limits_->max_head)
      return too_long();
    const auto verdict = judge_line(line, scanned_);
    if (verdict.state != gate_state::incomplete)
      return verdict;
  }
  return {};
}

gate_verdict head_gate::too_long() const {
  return request_line_ ? refuse(431, "the head is too long")
                       : refuse(414, "the request line is too long");
}

gate_verdict head_gate::judge_line(std::string_view line, std::size_t end) {
  if (!request_line_) {
    if (!line.empty())
      return judge_request_line(line);
    skipped_ += 2;
    return skipped_ > 2 * max_leading_lines ? refuse(400, "empty lines before the request")
                                            : gate_verdict{};
  }
  return line.empty() ? judge_whole(end) : judge_field(line);
}

gate_verdict head_gate::judge_request_line(std::string_view line) {
  request_line_ = true;
  const auto first = line.find(' ');
  const auto last = line.rfind(' ');
  if (first == std::string_view::npos || first == last || line.find(' ', first + 1) != last ||
      !is_token(line.substr(0, first)))
    return refuse(400, "the request line is not a method, a target and a version");
  const auto version = line.substr(last + 1);
  if (version == "HTTP/1.0")
    version_1_0_ = true;
  else if (version != "HTTP/1.1")
    return version.starts_with("HTTP/") ? refuse(505, "HTTP/1.1 and HTTP/1.0 are spoken here")
                                        : refuse(400, "the request line has no HTTP version");
  const auto target = line.substr(first + 1, last - first - 1);
  if (target.empty())
    return refuse(400, "the request target is empty");
  if (target.size() > limits_->max_target)
    return refuse(414, "the request target is too long");
  const bool printable = std::all_of(target.begin(), target.end(), [](char character) {
    const auto byte = static_cast<unsigned char>(character);
    return byte > 0x20 && byte < 0x7f;
  });
  return printable ? gate_verdict{} : refuse(400, "the request target is not percent-encoded");
}

gate_verdict head_gate::judge_field(std::string_view line) {
  if (line.front() == ' ' || line.front() == '\t')
    return refuse(400, "a folded header field");
  if (++fields_ > limits_->max_fields)
    return refuse(431, "too many header fields");
  const auto colon = line.find(':');
  if (colon == std::string_view::npos || !is_token(line.substr(0, colon)))
    return refuse(400, "a header field without a proper name");
  return judge_value(line.substr(0, colon), trimmed(line.substr(colon + 1)));
}

gate_verdict head_gate::judge_value(std::string_view name, std::string_view value) {
  if (is_same_word(name, "content-length")) {
    if (++lengths_ > 1)
      return refuse(400, "two Content-Length fields");
    if (value.empty() || value.size() > max_length_digits ||
        !std::all_of(value.begin(), value.end(), is_digit))
      return refuse(400, "Content-Length is not a number");
  } else if (is_same_word(name, "transfer-encoding")) {
    if (++codings_ > 1)
      return refuse(400, "two Transfer-Encoding fields");
    chunked_alone_ = is_same_word(value, "chunked");
  } else if (is_same_word(name, "host")) {
    if (++hosts_ > 1)
      return refuse(400, "two Host fields");
    if (!is_host(value))
      return refuse(400, "Host is not a host");
  } else if (is_same_word(name, "authorization") && ++authorizations_ > 1) {
    return refuse(400, "two Authorization fields");
  }
  return {};
}

gate_verdict head_gate::judge_whole(std::size_t end) const {
  if (lengths_ > 0 && codings_ > 0)
    return refuse(400, "both Content-Length and Transfer-Encoding");
  if (codings_ > 0 && version_1_0_)
    return refuse(400, "Transfer-Encoding in HTTP/1.0");
  if (codings_ > 0 && !chunked_alone_)
    return refuse(501, "the only transfer coding is chunked");
  if (hosts_ == 0 && !version_1_0_)
    return refuse(400, "Host is missing");
  gate_verdict verdict;
  verdict.state = gate_state::complete;
  verdict.skipped = skipped_;
  verdict.size = end;
  return verdict;
}

request_target parse_target(std::string_view target) {
  request_target parsed;
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!is_same_word(target.substr(0, scheme.size()), scheme))
      continue;
    target.remove_prefix(scheme.size());
    const auto end = std::min(target.find_first_of("/?#"), target.size());
    const auto authority = target.substr(0, end);
    if (authority.empty() || !is_host(authority)) {
      parsed.status = 400;
      return parsed;
    }
    target.remove_prefix(end);
    parsed.path = "/";
    break;
  }
  const bool has_path = target.starts_with('/');
  if (target.find('#') != std::string_view::npos || (!has_path && parsed.path.empty()) ||
      (!has_path && !target.empty() && target.front() != '?')) {
    parsed.status = 400;
    return parsed;
  }
  const auto mark = target.find('?');
  if (has_path)
    parsed.path = target.substr(0, mark);
  if (mark != std::string_view::npos)
    parsed.query = target.substr(mark + 1);
  return parsed;
}

} // namespace spec_kitty::listener
