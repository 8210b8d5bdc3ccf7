#include "tests/support/strace.hpp"

#include <algorithm>
#include <array>

namespace spec_kitty::support {

namespace {

constexpr std::array<std::string_view, 41> changing = {
    "mkdir",     "mkdirat",   "rename",   "renameat",    "renameat2",     "unlink",
    "unlinkat",  "rmdir",     "chmod",    "fchmod",      "fchmodat",      "fchmodat2",
    "chown",     "fchown",    "lchown",   "fchownat",    "link",          "linkat",
    "symlink",   "symlinkat", "truncate", "ftruncate",   "fallocate",     "mknod",
    "mknodat",   "utime",     "utimes",   "futimesat",   "utimensat",     "setxattr",
    "lsetxattr", "fsetxattr", "sendfile", "removexattr", "splice",        "copy_file_range",
    "fsync",     "fdatasync", "sync",     "syncfs",      "io_uring_setup"};

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

template <std::size_t n>
bool has_any(std::string_view text, const std::array<std::string_view, n>& parts) {
  return std::any_of(parts.begin(), parts.end(), [&](auto part) { return has(text, part); });
}

/// `write(3</path>, …`: the path of the descriptor; empty if it is not of a file.
std::string_view descriptor_path(std::string_view arguments) {
  const auto open = arguments.find('<');
  const auto comma = arguments.find(',');
  if (open == std::string_view::npos || open > comma ||
      !arguments.substr(open + 1).starts_with('/'))
    return {};
  return arguments.substr(open + 1, arguments.find('>', open) - open - 1);
}

bool opens_for_change(std::string_view arguments) {
  using namespace std::string_view_literals;
  if (!has_any(arguments, std::array{"O_WRONLY"sv, "O_RDWR"sv, "O_CREAT"sv, "O_TRUNC"sv,
                                     "O_APPEND"sv, "O_TMPFILE"sv}))
    return false;
  if (has(arguments, "/queue/env/lock.mdb\""))
    return has(arguments, "O_TRUNC");
  return !has(arguments, "\"/dev/null\"");
}

} // namespace

bool asks_for_change(std::string_view line) {
  // 123 name(arguments) = result
  line.remove_prefix(std::min(line.find_first_not_of("0123456789 "), line.size()));
  const std::string_view name = line.substr(0, line.find('('));
  const std::string_view arguments = line.substr(std::min(name.size() + 1, line.size()));
  if (std::find(changing.begin(), changing.end(), name) != changing.end())
    return true;
  if (name == "open" || name == "openat" || name == "openat2" || name == "creat")
    return name == "creat" || opens_for_change(arguments);
  const std::string_view path = descriptor_path(arguments);
  if (name == "write" || name == "pwrite64" || name == "writev" || name.starts_with("pwritev"))
    return !path.empty() && !path.starts_with("/dev/");
  if (name == "mmap")
    return has(arguments, "PROT_WRITE") && has(arguments, "MAP_SHARED") &&
           !has(arguments, "MAP_ANONYMOUS") && !has(arguments, "/queue/env/lock.mdb>");
  if (name == "socket")
    return !arguments.starts_with("AF_UNIX");
  return false;
}

bool can_trace() {
  launch what;
  what.argv = {"strace", "-f", "-o", "/dev/null", "true"};
  return run(what).status == 0;
}

traced trace(launch what, const std::filesystem::path& trace_file) {
  std::filesystem::remove(trace_file);
  what.argv.insert(what.argv.begin(),
                   {"strace", "-f", "-y", "-qq", "-s", "400", "-o", trace_file.string()});
  what.env["ASAN_OPTIONS"] = "detect_leaks=0"; // the leak check cannot work while traced
  traced found;
  found.done = run(what);
  for (auto& line : lines_of(read_text(trace_file))) {
    ++found.lines;
    if (asks_for_change(line))
      found.changes.push_back(std::move(line));
  }
  return found;
}

} // namespace spec_kitty::support
