#include "app/orchestrate/approval.hpp"

#include "config/git_files.hpp"
#include "config/home_check.hpp"
#include "util/files.hpp"
#include "util/sha256.hpp"
#include "util/text.hpp"
#include "util/timestamp.hpp"
#include "util/utf8.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <tuple>

namespace spec_kitty::orchestrate {

namespace fs = std::filesystem;
namespace wf = workflow;

namespace {

constexpr std::size_t max_agents_bytes = std::size_t{256} << 10;
constexpr std::size_t max_programs_bytes = std::size_t{64} << 20; ///< all of them together
constexpr std::size_t max_shown_program_bytes = std::size_t{64} << 10;
constexpr std::size_t max_shown_line_bytes = 1000;
constexpr std::size_t max_approval_bytes = 65536;

bool can_run(const fs::path& file) {
  struct stat info {};
  return ::stat(file.c_str(), &info) == 0 && S_ISREG(info.st_mode) &&
         ::access(file.c_str(), X_OK) == 0;
}

bool lies_below(const fs::path& path, const fs::path& folder) {
  const auto inside = path.lexically_normal().lexically_relative(folder.lexically_normal());
  return !folder.empty() && !inside.empty() && *inside.begin() != "..";
}

/// In the checkout, its git directory or its worktrees, by the text of the path.
bool is_of_repository(const wf::repository& repo, const fs::path& path) {
  for (const auto& folder : {repo.top, repo.git_dir, repo.elsewhere})
    if (!folder.empty() && (lies_below(path, folder) || lies_below(path, resolved(folder))))
      return true;
  return false;
}

failure too_large(const std::string& name) {
  return {ec::bad_config, name + " is too large to be approved",
          "keep it outside of the repository, and give its path from there"};
}

/// The programs that an approval covers, in order of their names.
result<std::vector<repository_program>> programs_of(const wf::repository& repo,
                                                    const agents_file& agents) {
  std::vector<repository_program> found;
  std::size_t left = max_programs_bytes;
  for (const auto& agent : agents.agents) {
    const auto& name = agent.command.front();
    const auto named = program_of(agent, repo.checkout);
    const bool has_path = name.find('/') != std::string::npos;
    const auto meant = !named.empty() || !has_path ? named : repo.checkout / name;
    const auto real = meant.empty() ? fs::path() : resolved(meant);
    const bool inside = is_of_repository(repo, real);
    if (real.empty() || (!inside && !is_of_repository(repo, meant)))
      continue;
    repository_program program{name, real, std::nullopt};
    if (inside) {
      auto bytes = read_file(real, left);
      if (!bytes)
        return bytes.error().code == ec::bad_input ? too_large(name) : input_failure(bytes.error());
      left -= *bytes ? (*bytes)->size() : 0;
      program.bytes = std::move(*bytes);
    }
    if (std::find(found.begin(), found.end(), program) == found.end())
      found.push_back(std::move(program));
  }
  std::sort(found.begin(), found.end(), [](const auto& left, const auto& right) {
    return std::tie(left.name, left.path) < std::tie(right.name, right.path);
  });
  return found;
}

/// Each part is a hash or has no line break, so that no content can stand for another.
std::string hash_of(const wf::repository& repo, const approvable& what) {
  std::string all = "spec-kitty agents 1\n" + sha256_hex(resolved(repo.checkout).string()) + "\n" +
                    sha256_hex(what.text) + "\n";
  for (const auto& program : what.programs)
    all += sha256_hex(program.name) + " " + sha256_hex(program.path.string()) + " " +
           (program.bytes ? sha256_hex(*program.bytes) : "-") + "\n";
  return sha256_hex(all);
}

fs::path approval_file(const fs::path& home, const std::string& hash) {
  return home / "approved" / hash;
}

/// The text behind a margin; a long line continues behind another one.
void show_text(std::string_view text, std::vector<std::string>& lines) {
  while (!text.empty()) {
    auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    std::string margin = "  | ";
    do {
      auto size = std::min(line.size(), max_shown_line_bytes);
      while (size < line.size() && size > max_shown_line_bytes - 3 &&
             (static_cast<unsigned char>(line[size]) & 0xC0U) == 0x80U)
        --size; // not in the middle of a character
      lines.push_back(margin + std::string(line.substr(0, size)));
      line.remove_prefix(size);
      margin = "  : ";
    } while (!line.empty());
  }
}

void show_program(const repository_program& program, std::vector<std::string>& lines) {
  const std::string name = "the program " + program.name;
  if (!program.bytes) {
    lines.push_back(
        name + ": " + program.path.string() +
        (fs::exists(program.path) ? ", outside of the repository" : ", does not exist"));
    return;
  }
  const std::string_view bytes = *program.bytes;
  lines.push_back(name + ": " + program.path.string() + ", " + std::to_string(bytes.size()) +
                  " bytes, SHA-256 " + sha256_hex(bytes));
  if (::access(program.path.c_str(), X_OK) != 0)
    lines.push_back("  it is not executable: chmod +x " + shell_word(program.path.string()));
  if (!is_utf8(bytes) || bytes.find('\0') != std::string_view::npos) {
    lines.emplace_back("  not a text; nothing of it is shown");
    return;
  }
  auto shown = bytes.substr(0, max_shown_program_bytes);
  show_text(shown, lines);
  if (shown.size() < bytes.size())
    lines.push_back("  " + std::to_string(bytes.size() - shown.size()) +
                    " more bytes are not shown here");
}

} // namespace

fs::path agents_path(const wf::repository& repo) {
  return repo.checkout / ".kittify" / "agents.toml";
}

result<approvable> read_approvable(const wf::repository& repo) {
  approvable what;
  what.file = agents_path(repo);
  auto text = repo.files().read(what.file, max_agents_bytes);
  if (!text)
    return input_failure(text.error());
  if (!*text)
    return failure{ec::bad_config, what.file.string() + " does not exist",
                   "create it: spec-kitty orchestrate --init"};
  auto agents = parse_agents(**text, what.file.string());
  if (!agents)
    return agents.error();
  what.text = std::move(**text);
  what.agents = std::move(*agents);
  return read_again(repo, what);
}

result<approvable> read_again(const wf::repository& repo, const approvable& before) {
  approvable now = before;
  auto programs = programs_of(repo, now.agents);
  if (!programs)
    return programs.error();
  now.programs = std::move(*programs);
  now.hash = hash_of(repo, now);
  return now;
}

bool is_approved(const fs::path& home, const approvable& what) {
  if (home.empty() || !check_trusted(home))
    return false;
  const auto found = read_private_file(approval_file(home, what.hash), max_approval_bytes);
  return found && *found && !(*found)->empty();
}

result<void> approve(const fs::path& home, const wf::repository& repo, const approvable& what) {
  if (auto ours = check_trusted(home); !ours)
    return ours;
  const auto file = approval_file(home, what.hash);
  if (auto made = make_private_folder(file.parent_path()); !made)
    return made;
  return replace_file(
      file, resolved(repo.checkout).string() + "\n" + format_timestamp(wall_clock_now()) + "\n",
      0600);
}

std::vector<std::string> lines_of(const approvable& what) {
  std::vector<std::string> lines = {what.file.string() + ", SHA-256 " + sha256_hex(what.text)};
  show_text(what.text, lines);
  for (const auto& program : what.programs)
    show_program(program, lines);
  return lines;
}

fs::path find_program(const std::string& name, const fs::path& checkout,
                      const std::optional<std::string>& wanted) {
  if (name.find('/') != std::string::npos) {
    auto file = name.front() == '/' ? fs::path(name) : checkout / name;
    return can_run(file) ? file : fs::path();
  }
  const char* variable = std::getenv("PATH");
  std::string_view path = wanted ? *wanted : variable == nullptr ? "" : std::string_view(variable);
  while (!path.empty()) {
    const auto folder = path.substr(0, path.find(':'));
    path.remove_prefix(std::min(folder.size() + 1, path.size()));
    auto file = fs::path(folder) / name;
    if (folder.starts_with('/') && can_run(file))
      return file;
  }
  return {};
}

fs::path program_of(const agent_spec& agent, const fs::path& checkout) {
  const auto own = agent.env.find("PATH");
  return find_program(agent.command.front(), checkout,
                      own == agent.env.end() ? std::nullopt : std::optional(own->second));
}

} // namespace spec_kitty::orchestrate
