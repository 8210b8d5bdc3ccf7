// The functions behind the table of scenarios; each pair is in a file of its own.
#pragma once

#include "app/chaos/scenario.hpp"

namespace spec_kitty::chaos {

std::vector<step> plan_kills(dice& chance);
outcome play_kills(const stage& where, std::uint64_t seed, const std::vector<step>& steps);

std::vector<step> plan_causality(dice& chance);
outcome play_causality(const stage& where, std::uint64_t seed, const std::vector<step>& steps);

std::vector<step> plan_power_loss(dice& chance);
outcome play_power_loss(const stage& where, std::uint64_t seed, const std::vector<step>& steps);

std::vector<step> plan_operations(dice& chance);
outcome play_operations(const stage& where, std::uint64_t seed, const std::vector<step>& steps);

std::vector<step> plan_full_disk(dice& chance);
outcome play_full_disk(const stage& where, std::uint64_t seed, const std::vector<step>& steps);

std::vector<step> plan_clock(dice& chance);
outcome play_clock(const stage& where, std::uint64_t seed, const std::vector<step>& steps);

std::vector<step> plan_limits(dice& chance);
outcome play_limits(const stage& where, std::uint64_t seed, const std::vector<step>& steps);

std::vector<step> plan_older(dice& chance);
outcome play_older(const stage& where, std::uint64_t seed, const std::vector<step>& steps);

std::vector<step> plan_network(dice& chance);
outcome play_network(const stage& where, std::uint64_t seed, const std::vector<step>& steps);

std::vector<step> plan_lies(dice& chance);
outcome play_lies(const stage& where, std::uint64_t seed, const std::vector<step>& steps);

std::vector<step> plan_resume(dice& chance);
outcome play_resume(const stage& where, std::uint64_t seed, const std::vector<step>& steps);

std::vector<step> plan_sessions(dice& chance);
outcome play_sessions(const stage& where, std::uint64_t seed, const std::vector<step>& steps);

std::vector<step> plan_tokens(dice& chance);
outcome play_tokens(const stage& where, std::uint64_t seed, const std::vector<step>& steps);

std::vector<step> plan_tenants(dice& chance);
outcome play_tenants(const stage& where, std::uint64_t seed, const std::vector<step>& steps);

std::vector<step> plan_workpackages(dice& chance);
outcome play_workpackages(const stage& where, std::uint64_t seed, const std::vector<step>& steps);

/// A thousand schedules, one step each: the number that simulates it.
std::vector<step> plan_simulation(dice& chance);
outcome play_simulation(const stage& where, std::uint64_t seed, const std::vector<step>& steps);

/// One schedule, its faults as steps.
std::vector<step> plan_schedule(dice& chance);
outcome play_schedule(const stage& where, std::uint64_t seed, const std::vector<step>& steps);

} // namespace spec_kitty::chaos
