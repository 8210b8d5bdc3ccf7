// Which project the current folder belongs to: `.kittify/config.yaml` of its primary checkout.
// Reading never writes, and no git process is started: emit must stay fast.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace spec_kitty {

struct project_identity {
  std::optional<std::string> uuid;
  std::optional<std::string> slug;
  std::string key;     ///< for opting out: uuid, else a digest of the git folder; empty: no project
  std::string name;    ///< for people: the slug, else the checkout's folder name
  std::string warning; ///< why the file could not be used; empty: it could, or it does not exist
};

/// `project.uuid` and `project.slug` for a folder.
project_identity read_project(const std::filesystem::path& from);

} // namespace spec_kitty
