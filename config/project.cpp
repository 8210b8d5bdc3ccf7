#include "config/project.hpp"

#include "config/checkout.hpp"
#include "messages/event.hpp"
#include "util/files.hpp"
#include "util/json.hpp"

#include <sha256.h>
#include <yaml-cpp/yaml.h>

#include <array>

namespace spec_kitty {

namespace fs = std::filesystem;

namespace {

std::optional<std::string> scalar(const YAML::Node& project, const char* name) {
  const YAML::Node value = project[name];
  if (!value || !value.IsScalar() || value.Scalar().empty())
    return std::nullopt;
  return value.Scalar();
}

/// Stands for a project without a uuid: the same from all worktrees, and it names no path.
std::string digest_of(const checkout_location& place) {
  std::error_code error;
  const fs::path& base = place.git_dir.empty() ? place.root : place.git_dir;
  const fs::path real = fs::canonical(base, error);
  std::string text = (error ? base : real).string();
  if (!place.git_dir.empty() && place.root != place.top)
    text.append("\n").append(place.subfolder().string());
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

project_identity read_project(const fs::path& from) {
  const auto place = locate_checkout(from);
  if (!place)
    return {};
  project_identity identity = read_identity(place->root);
  identity.key = identity.uuid ? *identity.uuid : digest_of(*place);
  identity.name = identity.slug ? *identity.slug : place->root.filename().string();
  if (!is_utf8(identity.name))
    identity.name = "a project";
  return identity;
}

} // namespace spec_kitty
