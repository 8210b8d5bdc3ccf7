#include "config/install_tree.hpp"

#include "config/version.hpp"

#include <dlfcn.h>

namespace spec_kitty {

namespace fs = std::filesystem;

namespace {

/// The folder of the binary, or of the shared library this code was linked into.
fs::path folder_of_this_code() {
  Dl_info info{};
  if (::dladdr(reinterpret_cast<const void*>(&find_part), &info) == 0)
    return {};
  const fs::path file = info.dli_fname;
  if (file.filename().string().find(".so") != std::string::npos)
    return file.parent_path();
  std::error_code error; // the program's own name may be relative to a folder it has left since
  return fs::read_symlink("/proc/self/exe", error).parent_path();
}

} // namespace

result<fs::path> find_part(const std::string& file_name) {
  const fs::path folder = folder_of_this_code();
  std::string tried;
  for (const fs::path& place : {folder / file_name, folder / installed_modules / file_name}) {
    std::error_code error;
    if (fs::exists(place, error))
      return place;
    tried += (tried.empty() ? "" : ", ") + place.lexically_normal().string();
  }
  return failure{ec::internal, "a part of spec-kitty is missing: " + tried,
                 "install spec-kitty again"};
}

} // namespace spec_kitty
