// The daemon's log: `daemon.log` in the home, three files of 1 MiB, mode 0600. Callers choose what
// is written; a notice never contains a token.
#pragma once

#include "util/result.hpp"

#include <filesystem>
#include <memory>
#include <string>

namespace spec_kitty {

class daemon_log {
public:
  /// Files are made under the process's umask.
  static result<std::unique_ptr<daemon_log>> open(const std::filesystem::path& home);
  virtual ~daemon_log() = default;

  virtual void info(const std::string& words) = 0;
  virtual void warn(const std::string& words) = 0;
};

} // namespace spec_kitty
