#include "config/project.hpp"

#include "messages/event.hpp"
#include "util/files.hpp"
#include "util/json.hpp"

#include <sha256.h>
#include <yaml-cpp/yaml.h>

#include <array>

namespace spec_kitty {

namespace fs = std::filesystem;

namespace {

std::string first_line(const fs::path& file) {
  const auto text = read_file(file, 65536);
  if (!text || !*text)
    return {};
  std::string line = (*text)->substr(0, (*text)->find('\n'));
  while (!line.empty() && (line.back() == '\r' || line.back() == ' '))
    line.pop_back();
  return line;
}

/// A linked worktree's `.git` file leads to its git dir, whose `commondir` leads to the primary's.
fs::path primary_of_linked(const fs::path& tree) {
  const std::string line = first_line(tree / ".git");
  constexpr std::string_view prefix = "gitdir: ";
  if (!line.starts_with(prefix))
    return tree;
  const fs::path git_dir = tree / line.substr(prefix.size());
  const std::string common = first_line(git_dir / "commondir");
  if (common.empty()) // a submodule: a checkout of its own
    return tree;
  const fs::path common_dir = (git_dir / common).lexically_normal();
  const fs::path trimmed = common_dir.filename().empty() ? common_dir.parent_path() : common_dir;
  return trimmed.filename() == ".git" ? trimmed.parent_path() : tree;
}

std::optional<std::string> scalar(const YAML::Node& project, const char* name) {
  const YAML::Node value = project[name];
  if (!value || !value.IsScalar() || value.Scalar().empty())
    return std::nullopt;
  return value.Scalar();
}

/// Stands for a checkout without a uuid: the same from all its worktrees, and it names no path.
std::string digest_of(const fs::path& checkout) {
  std::error_code error;
  const fs::path git = checkout / ".git";
  const fs::path place = fs::canonical(fs::exists(git, error) ? git : checkout, error);
  const std::string text = (error ? git : place).string();
  std::array<char, SHA256_DIGEST_STRING_LENGTH> hex{};
  SHA256Data(reinterpret_cast<const std::uint8_t*>(text.data()), text.size(), hex.data());
  return "git:" + std::string(hex.data(), 32);
}

/// uuid and slug as `.kittify/config.yaml` has them, and a warning where it cannot be used.
project_identity read_identity(const fs::path& checkout) {
  project_identity identity;
  const fs::path file = checkout / ".kittify" / "config.yaml";
  const auto text = read_file(file);
  if (!text || !*text) {
    identity.warning = text ? "" : text.error().message;
    return identity;
  }
  if (!is_utf8(**text)) { // the names go into events, which are JSON
    identity.warning = file.string() + ": not UTF-8; events carry no project";
    return identity;
  }
  try {
    const YAML::Node root = YAML::Load(**text);
    if (!root.IsMap() || !root["project"] || !root["project"].IsMap())
      return identity;
    identity.uuid = scalar(root["project"], "uuid");
    identity.slug = scalar(root["project"], "slug");
    if (identity.uuid && !is_uuid(*identity.uuid)) {
      identity.warning = file.string() + ": project.uuid is not a UUID; events carry no project";
      identity.uuid.reset();
    }
  } catch (const YAML::Exception& broken) {
    identity = {};
    identity.warning = file.string() + ", line " + std::to_string(broken.mark.line + 1) +
                       ": not usable YAML (" + broken.msg + "); events carry no project";
  }
  return identity;
}

} // namespace

std::optional<fs::path> primary_checkout(const fs::path& from) {
  std::error_code error;
  for (fs::path at = from; !at.empty(); at = at.parent_path()) {
    const auto git = fs::status(at / ".git", error);
    if (fs::is_directory(git))
      return at;
    if (fs::is_regular_file(git))
      return primary_of_linked(at);
    if (fs::is_directory(at / ".kittify", error))
      return at;
    if (at == at.root_path())
      break;
  }
  return std::nullopt;
}

project_identity read_project(const fs::path& from) {
  const auto checkout = primary_checkout(from);
  if (!checkout)
    return {};
  project_identity identity = read_identity(*checkout);
  identity.key = identity.uuid ? *identity.uuid : digest_of(*checkout);
  identity.name = identity.slug ? *identity.slug : checkout->filename().string();
  if (!is_utf8(identity.name))
    identity.name = "a project";
  return identity;
}

} // namespace spec_kitty
