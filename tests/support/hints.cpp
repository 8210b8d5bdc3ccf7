#include "tests/support/hints.hpp"

#include "tests/support/programs.hpp"
#include "util/json.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <functional>
#include <regex>

namespace spec_kitty::support {

namespace fs = std::filesystem;

namespace {

void collect_hints(const json_value& value, std::vector<std::string>& found) {
  if (value.IsArray())
    for (const auto& each : value.GetArray())
      collect_hints(each, found);
  if (!value.IsObject())
    return;
  for (const auto& each : value.GetObject()) {
    const std::string name = each.name.GetString();
    if ((name == "hint" || name == "remedy" || name == "command") && each.value.IsString())
      found.emplace_back(each.value.GetString());
    else
      collect_hints(each.value, found);
  }
}

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size()))
    text.replace(at, what.size(), by);
  return text;
}

/// What is the same of a hint in every test: places, ids and numbers left out.
std::string kind_of_hint(const std::string& hint, const fs::path& root) {
  std::string kind = replaced(hint, root.string(), "ROOT");
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

std::vector<std::string> hints_in(const finished& done) {
  std::vector<std::string> found;
  for (const auto& line : lines_of(done.out))
    if (line.starts_with('{'))
      if (const auto object = parse_json(line))
        collect_hints(*object, found);
  bool after_error = false;
  for (const auto& line : lines_of(done.err)) {
    if ((after_error && line.starts_with("  ")) || line.starts_with("warning: "))
      found.push_back(line.substr(line.starts_with("  ") ? 2 : 0));
    after_error = line.starts_with("error: ") || (after_error && line.starts_with("  "));
  }
  return found;
}

std::vector<std::string> commands_in(const std::string& hint) {
  static const std::regex command(
      R"((?:^|: |, or |; or |run |with )((?:spec-kitty|git|chmod|mv|kill|rm|mkdir|systemctl|ulimit) (?:'[^']*'|[^;,'\n])*))");
  std::vector<std::string> found;
  for (std::sregex_iterator at(hint.begin(), hint.end(), command), end; at != end; ++at)
    found.push_back((*at)[1].str());
  return found;
}

void try_hints(const launch& of, const finished& done, const fs::path& root) {
  const char* folder = std::getenv("SPEC_KITTY_TRY_HINTS");
  if (folder == nullptr || of.argv.empty() || !of.argv.front().ends_with("/spec-kitty"))
    return;
  for (const auto& hint : hints_in(done)) {
    const auto commands = commands_in(hint);
    const auto name = std::to_string(std::hash<std::string>{}(kind_of_hint(hint, root)));
    if (commands.empty() || !claimed(fs::path(folder) / name))
      continue;
    std::string report = hint + "\nafter:";
    for (const auto& word : of.argv)
      report += " " + word;
    // The first one is what to do; what stands behind "then" or "or" has its turn elsewhere.
    const auto outcome = typed(commands.front(), of, root);
    report += "\ntyped: " + commands.front() + "\nstatus: " + std::to_string(outcome.status) +
              "\n" + outcome.out + outcome.err;
    write_text(fs::path(folder) / name, report);
    throw hint_tried();
  }
}

} // namespace spec_kitty::support
