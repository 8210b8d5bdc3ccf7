#include "app/chaos/scenarios/foreign_user.hpp"

#include <unistd.h>

#include <sstream>

namespace spec_kitty::chaos {

namespace fs = std::filesystem;

namespace {

constexpr int store_unusable = 6;

support::launch as_foreign_user(const installation& all, const std::string& home,
                                const words& arguments) {
  words argv = {"setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"};
  const auto command = all.command(home, arguments);
  argv.insert(argv.end(), command.argv.begin(), command.argv.end());
  auto out = all.program(home, argv);
  out.env["USER"] = "foreign";
  out.patience = std::chrono::seconds(20);
  return out;
}

/// Names, sizes and times of everything in a folder, and the bytes of the store.
std::string picture_of(const fs::path& folder) {
  std::ostringstream out;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    out << entry.path().string() << ' ' << entry.last_write_time().time_since_epoch().count();
    if (entry.is_regular_file())
      out << ' ' << entry.file_size();
    out << '\n';
  }
  return out.str() + support::read_text(folder / "queue" / "env" / "data.mdb") +
         support::read_text(folder / "config.toml");
}

/// Others may pass through the folders above, or they would not come as far as the home.
void open_the_way(const fs::path& folder) {
  for (auto at = folder; at != at.root_path() && at != fs::temp_directory_path();
       at = at.parent_path())
    fs::permissions(at, fs::perms::group_exec | fs::perms::others_exec, fs::perm_options::add);
}

} // namespace

std::string why_no_foreign_user(const installation& all) {
  if (::geteuid() != 0)
    return "only root can become another user";
  open_the_way(all.folder());
  const auto tried = support::run(as_foreign_user(all, "foreign-s", {"--version"}));
  return tried.status == 0 ? "" : "another user cannot run the program: " + tried.err;
}

std::vector<std::string> try_as_foreign_user(installation& all, const std::string& home,
                                             bool open) {
  const auto folder = all.home(home);
  if (open) {
    fs::permissions(folder, fs::perms::all);
    for (const auto& entry : fs::recursive_directory_iterator(folder))
      fs::permissions(entry.path(), fs::perms::all);
  }
  const auto before = picture_of(folder);
  std::vector<std::string> wrong;
  const std::vector<words> tried = {{"emit", "HistoryAdded", "--wp", "WP01", "--field",
                                     "entry_type=note", "--field", "entry_content=foreign",
                                     "--json"},
                                    {"sync", "now", "--json"},
                                    {"auth", "logout"},
                                    {"sync", "server", "http://127.0.0.1:9"}};
  for (const auto& arguments : tried) {
    const auto done = all.run(as_foreign_user(all, home, arguments));
    if (done.status != store_unusable)
      wrong.push_back("another user's `" + arguments[0] + " " + arguments[1] + "` ended with " +
                      std::to_string(done.status) + " in the home " + home);
  }
  if (picture_of(folder) != before)
    wrong.push_back("another user's commands changed the home " + home);
  if (open)
    for (const auto& entry : fs::recursive_directory_iterator(folder))
      fs::permissions(entry.path(), entry.is_directory()
                                        ? fs::perms::owner_all
                                        : fs::perms::owner_read | fs::perms::owner_write);
  if (open)
    fs::permissions(folder, fs::perms::owner_all);
  return wrong;
}

} // namespace spec_kitty::chaos
