#include "app/chaos/power/workloads.hpp"

#include "util/files.hpp"

#include <fcntl.h>

#include <array>

namespace spec_kitty::chaos::power {

namespace {

/// Every sync takes that much longer, so that programs meet at it.
void slow_disk(recorder& on, std::uint64_t microseconds) {
  if (microseconds > 0)
    on.env["SPEC_KITTY_SHIM_SYNC_DELAY_US"] = std::to_string(microseconds);
}

/// A store is made, and its first event recorded.
void first_event(recorder& on, dice& chance) {
  on.run(chance.one_in(2) ? on.single() : on.burst(1));
}

void bursts(recorder& on, dice& chance) {
  for (int i = 0; i < 3; ++i)
    on.run(on.burst(20 + chance.below(40)));
}

void singles(recorder& on, dice& chance) {
  for (auto left = 8 + chance.below(8); left > 0; --left)
    on.run(on.single());
}

/// Several programs at once, on a home that does not exist yet.
void together(recorder& on, dice& chance) {
  slow_disk(on, chance.one_in(2) ? 0 : chance.between(200, 3000));
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 4; ++i)
      on.start(chance.one_in(2) ? on.single() : on.burst(1 + chance.below(20)));
    on.wait();
  }
}

/// Events that are recorded beside the store while somebody holds it, and taken in later.
void spilled(recorder& on, dice& chance) {
  on.run(on.single());
  on.env["SPEC_KITTY_SYNC_BUSY_TIMEOUT_MS"] = "1";
  for (int round = 0; round < 2; ++round) {
    {
      const unique_fd lock(::open((on.home() / "queue" / "lock").c_str(), O_RDWR | O_CLOEXEC));
      const auto held = poll_lock(lock.get(), std::chrono::milliseconds(1000));
      const flock_hold hold(lock.get());
      on.run(on.burst(1 + chance.below(5)));
      on.run(on.single());
    }
    for (int i = 0; i < 3; ++i)
      on.start(on.burst(1 + chance.below(30)));
    on.wait();
  }
  on.env.clear();
  on.run(on.single());
}

/// On a slow disk programs take in, get in each other's way, and spill themselves.
void crowded(recorder& on, dice& chance) {
  on.run(on.single());
  on.env["SPEC_KITTY_SYNC_BUSY_TIMEOUT_MS"] = "1";
  slow_disk(on, chance.between(500, 4000));
  for (int round = 0; round < 4; ++round) {
    for (int i = 0; i < 4; ++i)
      on.start(chance.one_in(2) ? on.single() : on.burst(1 + chance.below(4)));
    on.wait();
  }
  on.env.clear();
  on.run(on.single());
}

/// The oldest events make room for newer ones. No burst is larger than the cap: then events would
/// be moved out by the transaction that makes them, before it is known whether it takes effect.
void overflowing(recorder& on, dice& chance) {
  on.env["SPEC_KITTY_SYNC_OVERFLOW"] = "evict_oldest";
  on.env["SPEC_KITTY_SYNC_MAX_QUEUE_SIZE"] = std::to_string(chance.between(18, 30));
  for (int i = 0; i < 4; ++i)
    on.run(chance.one_in(3) ? on.single() : on.burst(3 + chance.below(15)));
}

/// Programs are killed at one of their file operations; others find what they left.
void killed(recorder& on, dice& chance) {
  const bool full = chance.one_in(2);
  for (int round = 0; round < 4; ++round) {
    if (full) {
      on.env["SPEC_KITTY_SYNC_OVERFLOW"] = "evict_oldest";
      on.env["SPEC_KITTY_SYNC_MAX_QUEUE_SIZE"] = "1";
    }
    on.env["SPEC_KITTY_SHIM_ROOT"] = on.home().parent_path().string();
    on.env["SPEC_KITTY_SHIM_ACTION"] = "kill";
    on.env["SPEC_KITTY_SHIM_AT"] = std::to_string(chance.between(1, chance.one_in(2) ? 8 : 40));
    auto victim = on.single();
    victim.may_die = true;
    on.run(victim);
    std::erase_if(on.env, [](const auto& variable) {
      return variable.first.find("_SHIM_") != variable.first.npos;
    });
    on.run(on.single());
  }
}

order login(const recorder& on) {
  return {{"auth", "login", "--username", on.username(), "--password-stdin", "--json"},
          on.password() + "\n",
          {},
          promise{promise::what::login, {}, on.username(), 0}};
}

/// Events leave the store because the server has them.
void drain(recorder& on, dice& chance) {
  on.serve();
  on.run(login(on));
  for (int i = 0; i < 2; ++i) {
    on.run(on.burst(10 + chance.below(30)));
    on.start({{"sync", "now"}});
    if (chance.one_in(2))
      on.start(on.burst(5));
    on.wait();
  }
}

/// Events of before the login get its team.
void log_in(recorder& on, dice& chance) {
  on.serve();
  on.run(on.burst(1 + chance.below(20)));
  on.run(login(on));
  on.run(on.single());
}

void configure(recorder& on, dice& chance) {
  for (int i = 0; i < 4; ++i) {
    const std::string value = std::to_string(chance.between(1, 900));
    on.run({{"config", "set", "sync.batch_events", value, "--json"},
            {},
            {},
            promise{promise::what::setting, "sync.batch_events", value, 0}});
    if (chance.one_in(2))
      on.run(on.single());
  }
}

} // namespace

std::span<const workload> workloads() {
  static constexpr std::array<workload, 11> all = {{{"first event", first_event},
                                                    {"bursts", bursts},
                                                    {"singles", singles},
                                                    {"together", together},
                                                    {"spilled", spilled},
                                                    {"crowded", crowded},
                                                    {"overflowing", overflowing},
                                                    {"killed", killed},
                                                    {"drain", drain},
                                                    {"login", log_in},
                                                    {"configure", configure}}};
  return all;
}

} // namespace spec_kitty::chaos::power
