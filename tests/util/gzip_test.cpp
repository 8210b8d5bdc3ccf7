// A batch's body: compressed, read back, and refused where it is broken or a bomb.
#include "util/checksum.hpp"
#include "util/gzip.hpp"
#include "util/isal.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace spec_kitty {
namespace {

std::string noise(std::size_t size) {
  std::mt19937 random(7);
  std::string bytes(size, '\0');
  for (char& c : bytes)
    c = static_cast<char>(random() & 0xFFU);
  return bytes;
}

bool refused(const std::string& bytes, std::size_t limit = 1 << 20) {
  const auto read = gunzip(bytes, limit);
  return !read && read.error().code == ec::bad_input;
}

TEST(Gzip, RoundTripsAtEveryLevel) {
  for (const std::string& bytes : {std::string(), std::string(1, '\0'), std::string("spec-kitty"),
                                   std::string(300'000, 'a'), noise(300'000)})
    for (int level = 1; level <= 9; ++level) {
      const auto read = gunzip(zlib_gzip(bytes, level), bytes.size());
      ASSERT_TRUE(read) << read.error().message;
      EXPECT_EQ(*read, bytes);
    }
}

TEST(Gzip, RoundTripsWhateverTheMachineCompressesWith) {
  for (const std::string& bytes : {std::string(), std::string(1, '\0'), std::string("spec-kitty"),
                                   std::string(300'000, 'a'), noise(300'000), noise(17)}) {
    const auto read = gunzip(gzip(bytes), bytes.size());
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(*read, bytes);
  }
}

TEST(Gzip, IsAGzipMember) {
  for (const auto& packed : {gzip("spec-kitty"), zlib_gzip("spec-kitty")})
    EXPECT_EQ(packed.substr(0, 3), "\x1f\x8b\x08");
}

TEST(Gzip, IsMadeByIsalWhereItIsInstalled) {
#if __has_include(<isa-l/igzip_lib.h>)
  ASSERT_TRUE(isal_gzip("spec-kitty"));
  EXPECT_EQ(gzip("spec-kitty"), *isal_gzip("spec-kitty"));
#else
  EXPECT_EQ(gzip("spec-kitty"), zlib_gzip("spec-kitty"));
#endif
}

TEST(Checksum, IsTheSameWhateverComputesIt) {
  const std::string bytes = noise(5000);
  const auto sums = [&] {
    std::vector<std::uint32_t> found;
    for (const std::size_t size : {0U, 1U, 7U, 15U, 16U, 63U, 64U, 65U, 255U, 1024U, 4999U}) {
      const std::string_view part = std::string_view(bytes).substr(1, size);
      found.push_back(crc32_checksum(part));
      found.push_back(crc32_checksum(part, crc32_checksum("the part before")));
    }
    return found;
  };
  const auto by_zlib = sums();
  EXPECT_EQ(crc32_checksum("123456789"), 0xCBF43926U);
  use_fast_checksums();
  EXPECT_EQ(crc32_checksum("123456789"), 0xCBF43926U);
  EXPECT_EQ(sums(), by_zlib);
}

TEST(Gzip, GivesTheSameBytesForTheSameBytes) {
  // One idempotency key means the same bytes: no time of day in the header.
  EXPECT_EQ(gzip("spec-kitty"), gzip("spec-kitty"));
  EXPECT_EQ(gzip("spec-kitty").substr(4, 4), std::string(4, '\0'));
}

TEST(Gzip, MakesABatchSmaller) {
  std::string batch;
  for (int i = 0; i < 1000; ++i)
    batch += R"({"event_type":"WPStatusChanged","aggregate_type":"WorkPackage","n":)" +
             std::to_string(i) + "},";
  EXPECT_LT(gzip(batch).size(), batch.size() / 10);
}

TEST(Gunzip, TakesWhatFitsTheLimitExactly) {
  for (const std::size_t size : {0UL, 1UL, 65'535UL, 65'536UL, 65'537UL, 131'072UL}) {
    const std::string packed = gzip(std::string(size, 'a'));
    const auto read = gunzip(packed, size);
    ASSERT_TRUE(read) << size << ": " << read.error().message;
    EXPECT_EQ(read->size(), size);
    if (size > 0) {
      EXPECT_TRUE(refused(packed, size - 1)) << size;
    }
  }
}

TEST(Gunzip, RefusesABomb) {
  constexpr std::size_t size = 50 << 20;
  const std::string packed = zlib_gzip(std::string(size, '\0'), 9);
  ASSERT_LT(packed.size(), 100'000U);
  const auto read = gunzip(packed, 1 << 20);
  ASSERT_FALSE(read);
  EXPECT_NE(read.error().message.find("1048576"), std::string::npos);
}

TEST(Gunzip, RefusesEveryTruncation) {
  const std::string packed = gzip("the quick brown fox jumps over the lazy dog");
  for (std::size_t size = 0; size < packed.size(); ++size)
    EXPECT_TRUE(refused(packed.substr(0, size))) << size;
}

TEST(Gunzip, RefusesWhatFollowsTheMember) {
  const std::string packed = gzip("spec-kitty");
  EXPECT_TRUE(refused(packed + "x"));
  EXPECT_TRUE(refused(packed + std::string(1, '\0')));
  EXPECT_TRUE(refused(packed + packed)); // a second member
}

TEST(Gunzip, RefusesWhatIsNoGzip) {
  EXPECT_TRUE(refused(""));
  EXPECT_TRUE(refused("{\"events\":[]}"));
  EXPECT_TRUE(refused(noise(1000)));
  EXPECT_TRUE(refused(gzip("spec-kitty").substr(10)));                      // raw deflate
  EXPECT_TRUE(refused(std::string("\x78\x9c\x03\x00\x00\x00\x00\x01", 8))); // zlib
}

TEST(Gunzip, RefusesADamagedChecksumOrLength) {
  const std::string packed = gzip("the quick brown fox jumps over the lazy dog");
  for (std::size_t back = 1; back <= 8; ++back) {
    std::string damaged = packed;
    damaged[damaged.size() - back] = static_cast<char>(damaged[damaged.size() - back] ^ 0x01);
    EXPECT_TRUE(refused(damaged)) << back;
  }
}

TEST(GunzipStream, UnpacksMembersOneAfterTheOtherByteByByte) {
  const std::string packed = gzip("first\n") + gzip("second\n") + gzip(std::string(200'000, 'x'));
  gunzip_stream stream;
  std::string out;
  for (const char byte : packed)
    ASSERT_TRUE(stream.feed({&byte, 1}, out));
  EXPECT_TRUE(stream.is_whole());
  EXPECT_EQ(out, "first\nsecond\n" + std::string(200'000, 'x'));
}

TEST(GunzipStream, KnowsWhereAFileWasCutShort) {
  const std::string packed = gzip("first\n") + gzip("second\n");
  const std::size_t between = gzip("first\n").size();
  for (std::size_t size = 1; size < packed.size(); ++size) {
    gunzip_stream stream;
    std::string out;
    ASSERT_TRUE(stream.feed(std::string_view(packed).substr(0, size), out));
    EXPECT_EQ(stream.is_whole(), size == between) << size;
  }
}

TEST(GunzipStream, RefusesDamage) {
  std::string out;
  EXPECT_FALSE(gunzip_stream().feed("no gzip at all, but long enough", out));
  std::string packed = gzip("the quick brown fox jumps over the lazy dog");
  packed[packed.size() - 6] = static_cast<char>(packed[packed.size() - 6] ^ 0x01); // the checksum
  EXPECT_FALSE(gunzip_stream().feed(packed, out));
}

} // namespace
} // namespace spec_kitty
