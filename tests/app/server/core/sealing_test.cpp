// Sealed refresh tokens, and the codes of a device login.
#include "app/server/core/device_codes.hpp"
#include "app/server/core/sealing.hpp"

#include <gtest/gtest.h>

#include <set>

namespace spec_kitty::server {
namespace {

constexpr std::string_view token = "skr_the token that is sealed";
constexpr std::string_view session = "01ARZ3NDEKTSV4RRFFQ69G5FAV";

TEST(Seal, OpensForTheSameCallerAlone) {
  const auto made = seal::of_refresh("token before", "key");
  const std::string sealed = made.close(token, session);
  EXPECT_EQ(sealed.find(token), std::string::npos);
  EXPECT_EQ(seal::of_refresh("token before", "key").open(sealed, session), token);
  EXPECT_EQ(seal::of_refresh("token before", "other key").open(sealed, session), std::nullopt);
  EXPECT_EQ(seal::of_refresh("another token", "key").open(sealed, session), std::nullopt);
  EXPECT_EQ(made.open(sealed, "01ARZ3NDEKTSV4RRFFQ69G5FAW"), std::nullopt);
  EXPECT_EQ(seal::of_device("token before").open(sealed, session), std::nullopt);
}

TEST(Seal, NoTwoCallersShareAKeyByMovingACharacter) {
  EXPECT_NE(seal::of_refresh("ab", "c").mark(), seal::of_refresh("a", "bc").mark());
  EXPECT_NE(seal::of_refresh("a", "").mark(), seal::of_device("a").mark());
  EXPECT_EQ(seal::of_refresh("a", "b").mark(), seal::of_refresh("a", "b").mark());
}

TEST(Seal, DamageIsNoticedAndNoTwoAreTheSame) {
  const auto made = seal::of_device("code");
  const std::string sealed = made.close(token, session);
  EXPECT_NE(sealed, made.close(token, session));
  for (std::size_t at = 0; at < sealed.size(); ++at) {
    std::string damaged = sealed;
    damaged[at] = static_cast<char>(damaged[at] ^ 1);
    EXPECT_EQ(made.open(damaged, session), std::nullopt) << at;
  }
  for (std::size_t size = 0; size < sealed.size(); ++size)
    EXPECT_EQ(made.open(sealed.substr(0, size), session), std::nullopt) << size;
}

TEST(IdempotencyKey, IsAWordOfSomeLength) {
  EXPECT_TRUE(is_idempotency_key("01ARZ3NDEKTSV4RRFFQ69G5FAV"));
  for (const char* bad : {"", "short", "01ARZ3NDEKTSV4RRFFQ69G5 AV", "01ARZ3NDEKTSV4RRFFQ69\n"})
    EXPECT_FALSE(is_idempotency_key(bad)) << bad;
  EXPECT_FALSE(is_idempotency_key(std::string(65, 'a')));
}

TEST(UserCode, IsReadHoweverItIsTyped) {
  for (const char* typed : {"BCDF-GHJK", "bcdfghjk", " bcdf ghjk ", "B-C-D-F-G-H-J-K"})
    EXPECT_EQ(user_code_letters(typed), "BCDFGHJK") << typed;
  for (const char* bad : {"", "BCDF-GHJ", "BCDF-GHJKL", "BCDF-GHJA", "BCDF-GHJ1", "BCDF_GHJK",
                          "BCDF-GHJK                          -"})
    EXPECT_EQ(user_code_letters(bad), std::nullopt) << bad;
  EXPECT_EQ(shown_user_code("BCDFGHJK"), "BCDF-GHJK");
}

TEST(UserCode, HasEachLetterEquallyOften) {
  std::set<char> letters;
  for (int first = 0; first < 240; ++first) {
    const auto code = make_user_code(std::string(8, static_cast<char>(first)));
    ASSERT_TRUE(code);
    letters.insert(code->front());
  }
  EXPECT_EQ(letters.size(), 20U);
  EXPECT_EQ(make_user_code(std::string(32, static_cast<char>(240))), std::nullopt);
  EXPECT_EQ(make_user_code("seven b"), std::nullopt);
}

TEST(DeviceCode, HasTheFormOfItsKind) {
  const auto code = make_device_code(std::string(32, 'x'));
  EXPECT_TRUE(is_device_code(code));
  EXPECT_FALSE(is_device_code(code.substr(1)));
  EXPECT_FALSE(is_device_code(code + "A"));
}

} // namespace
} // namespace spec_kitty::server
