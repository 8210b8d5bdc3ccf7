#include "tests/fuzz/targets.hpp"

#include "util/inner_path.hpp"
#include "util/rooted_files.hpp"
#include "util/scratch_folder.hpp"
#include "util/utf8.hpp"

#include <filesystem>
#include <string>

namespace spec_kitty::fuzz {

namespace {

namespace fs = std::filesystem;

constexpr int inputs_of_a_root = 256;

/// `root` with folders and links that lead out, to `outside`; one for a process, as inputs change
/// it, and made anew now and then.
struct place_to_leave {
  scratch_folder scratch;
  fs::path root;
  fs::path outside;
  int inputs = 0;

  place_to_leave() {
    require(scratch.make().ok(), "there is a folder for this");
    root = fs::canonical(scratch.path()) / "r";
    outside = fs::canonical(scratch.path()) / "o";
    fs::create_directories(outside / "b");
  }

  void make_ready() {
    if (inputs++ % inputs_of_a_root == 0)
      fs::remove_all(root);
    std::error_code there;
    fs::create_directories(root / "a" / "b", there);
    fs::create_symlink(outside, root / "l", there);
    fs::create_symlink("..", root / "u", there);
    fs::create_symlink(outside, root / "a" / "l", there);
    fs::create_symlink("a", root / "i", there);
  }
};

bool is_below(const fs::path& path, const fs::path& folder) {
  return path.string().starts_with(folder.string() + "/");
}

/// What is outside: nothing but the one folder.
bool is_untouched(const place_to_leave& place) {
  std::size_t count = 0;
  for (const auto& entry : fs::recursive_directory_iterator(place.outside))
    count += entry.is_directory() ? 1 : 2;
  return count == 1;
}

} // namespace

void fuzz_paths(std::string_view input) {
  const auto parts = inner_path(input);
  if (!parts) {
    const auto& message = parts.error().message;
    require(printable(message, message.size()) == message, "a refused path is named printable");
  } else {
    std::string joined;
    for (const auto& part : *parts) {
      require(is_file_name(part), "each part is a name");
      joined += (joined.empty() ? "" : "/") + part;
    }
    const auto again = inner_path(joined);
    require(again && *again == *parts, "the parts make the same path");
    const fs::path root = "/root/of/it";
    require(is_below((root / fs::path(std::string(input))).lexically_normal(), root),
            "an accepted path stays below its folder");
  }
  static place_to_leave place;
  place.make_ready();
  const rooted_files files(place.root);
  const fs::path path{std::string(input)};
  if (const auto made = files.make_folders(path); made && path != place.root) {
    std::error_code error;
    const auto real = fs::canonical(place.root / path, error);
    require(!error && (real == place.root || is_below(real, place.root)),
            "a folder is made below the root");
  }
  (void)files.replace(path, "x", {0600});
  (void)files.remove(path);
  files.remove_empty_folder(path);
  require(is_untouched(place), "nothing changes outside");
}

} // namespace spec_kitty::fuzz
