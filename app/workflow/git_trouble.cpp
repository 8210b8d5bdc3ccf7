#include "app/workflow/git_trouble.hpp"

#include "app/workflow/text_lines.hpp"
#include "util/text.hpp"

#include <array>
#include <charconv>

namespace spec_kitty::workflow {

namespace {

using git_version = std::array<int, 2>;

constexpr git_version merge_tree_version = {2, 38};

/// The lock file that git could not create, which it names in quotes; empty: not named.
std::string index_lock_in(const std::string& complaint) {
  const auto end = complaint.find("index.lock");
  const auto begin = end == std::string::npos ? end : complaint.rfind('/', end);
  const auto from = begin == std::string::npos ? begin : complaint.find_last_of("'\"`", begin);
  return from == std::string::npos ? std::string()
                                   : complaint.substr(from + 1, end + 10 - (from + 1));
}

/// Major and minor number of `git version 2.39.5`.
git_version version_in(const std::string& text) {
  git_version version{};
  const auto at = text.find_first_of("0123456789");
  if (at == std::string::npos)
    return version;
  const char* end = text.data() + text.size();
  const auto major = std::from_chars(text.data() + at, end, version[0]);
  if (major.ec == std::errc() && major.ptr != end && *major.ptr == '.')
    (void)std::from_chars(major.ptr + 1, end, version[1]);
  return version;
}

} // namespace

std::string in_one_line(const std::string& complaint) {
  if (complaint.find("user.email") != std::string::npos)
    return "it does not know whose commits these are"; // remedy_for() says the rest
  std::string line;
  for (const auto& each : lines_of_text(complaint))
    if (const auto words = trimmed(each.content); !words.empty() && !words.starts_with("hint:"))
      line.append(line.empty() ? "" : "; ").append(words);
  return line.empty() ? complaint : line;
}

std::string remedy_for(const std::string& complaint) {
  if (complaint.find("safe.directory") != std::string::npos)
    for (const auto& line : lines_of_text(complaint))
      if (const auto command = trimmed(line.content); command.starts_with("git config "))
        return "if you trust the owner of that folder, run: " + std::string(command);
  if (complaint.find("user.email") != std::string::npos)
    return "tell git who you are: git config --global user.name 'Your Name' && "
           "git config --global user.email you@example.org";
  if (const auto lock = index_lock_in(complaint); !lock.empty())
    return "wait for the git that is running there; if there is no such process, run: rm " +
           shell_word(lock);
  return "fix what git reports, then run the command again";
}

result<void> check_git(const git& runner) {
  const auto asked = runner.run({"rev-parse", "--git-dir"});
  return asked ? result<void>{} : asked.error();
}

result<void> check_git_merges(const git& runner) {
  if (auto usable = check_git(runner); !usable)
    return usable;
  const auto reported = runner.run({"version"});
  if (!reported)
    return reported.error();
  if (version_in(*reported) >= merge_tree_version)
    return {};
  const auto number = reported->find_first_of("0123456789");
  return failure{ec::bad_input,
                 "merge needs git 2.38 or later, this is " +
                     (number == std::string::npos ? *reported : reported->substr(number)),
                 "install a newer git; https://git-scm.com/downloads has it for every system"};
}

} // namespace spec_kitty::workflow
