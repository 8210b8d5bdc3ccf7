// The folder a dev-server keeps its state in, held by one process at a time.
//
//   lock          flock of the running dev-server; the file alone means nothing
//   tokens.json   account and sessions (0600), replaced as a whole
//   events.jsonl  every accepted event (event_log.hpp)
//
// Without a folder of the user's choice it is a private temporary one, removed when the object
// goes; after a kill -9 it stays behind in the system's temporary folder.
#pragma once

#include "util/result.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace spec_kitty::dev_server {

/// An open file that is closed exactly once.
class file_descriptor {
public:
  explicit file_descriptor(int number = -1) : number_(number) {}
  file_descriptor(file_descriptor&& other) noexcept : number_(other.release()) {}
  file_descriptor& operator=(file_descriptor&& other) noexcept;
  ~file_descriptor();

  int get() const { return number_; }
  explicit operator bool() const { return number_ >= 0; }

private:
  int release();
  int number_;
};

/// Writes all bytes to a file or a pipe; false with errno set where that fails.
bool write_all(int fd, std::string_view bytes);

/// `what`: the system's reason. store_full where the disk is, else store_unusable.
failure system_failure(const std::string& what, int error, std::string hint);

class state_dir {
public:
  /// Makes the folder (0700) where it is missing and locks it. store_busy when another
  /// dev-server runs on it, store_unusable when it cannot be written.
  static result<state_dir> open(const std::filesystem::path& folder);

  /// A new folder that disappears with this object.
  static result<state_dir> open_temporary();

  state_dir(state_dir&& other) noexcept;
  state_dir& operator=(state_dir&&) = delete;
  ~state_dir();

  std::filesystem::path file(std::string_view name) const { return folder_ / name; }

  /// The bytes of a file; nothing when it does not exist.
  result<std::optional<std::string>> read(std::string_view name) const;

  /// Replaces a file (mode 0600) durably: after a crash it is the old one or the new one.
  result<void> replace(std::string_view name, std::string_view bytes) const;

private:
  state_dir(std::filesystem::path folder, file_descriptor lock, bool temporary)
      : folder_(std::move(folder)), lock_(std::move(lock)), temporary_(temporary) {}

  std::filesystem::path folder_;
  file_descriptor lock_;
  bool temporary_;
};

} // namespace spec_kitty::dev_server
