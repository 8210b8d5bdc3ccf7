#include "app/chaos/io_fault.hpp"

#include <algorithm>
#include <array>

namespace spec_kitty::chaos {

namespace fs = std::filesystem;

namespace {

fs::path count_file(const installation& in) {
  return in.folder() / "operations";
}

} // namespace

std::span<const io_fault> io_faults() {
  static constexpr std::array<io_fault, 6> all = {{
      {"kill -9 at operation", "kill", false, true},
      {"torn write at operation", "torn", false, true},
      {"EIO at operation", "eio", false, false},
      {"ENOSPC at operation", "enospc", false, false},
      {"disk dead from operation", "eio", true, false},
      {"disk full from operation", "enospc", true, false},
  }};
  return all;
}

const io_fault& io_fault_named(std::string_view fault) {
  const auto all = io_faults();
  const auto found = std::find_if(
      all.begin(), all.end(), [&](const io_fault& io_fault) { return io_fault.fault == fault; });
  return found == all.end() ? all.front() : *found;
}

support::launch with_io_fault(const installation& in, support::launch what, const io_fault& how,
                              std::uint64_t at, const fs::path& root) {
  std::error_code ignored;
  fs::remove(count_file(in), ignored);
  what.env["LD_PRELOAD"] = (in.where().parts / "spec_kitty_io_shim.so").string();
  what.env["SPEC_KITTY_SHIM_ROOT"] = root.string();
  what.env["SPEC_KITTY_SHIM_COUNT_FILE"] = count_file(in).string();
  if (at == 0)
    return what;
  what.env["SPEC_KITTY_SHIM_AT"] = std::to_string(at);
  what.env["SPEC_KITTY_SHIM_ACTION"] = how.action;
  if (how.sticky)
    what.env["SPEC_KITTY_SHIM_STICKY"] = "1";
  return what;
}

std::uint64_t operations_counted(const installation& in) {
  std::uint64_t most = 0;
  for (const auto& line : support::lines_of(support::read_text(count_file(in))))
    if (!line.empty())
      most = std::max<std::uint64_t>(most, std::stoull(line));
  return most;
}

} // namespace spec_kitty::chaos
