// Passwords, names of users, slugs of teams.
#include "app/server/core/passwords.hpp"

#include <gtest/gtest.h>

#include <string>

namespace spec_kitty::server {
namespace {

TEST(Passwords, HaveTenCharactersOrMore) {
  EXPECT_FALSE(check_password("123456789"));
  EXPECT_TRUE(check_password("1234567890"));
  EXPECT_FALSE(check_password("äöüäöüäöü")) << "nine characters of two bytes each";
  EXPECT_TRUE(check_password("äöüäöüäöüä"));
  EXPECT_TRUE(check_password(std::string(max_password_bytes, 'x')));
  EXPECT_FALSE(check_password(std::string(max_password_bytes + 1, 'x')));
  EXPECT_FALSE(check_password("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"));
  EXPECT_FALSE(check_password(""));
}

TEST(Passwords, AreInNoMessage) {
  EXPECT_EQ(check_password("short-one").error().message.find("short-one"), std::string::npos);
}

TEST(Names, AreOfPlainCharacters) {
  for (const char* name : {"ann", "Ann.Lee", "ci-7", "a@b.example", "7"})
    EXPECT_TRUE(check_username(name)) << name;
  for (const char* name : {"", " ann", "-x", "@x", "a b", "a\n", "é", "a/b"})
    EXPECT_FALSE(check_username(name)) << name;
  EXPECT_FALSE(check_username(std::string(65, 'a')));
}

TEST(Slugs, AreOfSmallLettersAndNotLocal) {
  for (const char* slug : {"acme", "a-1", "7"})
    EXPECT_TRUE(check_team_slug(slug)) << slug;
  for (const char* slug : {"", "local", "Acme", "-a", "a_b", "a.b", "a b"})
    EXPECT_FALSE(check_team_slug(slug)) << slug;
  EXPECT_FALSE(check_team_slug(std::string(64, 'a')));
}

} // namespace
} // namespace spec_kitty::server
