#include "util/start_trouble.hpp"

#include "util/files.hpp"
#include "util/text.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

namespace spec_kitty {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t max_script = std::size_t{1} << 20;

fs::path meant_file(const std::string& name, const fs::path& folder) {
  if (name.find('/') == std::string::npos)
    return {};
  return name.front() == '/' || folder.empty() ? fs::path(name) : folder / name;
}

/// The interpreter that the first line of a script names; empty: none.
std::string interpreter_of(const fs::path& file) {
  const auto text = read_file(file, max_script);
  if (!text || !*text || !(*text)->starts_with("#!"))
    return {};
  const std::string line = (*text)->substr(2, (*text)->find('\n') - 2);
  const auto from = line.find_first_not_of(" \t");
  if (from == std::string::npos)
    return {};
  return line.substr(from, line.find_first_of(" \t\r", from) - from);
}

} // namespace

std::optional<failure> not_executable(const std::string& name, const fs::path& folder) {
  const fs::path file = meant_file(name, folder);
  std::error_code error;
  if (file.empty() || !fs::is_regular_file(file, error) || ::access(file.c_str(), X_OK) == 0)
    return std::nullopt;
  return failure{ec::bad_input, file.string() + " is not executable",
                 "make it so: chmod +x " + shell_word(file.string())};
}

failure start_trouble(const std::string& name, const fs::path& folder, int error) {
  std::error_code unseen;
  if (!folder.empty() && !fs::is_directory(folder, unseen))
    return {ec::bad_input, "cannot run " + name + ": the folder " + folder.string() + " is gone",
            "run the command again in a folder that exists"};
  if (auto trouble = not_executable(name, folder))
    return *trouble;
  const fs::path file = meant_file(name, folder);
  if (error == ENOENT && name == "git")
    return {ec::bad_input, "git is not installed, or not in PATH",
            "install it, as with: sudo apt-get install git"};
  if (error == ENOENT && !file.empty() && fs::exists(file, unseen))
    return {ec::bad_input,
            "cannot run " + file.string() + ": its interpreter " + interpreter_of(file) +
                " does not exist",
            "install the interpreter, or correct the first line of " + file.string()};
  return {ec::bad_input, "cannot run " + name + ": " + std::strerror(error),
          "check that " + name + " is installed and in PATH"};
}

} // namespace spec_kitty
