// QUEUE and CLOCK on the thread that asks them.
#include "app/home/local_system.hpp"

#include "app/chaos/process.hpp"

#include <caf/event_based_actor.hpp>
#include <gtest/gtest.h>

namespace spec_kitty {
namespace {

using namespace std::chrono_literals;

class LocalSystem : public ::testing::Test {
protected:
  store_options options() const {
    store_options options;
    options.home = folder_.path() / "home";
    options.seed = [] { return node_seed{"host", "ann", false}; };
    return options;
  }

  support::temporary_folder folder_;
  local_system local_{options(), 0};
};

/// Keeps each promise and never fulfils one.
struct silent_state {
  std::vector<caf::typed_response_promise<mirror_done>> open;
};

using silent_actor = caf::typed_actor<answers<mirror_barrier, mirror_done>>;

silent_actor::behavior_type silent(silent_actor::stateful_pointer<silent_state> self, int) {
  install_handlers(self);
  return {[self](mirror_barrier) {
    self->state.open.push_back(self->make_response_promise<mirror_done>());
    return self->state.open.back();
  }};
}

TEST_F(LocalSystem, AnswersOnTheCallersThread) {
  const auto value = local_.ask<clock_value>(local_.clock_handle(), 1s, clock_question{});
  ASSERT_TRUE(value) << value.error().message;
  EXPECT_EQ(value->value, 0U);
  local_.close();
}

TEST_F(LocalSystem, ARequestThatNobodyWillAnswerEndsAtOnce) {
  auto nobody = local_.system().spawn(silent, 0);
  const auto none = local_.ask<mirror_done>(nobody, 60min, mirror_barrier{});
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().message, "no answer in time");
  caf::anon_send_exit(nobody, caf::exit_reason::user_shutdown);
}

TEST_F(LocalSystem, EndsWithoutBeingClosed) {
  (void)local_.ask<clock_value>(local_.clock_handle(), 1s, clock_question{});
}

} // namespace
} // namespace spec_kitty
