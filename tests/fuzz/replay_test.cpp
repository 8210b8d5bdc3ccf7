// Every input that is kept is replayed: what once broke a property, and what reaches far.
#include "tests/fuzz/targets.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace spec_kitty::fuzz {
namespace {

struct replayed {
  const char* name;
  void (*target)(std::string_view);
};

void PrintTo(const replayed& of, std::ostream* out) {
  *out << of.name;
}

class FuzzCorpus : public testing::TestWithParam<replayed> {};

TEST_P(FuzzCorpus, HoldsItsProperty) {
  const auto folder =
      std::filesystem::path(SPEC_KITTY_SOURCE_DIR) / "tests/fuzz/corpus" / GetParam().name;
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string input((std::istreambuf_iterator<char>(file)), {});
    GetParam().target(input);
    ++count;
  }
  EXPECT_GT(count, 0U);
}

INSTANTIATE_TEST_SUITE_P(
    Targets, FuzzCorpus,
    testing::Values(replayed{"admin_request", fuzz_admin_request}, replayed{"form", fuzz_form},
                    replayed{"batch", fuzz_batch}, replayed{"json", fuzz_json},
                    replayed{"emit_line", fuzz_emit_line}, replayed{"json_edit", fuzz_json_edit},
                    replayed{"frontmatter", fuzz_frontmatter},
                    replayed{"http_request", fuzz_http_request},
                    replayed{"tasks_md", fuzz_tasks_md}, replayed{"toml", fuzz_toml},
                    replayed{"paths", fuzz_paths}, replayed{"spill", fuzz_spill}),
    [](const auto& info) { return std::string(info.param.name); });

} // namespace
} // namespace spec_kitty::fuzz
