// The contract of an engine on the LMDB engine, and on engines with a fault in them.
#include "app/server/store/lmdb/open.hpp"
#include "tests/app/server/store/faulty_engine.hpp"
#include "util/temp_folder.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace spec_kitty::server::store::testing {
namespace {

class lmdb_place : public engine_place {
public:
  lmdb_place() {
    options_.state = folder_.path() / "state";
    if (const auto made = create_lmdb_store(options_); !made)
      throw std::runtime_error(made.error().message);
  }
  std::unique_ptr<engine> open() override {
    auto opened = open_lmdb_engine(options_);
    if (!opened)
      throw std::runtime_error(opened.error().message);
    return std::move(*opened);
  }

private:
  temporary_folder folder_;
  lmdb_options options_;
};

class faulty_place : public engine_place {
public:
  explicit faulty_place(engine_fault fault) : fault_(fault) {}
  std::unique_ptr<engine> open() override { return with_fault(sound_.open(), fault_); }

private:
  lmdb_place sound_;
  engine_fault fault_;
};

std::string test_name(std::string_view words) {
  std::string out;
  bool capital = true;
  for (const char c : words) {
    if (c != ' ')
      out += capital ? static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c) : c;
    capital = c == ' ';
  }
  return out;
}

class LmdbEngine : public ::testing::TestWithParam<engine_property> {};

TEST_P(LmdbEngine, HasTheProperty) {
  EXPECT_EQ(check_contract([] { return std::make_unique<lmdb_place>(); }, {GetParam()}),
            std::vector<std::string>{});
}

INSTANTIATE_TEST_SUITE_P(Contract, LmdbEngine, ::testing::ValuesIn(all_properties()),
                         [](const auto& info) { return test_name(info.param.name); });

class FaultyEngine : public ::testing::TestWithParam<engine_fault> {};

TEST_P(FaultyEngine, IsFoundByTheSuite) {
  auto properties = commit_properties();
  for (const auto& part : {answer_properties(), read_properties(), stamp_properties()})
    properties.insert(properties.end(), part.begin(), part.end());
  const auto fault = GetParam();
  std::vector<std::string> violations;
  for (const auto& property : properties)
    if (violations.empty())
      violations =
          check_contract([fault] { return std::make_unique<faulty_place>(fault); }, {property});
  EXPECT_FALSE(violations.empty());
}

INSTANTIATE_TEST_SUITE_P(Contract, FaultyEngine, ::testing::ValuesIn(all_engine_faults),
                         [](const auto& info) { return std::string(name_of(info.param)); });

} // namespace
} // namespace spec_kitty::server::store::testing
