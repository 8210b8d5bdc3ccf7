// Blocks: what goes in comes out, and nothing that was changed on the disk is believed.
#include "app/server/store/lmdb/block.hpp"
#include "app/server/store/lmdb/row_bytes.hpp"
#include "tests/app/server/store/engine_calls.hpp"

#include <gtest/gtest.h>

namespace spec_kitty::server::store::testing {
namespace {

std::vector<block_event> events_of(const std::vector<std::string>& texts) {
  std::vector<block_event> out;
  for (std::size_t i = 0; i < texts.size(); ++i)
    out.push_back({id_of(i), id_of(1000 + i / 3), static_cast<epoch_us>(100 + i),
                   static_cast<account_id>(i % 5), i % 7 == 3, texts[i]});
  return out;
}

std::vector<std::string> some_texts(std::size_t count) {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < count; ++i)
    out.push_back(i % 7 == 3 ? "" : text_of(i));
  return out;
}

TEST(Block, GivesBackWhatWasPacked) {
  block_codec codec;
  for (const std::size_t count : {1UL, 2UL, 255UL, 256UL}) {
    const auto texts = some_texts(count);
    const auto events = events_of(texts);
    const std::string row(codec.pack(events));
    std::string memory;
    const auto out = codec.unpack(row, memory);
    ASSERT_EQ(out.size(), count);
    for (std::size_t i = 0; i < count; ++i) {
      EXPECT_EQ(out[i].id, events[i].id);
      EXPECT_EQ(out[i].sender, events[i].sender);
      EXPECT_EQ(out[i].received_at, events[i].received_at);
      EXPECT_EQ(out[i].account, events[i].account);
      EXPECT_EQ(out[i].erased, events[i].erased);
      EXPECT_EQ(out[i].text, events[i].text);
    }
  }
}

TEST(Block, TellsSizesAndTheNewestTimeByItsHeader) {
  block_codec codec;
  const auto texts = some_texts(100);
  std::size_t bytes = 0;
  for (const auto& text : texts)
    bytes += text.size();
  const auto header = read_block_header(codec.pack(events_of(texts)));
  EXPECT_EQ(header.events, 100U);
  EXPECT_EQ(header.newest_received, 199);
  EXPECT_EQ(text_bytes_of(header), bytes);
}

TEST(Block, OfRealEventsIsAFractionOfTheirTexts) {
  block_codec codec;
  std::vector<std::string> texts;
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < 256; ++i)
    bytes += texts.emplace_back(text_of(i)).size();
  EXPECT_LT(codec.pack(events_of(texts)).size(), bytes / 4);
}

TEST(Block, WithAnyByteChangedOrCutIsRefused) {
  block_codec codec;
  const auto texts = some_texts(20);
  const std::string row(codec.pack(events_of(texts)));
  std::string memory;
  for (std::size_t at = 0; at < row.size(); ++at) {
    std::string changed = row;
    changed[at] = static_cast<char>(changed[at] ^ 0x10);
    EXPECT_THROW((void)codec.unpack(changed, memory), damaged_row) << "byte " << at;
    EXPECT_THROW((void)codec.unpack(std::string_view(row).substr(0, at), memory), damaged_row)
        << "cut at " << at;
  }
}

} // namespace
} // namespace spec_kitty::server::store::testing
