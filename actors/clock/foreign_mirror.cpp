#include "actors/clock/foreign_mirror.hpp"

#include "util/files.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>

namespace spec_kitty {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view mirror_name = "clock.json";

/// A node id as part of a file's name; what it should not hold is replaced.
std::string as_name(std::string_view node_id) {
  std::string name(node_id.substr(0, 64));
  std::replace_if(
      name.begin(), name.end(),
      [](char c) {
        return (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && c != '-';
      },
      '_');
  return name;
}

std::optional<clock_mirror> mirror_in(const fs::path& file) {
  const auto text = read_private_file(file, 4096);
  return text && *text ? parse_mirror(**text) : std::nullopt;
}

} // namespace

std::optional<std::uint64_t> value_to_inherit(const std::optional<clock_mirror>& mirror,
                                              std::uint64_t store_value, std::string_view node_id) {
  if (!mirror || mirror->node_id == node_id || store_value != 0 || mirror->value == 0)
    return std::nullopt;
  return mirror->value;
}

result<void> keep_foreign_mirror(const fs::path& home, std::string_view node_id) {
  const fs::path file = home / mirror_name;
  const auto mirror = mirror_in(file);
  if (!mirror || mirror->node_id == node_id)
    return {};
  const fs::path kept = file.string() + "." + as_name(mirror->node_id);
  const fs::path fresh = kept.string() + "." + std::to_string(::getpid()) + ".new";
  ::unlink(fresh.c_str());
  if (::link(file.c_str(), fresh.c_str()) == 0) {
    const bool done = ::rename(fresh.c_str(), kept.c_str()) == 0;
    const int error = errno;
    ::unlink(fresh.c_str()); // it still exists when both names were one file already
    return done ? result<void>{} : system_failure(error, "cannot keep " + file.string());
  }
  return replace_file(kept, render_mirror(*mirror)); // no second names here: a copy
}

std::vector<std::pair<fs::path, clock_mirror>> foreign_mirrors(const fs::path& home,
                                                               std::string_view node_id) {
  std::map<fs::path, clock_mirror> found;
  std::error_code error;
  for (fs::directory_iterator at(home, error), end; !error && at != end; at.increment(error)) {
    const std::string name = at->path().filename().string();
    if (!name.starts_with(mirror_name) || name.ends_with(".new"))
      continue;
    if (const auto mirror = mirror_in(at->path()); mirror && mirror->node_id != node_id)
      found.emplace(at->path(), *mirror);
  }
  return {found.begin(), found.end()};
}

std::vector<home_conflict> clock_conflicts(const std::filesystem::path& home,
                                           std::string_view node_id) {
  std::vector<home_conflict> found;
  for (const auto& [file, mirror] : foreign_mirrors(home, node_id))
    found.push_back({"clock_of_another_node",
                     file.string() + " is the clock of node " + mirror.node_id + " at " +
                         std::to_string(mirror.value) + "; this home is node " +
                         std::string(node_id),
                     "no action is needed: the two clocks have different file names; remove this "
                     "file once the older tool is no longer used here"});
  return found;
}

} // namespace spec_kitty
