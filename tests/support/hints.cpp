#include "tests/support/hints.hpp"

#include "tests/support/programs.hpp"
#include "util/json.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <functional>
#include <regex>
#include <set>

namespace spec_kitty::support {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t max_hint_bytes = 4000; ///< std::regex needs stack for each

void collect_hints(const json_value& value, std::vector<printed_hint>& found) {
  if (value.IsArray())
    for (const auto& each : value.GetArray())
      collect_hints(each, found);
  if (!value.IsObject())
    return;
  for (const auto& each : value.GetObject()) {
    const std::string name = each.name.GetString();
    if ((name == "hint" || name == "remedy" || name == "command") && each.value.IsString())
      for (const auto& line : lines_of(each.value.GetString()))
        found.push_back({text_of(value, "message").value_or(""), line,
                         name == "command" || text_of(value, "code") == "blocked"});
    else
      collect_hints(each.value, found);
  }
}

std::string without_spaces_in_front(const std::string& line) {
  const auto start = line.find_first_not_of(' ');
  return start == std::string::npos ? std::string() : line.substr(start);
}

bool begins_error(const std::string& line) {
  return line.starts_with("error: ") || line.starts_with("warning: ");
}

/// Hints below an error: of several blockers each has its message in the line before.
void collect_from_errors(const std::vector<std::string>& lines, bool in_order,
                         std::vector<printed_hint>& found) {
  std::string message;
  bool in_error = false;
  for (const auto& line : lines) {
    in_error = begins_error(line) || (in_error && line.starts_with("  "));
    const auto text = without_spaces_in_front(line);
    if (in_error && line.starts_with("  ") && !commands_in(text).empty())
      found.push_back({message, text, in_order || line.starts_with("    ")});
    else if (in_error)
      message = text;
  }
}

/// Sentences outside of errors with a command in them, which stands behind other words.
void collect_from_sentences(const std::vector<std::string>& lines,
                            std::vector<printed_hint>& found) {
  for (const auto& line : lines)
    if (!line.starts_with('{') && !line.starts_with("error: ") && !line.starts_with("  "))
      if (const auto commands = commands_in(line);
          !commands.empty() && !line.starts_with(commands.front()))
        found.push_back({{}, line, false});
}

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size()))
    text.replace(at, what.size(), by);
  return text;
}

/// What is the same of a hint in every test: places, ids and numbers left out.
std::string kind_of(const std::string& text, const fs::path& root) {
  std::string kind = replaced(text, root.string(), "ROOT");
  kind = std::regex_replace(kind, std::regex("[0-9A-HJKMNP-TV-Z]{26}"), "ID");
  return std::regex_replace(kind, std::regex("[0-9]+"), "N");
}

/// True for the one that writes the file first.
bool claimed(const fs::path& file) {
  const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd >= 0)
    ::close(fd);
  return fd >= 0;
}

finished typed(const std::string& command, const launch& of, const fs::path& root) {
  launch what = of;
  what.argv = {"/bin/sh", "-c", command};
  what.input.clear();
  const char* path = std::getenv("PATH");
  what.env["PATH"] = program_folder() + ":" + (path == nullptr ? "/usr/bin:/bin" : path);
  what.env["GIT_EDITOR"] = "true"; // a person would save the message as it is
  what.env["SPEC_KITTY_PASSWORD"] = "secret";
  // git replaces the file that it writes to, and the fixture's is /dev/null.
  what.env["GIT_CONFIG_GLOBAL"] = (root / "gitconfig").string();
  return run(what);
}

} // namespace

std::vector<printed_hint> hints_in(const finished& done) {
  std::vector<printed_hint> found;
  for (const auto& line : lines_of(done.out))
    if (line.starts_with('{'))
      if (const auto object = parse_json(line))
        collect_hints(*object, found);
  collect_from_errors(lines_of(done.err), false, found);
  collect_from_errors(lines_of(done.out), true, found); // doctor's
  collect_from_sentences(lines_of(done.err), found);
  collect_from_sentences(lines_of(done.out), found);
  return found;
}

std::vector<std::string> commands_in(const std::string& hint) {
  static const std::string program =
      "(?:(?:spec-kitty|chmod|mv|kill|rm|mkdir|ulimit|fuser|for) |echo 'WHAT |"
      "git (?:-[cC]|config|init|commit|worktree|switch)(?= |$))";
  // A whole line that is a command, or one behind words, up to the words behind it.
  static const std::regex whole(program + "[^\n]*");
  static const std::regex part("(?:: |, or |; or |run |with |now )(" + program +
                               "(?:'[^']*'|\"[^\"]*\"|(?![;,] "
                               "(?:then|or|else|and|commit|see|all|end|the|it)\\b)[^'\"\n)])*)");
  std::vector<std::string> found;
  if (hint.size() > max_hint_bytes || hint.starts_with("Usage: "))
    return found;
  if (std::regex_match(hint, whole)) {
    found.push_back(hint);
    return found;
  }
  for (std::sregex_iterator at(hint.begin(), hint.end(), part), end; at != end; ++at)
    found.push_back((*at)[1].str());
  return found;
}

void try_hints(const launch& of, const finished& done, const fs::path& root) {
  const char* variable = std::getenv("SPEC_KITTY_TRY_HINTS");
  if (variable == nullptr || of.argv.empty() || !of.argv.front().ends_with("/spec-kitty"))
    return;
  const fs::path folder = variable;
  const auto hints = hints_in(done);
  if (hints.empty())
    return;
  const std::string printed = kind_of(done.out + "\n" + done.err, root);
  if (const auto met = folder / "met" / std::to_string(std::hash<std::string>{}(printed));
      claimed(met))
    write_text(met, done.out + "\n" + done.err);
  std::string before;
  std::set<std::string> seen; // JSON has a blocker's command twice
  for (const auto& [message, hint, in_order] : hints) {
    const auto commands = commands_in(hint);
    if (!commands.empty() && !seen.insert(commands.front()).second)
      continue;
    const auto name = std::hash<std::string>{}(kind_of(message + "\n" + hint, root));
    const auto file = folder / "tried" / std::to_string(name);
    if (commands.empty() || commands.front().find("/dev/") != std::string::npos)
      continue;
    if (!claimed(file)) {
      before += in_order ? commands.front() + "; " : "";
      continue;
    }
    std::string report = hint + "\nafter:";
    for (const auto& word : of.argv)
      report += " " + word;
    // The first one is what to do; what stands behind "then" or "or" has its turn elsewhere.
    if (in_order && !before.empty())
      (void)typed(before, of, root);
    const auto outcome = typed(commands.front(), of, root);
    report += "\nprinted: " + message + "\ntyped: " + commands.front() +
              "\nstatus: " + std::to_string(outcome.status) + "\n" + outcome.out + outcome.err;
    write_text(file, report);
    throw hint_tried();
  }
}

} // namespace spec_kitty::support
