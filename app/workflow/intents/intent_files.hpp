// Intents on disk: `<common git dir>/spec-kitty/intents/<ULID>.json`, and beside each, as
// `<ULID>.<n>`, its files as they were. Written and removed under the repository's edit lock.
#pragma once

#include "app/workflow/feature.hpp"
#include "app/workflow/intents/intent.hpp"

#include <filesystem>
#include <vector>

namespace spec_kitty::workflow {

/// An intent file that was found.
struct found_intent {
  std::string id;
  result<intent> record = failure{}; ///< why it cannot be used
};

class intent_folder {
public:
  explicit intent_folder(const repository& repo);

  const std::filesystem::path& path() const { return folder_; }
  std::filesystem::path file_of(const std::string& id) const { return folder_ / (id + ".json"); }
  std::filesystem::path copy_of(const std::string& id, std::size_t file) const {
    return folder_ / (id + "." + std::to_string(file));
  }

  /// Whether nothing is there: what a command asks before it settles.
  bool is_empty() const;
  /// The intents in the order of their ids; changes nothing.
  std::vector<found_intent> list() const;
  /// The ids of files that could not be read and were set aside.
  std::vector<std::string> damaged() const;

  /// Keeps a file of the checkout as it is now: a hard link, else a synced copy. `bytes` is what it
  /// is expected to hold; a failure when it holds something else.
  result<void> keep_copy(const std::filesystem::path& file, const std::string& bytes,
                         const std::filesystem::path& copy) const;
  /// Writes or replaces an intent; durable when it returns.
  result<void> write(const intent& record) const;
  /// Removes the intent and its copies.
  void remove(const std::string& id) const;
  /// Renames an unreadable one to `<ULID>.damaged`.
  void set_aside(const std::string& id) const;
  /// How many events were dropped with intents that no home took up in time; and adds to that, or
  /// forgets it. The count waits here for a home that counts them.
  std::uint64_t dropped() const;
  void add_dropped(std::uint64_t events) const;
  void forget_dropped() const;
  /// A file of the intent as it was; nothing where it was not kept.
  result<std::optional<std::string>> copied(const std::string& id, std::size_t file) const;
  /// Removes what killed commands left: unfinished files, copies without an intent. The caller
  /// holds the edit lock.
  void remove_leftovers() const;

private:
  std::vector<std::string> names() const;
  result<void> create() const;

  rooted_files git_files_;
  rooted_files checkout_files_;
  std::filesystem::path folder_;
};

/// The files that an intent's paths lie among: those of the checkout, where it is in it.
rooted_files files_of(const repository& repo, const intent& record);

/// A file's path in the checkout, as intents name it.
std::string path_in_checkout(const repository& repo, const std::filesystem::path& file);

/// The permissions of the git directory, which follow core.sharedRepository.
unsigned shared_mode_of(const std::filesystem::path& git_dir);

} // namespace spec_kitty::workflow
