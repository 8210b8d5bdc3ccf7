#include "config/project.hpp"

#include "config/checkout.hpp"
#include "config/project_keys.hpp"
#include "messages/event.hpp"
#include "util/json.hpp"
#include "util/rooted_files.hpp"

#include <yaml-cpp/yaml.h>

namespace spec_kitty {

namespace fs = std::filesystem;

namespace {

std::optional<std::string> scalar(const YAML::Node& project, const char* name) {
  const YAML::Node value = project[name];
  if (!value || !value.IsScalar() || value.Scalar().empty())
    return std::nullopt;
  return value.Scalar();
}

constexpr std::size_t max_config_bytes = std::size_t{64} << 10; // two short values are read

/// uuid and slug as `.kittify/config.yaml` has them, and a warning where it cannot be used.
project_identity read_identity(const fs::path& top, const fs::path& checkout) {
  project_identity identity;
  const fs::path file = checkout / ".kittify" / "config.yaml";
  const auto text = rooted_files(top).read(file, max_config_bytes);
  if (!text || !*text) {
    identity.warning = text ? "" : text.error().message;
    return identity;
  }
  // The names go into events, which are JSON. NUL bytes are those of UTF-16 and UTF-32, which the
  // parser would decode into what need not be UTF-8.
  if (!is_utf8(**text) || (*text)->find('\0') != std::string::npos) {
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

project_identity read_project(const fs::path& from, project_use use) {
  const auto place = locate_checkout(from);
  if (!place)
    return {};
  project_identity identity = read_identity(place->top, place->root);
  if (use == project_use::decide || (use == project_use::record && !identity.uuid))
    note_project_id(*place);
  project_keys keys = keys_of(*place);
  identity.in_doubt = !identity.uuid && (!identity.warning.empty() || place->dangling);
  identity.key = identity.uuid       ? *identity.uuid
                 : identity.in_doubt ? doubtful_project(keys.of_folder.front())
                                     : keys.of_folder.front();
  identity.aliases = std::move(keys.of_folder);
  identity.parent = std::move(keys.parent);
  identity.name = identity.slug ? *identity.slug : place->root.filename().string();
  if (!is_utf8(identity.name))
    identity.name = "a project";
  return identity;
}

} // namespace spec_kitty
