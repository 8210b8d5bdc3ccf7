#include "tests/fuzz/targets.hpp"

#include "app/workflow/frontmatter.hpp"

#include <string>
#include <vector>

namespace spec_kitty::fuzz {

namespace {

using workflow::frontmatter_file;

frontmatter_file reread(const frontmatter_file& file) {
  auto again = frontmatter_file::parse(file.text(), "WP01.md");
  require(again.ok(), "what an edit leaves can be read");
  return std::move(*again);
}

} // namespace

void fuzz_frontmatter(std::string_view input) {
  auto file = frontmatter_file::parse(std::string(input), "WP01.md");
  if (!file)
    return;
  const std::string body(file->body());
  const std::string title = file->scalar("title");
  const std::string before = file->text();
  if (file->set_scalar("lane", "doing")) {
    require(reread(*file).scalar("lane") == "doing", "a scalar is read back");
    require(file->scalar("title") == title, "other keys stay");
  } else {
    require(file->text() == before, "a refused edit changes nothing");
  }
  const std::vector<std::string> wanted = {"WP02", "WP03"};
  if (file->set_list("dependencies", wanted)) {
    const auto list = reread(*file).list("dependencies");
    require(list && list->size() == 2, "a list is read back");
  }
  const std::string odd(input.substr(0, 20));
  if (file->set_scalar("agent", odd))
    require(reread(*file).scalar("agent") == odd, "any text is read back");
  require(file->body() == body, "the body stays");
}

} // namespace spec_kitty::fuzz
