#include "tests/app/server/store/engine_contract.hpp"

namespace spec_kitty::server::store::testing {

namespace {

/// One broken property would otherwise fill the screen.
constexpr std::size_t max_violations = 5;

} // namespace

void property_run::expect(bool holds, const std::string& otherwise) {
  const std::lock_guard hold(guard_);
  if (!holds && violations_.size() < max_violations)
    violations_.push_back(otherwise);
}

std::vector<std::string> property_run::violations() {
  const std::lock_guard hold(guard_);
  return violations_;
}

std::vector<engine_property> all_properties() {
  std::vector<engine_property> out;
  for (const auto& part :
       {commit_properties(), answer_properties(), read_properties(), removal_properties(),
        account_properties(), device_properties(), stamp_properties()})
    out.insert(out.end(), part.begin(), part.end());
  return out;
}

std::vector<std::string> check_contract(const place_maker& maker,
                                        const std::vector<engine_property>& properties) {
  std::vector<std::string> out;
  for (const auto& property : properties) {
    property_run run(maker);
    property.check(run);
    for (const auto& violation : run.violations())
      out.push_back(std::string(property.name) + ": " + violation);
  }
  return out;
}

} // namespace spec_kitty::server::store::testing
