// A client's frames, byte for byte as RFC 6455 has them.
#include "actors/link/frames.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace spec_kitty {
namespace {

/// The payloads in a buffer of frames, each checked to be a whole, final, masked text.
std::vector<std::string> unmasked(std::string_view frames, std::set<std::string>* masks = nullptr) {
  std::vector<std::string> payloads;
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(frames.at(at)); };
  while (!frames.empty()) {
    EXPECT_EQ(byte(0), 0x81);
    EXPECT_EQ(byte(1) & 0x80, 0x80);
    std::uint64_t size = byte(1) & 0x7F;
    std::size_t at = 2;
    if (size >= 126) {
      const std::size_t bytes = size == 126 ? 2 : 8;
      size = 0;
      for (; at < 2 + bytes; ++at)
        size = size << 8 | byte(at);
    }
    const std::string mask(frames.substr(at, 4));
    if (masks != nullptr)
      masks->insert(mask);
    at += 4;
    std::string payload(frames.substr(at, size));
    for (std::size_t i = 0; i < payload.size(); ++i)
      payload[i] = static_cast<char>(payload[i] ^ mask[i % 4]);
    payloads.push_back(std::move(payload));
    frames.remove_prefix(at + size);
  }
  return payloads;
}

TEST(Frames, TheExampleOfTheStandardComesOut) {
  frame_writer writer([](std::span<unsigned char> into) {
    constexpr unsigned char mask[] = {0x37, 0xfa, 0x21, 0x3d};
    std::copy_n(mask, 4, into.begin());
    return true;
  });
  ASSERT_TRUE(writer.append_text("Hello"));
  EXPECT_EQ(writer.view(), "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58");
}

TEST(Frames, EveryLengthHasItsOwnFormAndIsReadBack) {
  frame_writer writer;
  std::vector<std::string> payloads;
  for (const std::size_t size :
       {0U, 1U, 3U, 7U, 8U, 9U, 125U, 126U, 127U, 65535U, 65536U, 70001U}) {
    payloads.emplace_back(size, 'x');
    for (std::size_t i = 0; i < size; ++i)
      payloads.back()[i] = static_cast<char>('a' + i % 26);
    ASSERT_TRUE(writer.append_text(payloads.back()));
  }
  EXPECT_EQ(unmasked(writer.view()), payloads);
  writer.clear();
  EXPECT_EQ(writer.size(), 0U);
}

TEST(Frames, NoMaskIsUsedTwiceAndThePoolIsFilledPageByPage) {
  int asked = 0;
  std::uint32_t next = 0;
  frame_writer writer([&](std::span<unsigned char> into) {
    ++asked;
    for (std::size_t i = 0; i + 4 <= into.size(); i += 4, ++next)
      for (std::size_t k = 0; k < 4; ++k)
        into[i + k] = static_cast<unsigned char>(next >> (8 * k));
    return true;
  });
  for (int i = 0; i < 3000; ++i)
    ASSERT_TRUE(writer.append_text("text"));
  std::set<std::string> masks;
  EXPECT_EQ(unmasked(writer.view(), &masks).size(), 3000U);
  EXPECT_EQ(masks.size(), 3000U);
  EXPECT_EQ(asked, 3) << "1024 masks at a time";
}

TEST(Frames, WithoutRandomNumbersNothingIsWritten) {
  bool works = true;
  frame_writer writer([&](std::span<unsigned char>) { return works; });
  for (int i = 0; i < 1024; ++i)
    ASSERT_TRUE(writer.append_text("a"));
  const std::size_t before = writer.size();
  works = false;
  EXPECT_FALSE(writer.append_text("b"));
  EXPECT_EQ(writer.size(), before);
  works = true;
  EXPECT_TRUE(writer.append_text("b"));
}

TEST(Frames, TheKernelFillsAnyBuffer) {
  std::array<unsigned char, 4096> first{};
  std::array<unsigned char, 4096> second{};
  EXPECT_TRUE(kernel_bytes(first));
  EXPECT_TRUE(kernel_bytes(second));
  EXPECT_NE(first, second);
}

} // namespace
} // namespace spec_kitty
