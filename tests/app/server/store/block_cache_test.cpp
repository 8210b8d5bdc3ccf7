// Blocks that readers share: the same row is unpacked once, another one never taken for it.
#include "app/server/store/lmdb/block_cache.hpp"
#include "app/server/store/lmdb/row_bytes.hpp"
#include "tests/app/server/store/engine_calls.hpp"

#include <gtest/gtest.h>

namespace spec_kitty::server::store::testing {
namespace {

std::string row_of(block_codec& codec, std::uint64_t first, const std::string& text) {
  return std::string(codec.pack({{id_of(first), id_of(1), 100, 1, false, text}}));
}

TEST(BlockCache, UnpacksTheSameRowOnce) {
  block_codec codec;
  block_cache cache;
  const std::string row = row_of(codec, 1, "a text");
  const auto first = cache.block_of("key", row, codec);
  EXPECT_EQ(first->events.at(0).text, "a text");
  EXPECT_EQ(cache.block_of("key", row, codec), first);
}

TEST(BlockCache, SeesARowThatWasChangedUnderItsKey) {
  block_codec codec;
  block_cache cache;
  const auto before = cache.block_of("key", row_of(codec, 1, "a text"), codec);
  const auto after = cache.block_of("key", row_of(codec, 1, "erased"), codec);
  EXPECT_EQ(after->events.at(0).text, "erased");
  EXPECT_EQ(before->events.at(0).text, "a text") << "who still reads it keeps it";
  std::string damaged = row_of(codec, 1, "erased");
  damaged.back() = static_cast<char>(damaged.back() ^ 1);
  EXPECT_THROW((void)cache.block_of("key", damaged, codec), damaged_row);
}

TEST(BlockCache, ForgetsWhatWasNotUsedForLongest) {
  block_codec codec;
  const std::string text(1000, 'x');
  const std::string row = row_of(codec, 1, text);
  const std::size_t size = block_cache().block_of("key", row, codec)->bytes();
  block_cache cache(3 * size);
  const auto block = [&](const std::string& key) { return cache.block_of(key, row, codec); };
  const std::weak_ptr<const unpacked_block> a = block("a");
  const std::weak_ptr<const unpacked_block> b = block("b");
  (void)block("c");
  (void)block("a");
  (void)block("d");
  EXPECT_FALSE(a.expired());
  EXPECT_TRUE(b.expired());
}

TEST(BlockCache, KeepsNoBlockThatIsTooLarge) {
  block_codec codec;
  block_cache cache(1000);
  const std::string row = row_of(codec, 1, std::string(2000, 'x'));
  const std::weak_ptr<const unpacked_block> block = cache.block_of("key", row, codec);
  EXPECT_TRUE(block.expired());
}

TEST(BlockCache, KeepsABoundedNumberOfBlocks) {
  block_codec codec;
  block_cache cache;
  const std::string row = row_of(codec, 1, "x");
  const std::weak_ptr<const unpacked_block> first = cache.block_of("0", row, codec);
  for (std::size_t i = 1; i <= block_cache::max_blocks; ++i)
    (void)cache.block_of(std::to_string(i), row, codec);
  EXPECT_TRUE(first.expired());
}

} // namespace
} // namespace spec_kitty::server::store::testing
