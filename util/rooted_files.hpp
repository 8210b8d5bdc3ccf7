// Files below a folder that holds what others wrote, such as a repository. No path leads out of
// the folder: below it no symbolic link is followed, and `..` is refused.
//
//   root ──opened as it is named──▶ parent folder ──no link followed──▶ the file itself: no link
//
// The caller decides where the root is, so links that lead to it are followed. Below it the
// kernel resolves the parent folder in one step (openat2: RESOLVE_BENEATH, RESOLVE_NO_SYMLINKS);
// where it cannot, each component is opened by itself with O_NOFOLLOW. What is done to the file
// then names the parent by its descriptor: a link that is swapped in between is met and refused.
//
// Paths are absolute, and begin with the root as text; or relative to it.
#pragma once

#include "util/files.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace spec_kitty {

/// What a name stands for. `link`: a symbolic one, whatever it leads to.
enum class entry_kind { missing, file, folder, link, other };

struct folder_entry {
  std::string name;
  entry_kind kind = entry_kind::other;
};

/// The permissions of a file that is replaced.
struct new_mode {
  unsigned bits = 0666;
  bool exact = false; ///< else less the umask
};

/// Failures about a link, or about a path that leads out, are bad_input and name the link.
class rooted_files {
public:
  /// Opens nothing yet. `root` is absolute.
  explicit rooted_files(std::filesystem::path root) : root_(std::move(root)) {}

  const std::filesystem::path& root() const { return root_; }

  /// A regular file, as open_regular opens it. One that is opened for writing has no second name
  /// (hard link). Without O_CREAT an empty descriptor says that it does not exist.
  result<unique_fd> open(const std::filesystem::path& file, int flags, unsigned mode = 0600) const;
  /// A folder; an empty descriptor says that it does not exist.
  result<unique_fd> open_folder(const std::filesystem::path& folder) const;
  /// What is there. A link in front of the last name is a failure.
  result<entry_kind> kind_of(const std::filesystem::path& path) const;
  /// The whole file; nothing when it does not exist; a failure beyond `limit` bytes.
  result<std::optional<std::string>> read(const std::filesystem::path& file,
                                          std::size_t limit = std::size_t{1} << 20) const;
  /// The permissions of a file; nothing when it does not exist.
  result<std::optional<unsigned>> mode_of(const std::filesystem::path& file) const;
  /// In order of their names; none when the folder does not exist.
  result<std::vector<folder_entry>> list(const std::filesystem::path& folder) const;

  /// Replaces a file as a whole, durably; a link in its place is replaced, not followed. On failure
  /// the old file stands as it was.
  result<void> replace(const std::filesystem::path& file, std::string_view bytes,
                       new_mode mode) const;
  /// Makes a folder and its parents, durably. Existing folders stay as they are. `exact` holds for
  /// every folder that is made.
  result<void> make_folders(const std::filesystem::path& folder, new_mode mode = {0777}) const;
  /// Removes a file, or a link itself; one that is not there is no failure.
  result<void> remove(const std::filesystem::path& file) const;
  /// Removes a folder where it is empty.
  void remove_empty_folder(const std::filesystem::path& folder) const;
  /// Removes the temporary files of replacements that were interrupted. The caller holds the lock
  /// under which the file is replaced.
  void remove_unfinished(const std::filesystem::path& file) const;
  /// Gives a file another name in the same folder.
  result<void> rename(const std::filesystem::path& from, const std::string& name) const;
  /// A second name for a regular file, below `other`. False where the file systems cannot do that,
  /// or what is there is no regular file.
  bool link(const std::filesystem::path& file, const rooted_files& other,
            const std::filesystem::path& second) const;
  /// file_lock::take, on a file below the root.
  result<std::optional<file_lock>> lock(const std::filesystem::path& file,
                                        std::chrono::milliseconds patience,
                                        unsigned mode = 0600) const;

private:
  /// The folder that a path's last name lies in.
  struct place {
    unique_fd parent; ///< empty: it does not exist
    std::string name;
  };
  result<std::vector<std::string>> parts_of(const std::filesystem::path& path) const;
  result<unique_fd> open_parts(const std::vector<std::string>& parts) const;
  result<place> place_of(const std::filesystem::path& path) const;
  /// The same for a file that is about to be made: its folder must exist.
  result<place> place_for(const std::filesystem::path& path) const;
  result<unique_fd> open_at(const place& at, const std::filesystem::path& file, int flags,
                            unsigned mode) const;

  std::filesystem::path root_;
};

/// The failure for a symbolic link in the place of what is to be opened.
failure is_a_link(const std::filesystem::path& link);

} // namespace spec_kitty
