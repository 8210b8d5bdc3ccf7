#include "app/workflow/text_lines.hpp"

#include "util/json.hpp"

#include <algorithm>

namespace spec_kitty::workflow {

namespace {

/// A code fence: three or more backquotes or tildes, indented by at most three spaces.
struct fence {
  char mark = 0;
  std::size_t length = 0;
  bool bare = false; ///< nothing follows: it may close a block
};

fence fence_of(std::string_view line) {
  const auto indent = std::min(line.find_first_not_of(' '), line.size());
  line.remove_prefix(indent);
  if (indent > 3 || line.empty() || (line[0] != '`' && line[0] != '~'))
    return {};
  const auto length = std::min(line.find_first_not_of(line[0]), line.size());
  const auto rest = line.substr(length);
  if (length < 3 || (line[0] == '`' && rest.find('`') != std::string_view::npos))
    return {};
  return {line[0], length, trimmed(rest).empty()};
}

/// Whether a comment is open after this line.
bool comment_open_after(std::string_view line, bool open) {
  while (!line.empty()) {
    const std::string_view wanted = open ? "-->" : "<!--";
    const auto at = line.find(wanted);
    if (at == std::string_view::npos)
      break;
    line.remove_prefix(at + wanted.size());
    open = !open;
  }
  return open;
}

} // namespace

std::vector<text_line> lines_of_text(std::string_view text) {
  std::vector<text_line> lines;
  fence open;
  bool comment = false;
  for (std::size_t at = 0; at < text.size();) {
    const auto newline = std::min(text.find('\n', at), text.size());
    const bool ended = newline < text.size();
    const bool carriage = ended && newline > at && text[newline - 1] == '\r';
    text_line line;
    line.at = at;
    line.content = text.substr(at, newline - at - (carriage ? 1 : 0));
    line.ending = text.substr(at + line.content.size(), (carriage ? 1U : 0U) + (ended ? 1U : 0U));
    const fence here = comment ? fence{} : fence_of(line.content);
    if (open.mark != 0) {
      line.is_code = true;
      if (here.mark == open.mark && here.length >= open.length && here.bare)
        open = {};
    } else if (here.mark != 0) {
      line.is_code = true;
      open = here;
    } else {
      const bool before = comment;
      const bool quoted = !before && trimmed(line.content).starts_with(">");
      comment = !quoted && comment_open_after(line.content, before);
      const auto bare = trimmed(line.content);
      line.is_hidden = before || (bare.starts_with("<!--") && (comment || bare.ends_with("-->")));
    }
    line.is_hidden = line.is_hidden || line.is_code;
    at = line.end();
    lines.push_back(line);
  }
  return lines;
}

std::string line_ending_of(std::string_view text) {
  const auto newline = text.find('\n');
  return newline != std::string_view::npos && newline > 0 && text[newline - 1] == '\r' ? "\r\n"
                                                                                       : "\n";
}

std::size_t heading_level(std::string_view line) {
  const auto level = std::min(line.find_first_not_of('#'), line.size());
  const bool separated = level == line.size() || line[level] == ' ' || line[level] == '\t';
  return level <= 6 && separated ? level : 0;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blank = " \t\r\n";
  const auto first = text.find_first_not_of(blank);
  if (first == std::string_view::npos)
    return {};
  return text.substr(first, text.find_last_not_of(blank) - first + 1);
}

std::string as_one_line(std::string_view text) {
  std::string out;
  bool gap = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto byte = static_cast<unsigned char>(text[at]);
    // U+0085, U+2028 and U+2029 end lines for some readers.
    const bool next_line = text.substr(at).starts_with("\xC2\x85");
    const bool separator =
        text.substr(at).starts_with("\xE2\x80\xA8") || text.substr(at).starts_with("\xE2\x80\xA9");
    if (byte <= 0x20 || byte == 0x7F || next_line || separator) {
      gap = !out.empty();
      at += next_line ? 1 : separator ? 2 : 0;
      continue;
    }
    if (gap)
      out += ' ';
    gap = false;
    out += text[at];
  }
  return out;
}

std::string joined(const std::vector<std::string>& words, std::string_view between) {
  std::string out;
  for (const auto& word : words) {
    if (!out.empty())
      out += between;
    out += word;
  }
  return out;
}

} // namespace spec_kitty::workflow
