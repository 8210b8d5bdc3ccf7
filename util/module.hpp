// Modules: shared objects that are loaded only when a program first needs what they bring (libcurl,
// libwebsockets, SQLite), so that the others never pay for it. A module exports one table of
// functions, whose first member is the version it was built for.
#pragma once

#include "util/install_tree.hpp"
#include "util/version.hpp"

#include <filesystem>
#include <string>
#include <string_view>

namespace spec_kitty {

/// Which module, and what it exports.
struct module_name {
  const char* file;      ///< `spec_kitty_http.so`
  const char* symbol;    ///< the name of its table
  std::string_view what; ///< for messages: `network`
};

/// The symbol of a module that stays loaded for the process; internal when the module is missing,
/// cannot be loaded or does not export it. `file` is set to the module's path.
result<const void*> find_module_symbol(const module_name& name, const std::filesystem::path& folder,
                                       std::filesystem::path& file);
/// The module in `file` was built for another version of the program.
failure wrong_module_version(const module_name& name, const std::filesystem::path& file);

/// Loads a module from `folder`, else from where the program was installed. `Table` is what the
/// module exports; a module of another version is refused.
template <class Table>
result<const Table*> load_module(const module_name& name,
                                 const std::filesystem::path& folder = {}) {
  std::filesystem::path file;
  const auto symbol = find_module_symbol(name, folder, file);
  if (!symbol)
    return symbol.error();
  const auto* table = static_cast<const Table*>(*symbol);
  if (table->version != version)
    return wrong_module_version(name, file);
  return table;
}

} // namespace spec_kitty
