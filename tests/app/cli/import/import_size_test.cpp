// spec-kitty events import: the queue of somebody who was offline for long.
#include "tests/app/cli/import/import_fixture.hpp"

namespace spec_kitty::support {
namespace {

struct ImportSize : import_test {};

TEST_F(ImportSize, AHundredThousandRowsKilledInTheMiddleAreCompleteOnceAndInOrder) {
  expect_whole_after_a_kill(100'000);
}

} // namespace
} // namespace spec_kitty::support
