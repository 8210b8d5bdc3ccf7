#include "util/module.hpp"

#include <dlfcn.h>

namespace spec_kitty {

result<const void*> find_module_symbol(const module_name& name, const std::filesystem::path& folder,
                                       std::filesystem::path& file) {
  auto place = find_part(name.file, folder);
  if (!place)
    return place.error();
  file = std::move(*place);
  void* const handle = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL); // stays for the process
  if (handle == nullptr)
    return failure{ec::internal,
                   "cannot load the " + std::string(name.what) + " module: " + ::dlerror(),
                   "install spec-kitty's dependencies again"};
  const void* const symbol = ::dlsym(handle, name.symbol);
  if (symbol == nullptr)
    return wrong_module_version(name, file);
  return symbol;
}

failure wrong_module_version(const module_name& name, const std::filesystem::path& file) {
  return {ec::internal,
          "the " + std::string(name.what) + " module " + file.string() + " is of another version",
          "install spec-kitty again"};
}

} // namespace spec_kitty
