#include "util/install_tree.hpp"

#include "util/version.hpp"

#include <dlfcn.h>

#include <vector>

namespace spec_kitty {

namespace fs = std::filesystem;

namespace {

/// Whether a file name is a shared library's: `x.so`, `x.so.0`.
bool is_library(const std::string& name) {
  const auto at = name.rfind(".so");
  return at != std::string::npos && (at + 3 == name.size() || name[at + 3] == '.');
}

/// The file this code was loaded from, made whole while the current folder is the one it was
/// loaded in.
const fs::path loaded_from = [] {
  Dl_info info{};
  if (::dladdr(reinterpret_cast<const void*>(&find_part), &info) == 0)
    return fs::path();
  std::error_code error;
  fs::path file = info.dli_fname;
  if (file.is_relative() && is_library(file.filename().string()))
    file = fs::absolute(file, error);
  return file;
}();

/// The folder of the binary, or of the shared library this code was linked into.
fs::path folder_of_this_code() {
  if (is_library(loaded_from.filename().string()))
    return loaded_from.parent_path();
  std::error_code error; // the program's own name may be relative to a folder it has left since
  return fs::read_symlink("/proc/self/exe", error).parent_path();
}

} // namespace

result<fs::path> find_part(const std::string& file_name, const fs::path& given) {
  const fs::path folder = folder_of_this_code();
  const auto places = given.empty()
                          ? std::vector{folder / file_name, folder / installed_modules / file_name,
                                        folder / fs::path(installed_modules).filename() / file_name}
                          : std::vector{given / file_name};
  std::string tried;
  for (const fs::path& place : places) {
    std::error_code error;
    if (fs::exists(place, error))
      return place;
    tried += (tried.empty() ? "" : ", ") + place.lexically_normal().string();
  }
  return failure{ec::internal, "a part of spec-kitty is missing: " + tried,
                 "install spec-kitty again"};
}

} // namespace spec_kitty
