// Which project the current folder belongs to: `.kittify/config.yaml` of its primary checkout. No
// git process is started: emit must stay fast.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace spec_kitty {

struct project_identity {
  std::optional<std::string> uuid;
  std::optional<std::string> slug;
  std::string key; ///< for opting out: uuid, else that of the git folder; empty: no project
  std::vector<std::string> aliases; ///< its other keys (project_keys.hpp)
  std::string parent;
  bool in_doubt = false; ///< it may have a uuid, which cannot be read
  std::string name;      ///< for people: the slug, else the checkout's folder name
  std::string warning;   ///< why the file could not be used; empty: it could, or it does not exist
};

/// What the identity is read for.
enum class project_use : std::uint8_t {
  look,   ///< changes nothing
  record, ///< a project without a uuid gets an id in its git folder, which moves with it
  decide  ///< every project gets one, so that the decision holds without the uuid
};

/// `project.uuid` and `project.slug` for a folder.
project_identity read_project(const std::filesystem::path& from,
                              project_use use = project_use::look);

} // namespace spec_kitty
