// Rates and guessing, in virtual time.
#include "app/server/core/login_limits.hpp"
#include "app/server/core/rate_bucket.hpp"

#include <gtest/gtest.h>

namespace spec_kitty::server {
namespace {

constexpr epoch_us second = 1'000'000;

TEST(RateBucket, LetsABurstThroughAndThenTheRate) {
  rate_bucket bucket;
  const rate allowed{10, 20};
  for (int i = 0; i < 20; ++i)
    EXPECT_FALSE(bucket.take(allowed, 0)) << i;
  const auto wait = bucket.take(allowed, 0);
  ASSERT_TRUE(wait);
  EXPECT_NEAR(static_cast<double>(*wait), 0.1 * second, 2);
  EXPECT_TRUE(bucket.take(allowed, *wait - 10));
  EXPECT_FALSE(bucket.take(allowed, *wait));
  EXPECT_TRUE(bucket.is_full(allowed, 100 * second));
}

TEST(RateBucket, AllowsOverAnHourWhatTheRateSays) {
  rate_bucket bucket;
  const rate allowed{7, 7};
  int taken = 0;
  for (epoch_us now = 0; now < 3600 * second; now += second / 50)
    taken += bucket.take(allowed, now) ? 0 : 1;
  EXPECT_NEAR(taken, 3600 * 7, 10);
}

TEST(RateBucket, OwesWhatIsLargerThanTheBurst) {
  rate_bucket bucket;
  const rate allowed{100, 100};
  EXPECT_FALSE(bucket.take(allowed, 0, 1000));
  EXPECT_TRUE(bucket.take(allowed, 9 * second, 1));
  EXPECT_FALSE(bucket.take(allowed, 10 * second, 100));
}

TEST(RateBucket, HasNoBoundWithoutARate) {
  rate_bucket bucket;
  for (int i = 0; i < 1000; ++i)
    EXPECT_FALSE(bucket.take({}, 0));
}

TEST(RateBucket, IsNotFooledByAClockThatGoesBack) {
  rate_bucket bucket;
  const rate allowed{1, 1};
  EXPECT_FALSE(bucket.take(allowed, 10 * second));
  EXPECT_TRUE(bucket.take(allowed, 5 * second));
  EXPECT_TRUE(bucket.take(allowed, 10 * second + 1));
}

TEST(RateBuckets, AreBoundedInNumber) {
  rate_buckets buckets({1, 1}, 3);
  for (const char* name : {"a", "b", "c"})
    EXPECT_FALSE(buckets.take(name, 0)) << name;
  EXPECT_TRUE(buckets.take("d", 0)) << "no place until another is full again";
  EXPECT_TRUE(buckets.take("a", 0)) << "each name has its own";
  EXPECT_FALSE(buckets.take("d", second));
  EXPECT_LE(buckets.size(), 3U);
}

TEST(Guessing, FiveFailuresAMinuteForAnAccountAndAddress) {
  login_limits limits;
  for (int i = 0; i < 5; ++i) {
    EXPECT_FALSE(limits.wait("ann", "192.0.2.1", true, i * second));
    limits.failed("ann", "192.0.2.1", true, i * second);
  }
  EXPECT_EQ(limits.wait("ann", "192.0.2.1", true, 5 * second), 55 * second);
  EXPECT_FALSE(limits.wait("ann", "192.0.2.2", true, 5 * second));
  EXPECT_FALSE(limits.wait("bob", "192.0.2.1", true, 5 * second));
  EXPECT_FALSE(limits.wait("ann", "192.0.2.1", true, 60 * second));
}

TEST(Guessing, ThirtyAnHourForAnAccountFromUnknownAddresses) {
  login_limits limits;
  for (int i = 0; i < 30; ++i)
    limits.failed("ann", "192.0.2." + std::to_string(i), false, i * second);
  EXPECT_EQ(limits.wait("ann", "198.51.100.1", false, 30 * second), 3570 * second);
  EXPECT_FALSE(limits.wait("ann", "198.51.100.1", true, 30 * second))
      << "an address that the account is known from is not locked out";
  EXPECT_FALSE(limits.wait("bob", "198.51.100.1", false, 30 * second));
  EXPECT_FALSE(limits.wait("ann", "198.51.100.1", false, 3600 * second));
}

TEST(Guessing, FailuresFromKnownAddressesDoNotLockOutUnknownOnes) {
  login_limits limits;
  for (int i = 0; i < 40; ++i)
    limits.failed("ann", "192.0.2." + std::to_string(i), true, i * second);
  EXPECT_FALSE(limits.wait("ann", "198.51.100.1", false, 41 * second));
}

TEST(Guessing, AHundredAnHourForAnAddress) {
  login_limits limits;
  for (int i = 0; i < 100; ++i) {
    EXPECT_FALSE(limits.wait("user" + std::to_string(i), "192.0.2.1", false, i * second));
    limits.failed("user" + std::to_string(i), "192.0.2.1", false, i * second);
  }
  EXPECT_TRUE(limits.wait("another", "192.0.2.1", false, 100 * second));
  EXPECT_TRUE(limits.wait("another", "192.0.2.1", true, 100 * second));
  EXPECT_FALSE(limits.wait("another", "192.0.2.2", false, 100 * second));
}

TEST(Guessing, ASuccessForgivesTheFailuresOfItsAddress) {
  login_limits limits;
  for (int i = 0; i < 5; ++i)
    limits.failed("ann", "192.0.2.1", true, 0);
  limits.succeeded("ann", "192.0.2.1");
  EXPECT_FALSE(limits.wait("ann", "192.0.2.1", true, second));
}

TEST(Guessing, CountsAnIpv6NetworkAsOneAddress) {
  EXPECT_EQ(counted_address("2001:db8:1:2:3:4:5:6"), counted_address("2001:db8:1:2::9"));
  EXPECT_NE(counted_address("2001:db8:1:2::1"), counted_address("2001:db8:1:3::1"));
  EXPECT_EQ(counted_address("::ffff:192.0.2.1"), "192.0.2.1");
  EXPECT_EQ(counted_address("192.0.2.1"), "192.0.2.1");
}

TEST(Guessing, HoldsABoundedNumberOfNames) {
  failure_counter counter(5, 60 * second, 100);
  for (int i = 0; i < 1000; ++i)
    counter.count("name" + std::to_string(i), i);
  EXPECT_LE(counter.size(), 100U);
  EXPECT_GT(counter.size(), 50U);
}

} // namespace
} // namespace spec_kitty::server
