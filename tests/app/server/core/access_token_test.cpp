// Access tokens: what is taken, and that nothing forged is.
#include "app/server/core/access_token.hpp"

#include "app/server/core/encoding.hpp"
#include "app/server/core/session_tokens.hpp"

#include <gtest/gtest.h>

namespace spec_kitty::server {
namespace {

constexpr epoch_s start = 1'770'000'000;
constexpr std::string_view issuer = "https://kitty.example";

std::string secret_of(char c) {
  return std::string(signing_key_bytes, c);
}

claims good_claims() {
  return {std::string(issuer),       "ann", "acme", role::member,
          start + access_lifetime_s, 7,     "sid",  "jti"};
}

class AccessToken : public testing::Test {
protected:
  std::optional<claims> read(std::string_view token, epoch_s now = start) const {
    return read_access_token(token, keys_, issuer, now);
  }
  std::string signed_with(std::string_view head, std::string_view body, const signing_key& key) {
    const std::string part = base64url(head) + "." + base64url(body);
    return part + "." + base64url(bytes_of(hmac_sha256(key.secret, part)));
  }
  std::string own_head() const {
    return R"({"alg":"HS256","typ":"JWT","kid":")" + keys_.newest().id + "\"}";
  }
  signing_keys keys_ = signing_keys::first(secret_of('a'), start);
};

constexpr const char* good_body =
    R"({"iss":"https://kitty.example","aud":"spec-kitty","sub":"ann","team_slug":"acme",)"
    R"("role":"admin","exp":1770000900,"gen":1,"sid":"x"})";

TEST_F(AccessToken, StatesWhatItWasMadeFor) {
  const std::string token = make_access_token(good_claims(), keys_.newest());
  const auto found = read(token);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->subject, "ann");
  EXPECT_EQ(found->team_slug, "acme");
  EXPECT_EQ(found->as, role::member);
  EXPECT_EQ(found->generation, 7U);
  EXPECT_EQ(found->session, "sid");
  EXPECT_EQ(found->id, "jti");
  EXPECT_EQ(found->expires, start + access_lifetime_s);
}

TEST_F(AccessToken, EndsAtItsTime) {
  const std::string token = make_access_token(good_claims(), keys_.newest());
  EXPECT_TRUE(read(token, start + access_lifetime_s - 1));
  EXPECT_FALSE(read(token, start + access_lifetime_s));
}

TEST_F(AccessToken, CountsForItsIssuerAlone) {
  const std::string token = make_access_token(good_claims(), keys_.newest());
  EXPECT_FALSE(read_access_token(token, keys_, "https://other.example", start));
}

TEST_F(AccessToken, TakesItsOwnHeadAlone) {
  const signing_key& key = keys_.newest();
  EXPECT_TRUE(read(signed_with(own_head(), good_body, key)));
  const std::string with_kid = R"(,"kid":")" + key.id + "\"}";
  for (const std::string& head :
       {R"({"alg":"none","typ":"JWT")" + with_kid, R"({"alg":"None","typ":"JWT")" + with_kid,
        R"({"alg":"HS512","typ":"JWT")" + with_kid, R"({"alg":"RS256","typ":"JWT")" + with_kid,
        R"({"typ":"JWT","alg":"HS256")" + with_kid, R"({"alg":"HS256")" + with_kid,
        R"({"alg":"HS256","typ":"JWT","crit":["x"])" + with_kid,
        std::string(R"({"alg":"HS256","typ":"JWT"})"),
        std::string(R"({"alg":"HS256","typ":"JWT","kid":"../../etc/passwd"})"),
        std::string(R"({"alg":"HS256","typ":"JWT","kid":""})"), std::string("{}"), std::string()})
    EXPECT_FALSE(read(signed_with(head, good_body, key))) << head;
}

TEST_F(AccessToken, RefusesEveryForgery) {
  const std::string token = make_access_token(good_claims(), keys_.newest());
  const std::size_t signature = token.rfind('.') + 1;
  const std::string unsigned_part = token.substr(0, signature);
  const auto other_key = signing_keys::first(secret_of('b'), start);
  const std::string none = base64url(R"({"alg":"none"})") + "." + base64url(good_body) + ".";
  for (const std::string& forged :
       {unsigned_part, unsigned_part + "AAAA", token.substr(0, signature - 1), token + ".",
        token + ".x", "." + token, token + "=", token.substr(1), none, std::string(),
        std::string(".."), std::string("a.b.c"), std::string(5000, 'a'),
        make_access_token(good_claims(), other_key.newest()),
        signed_with(own_head(), good_body, other_key.newest())})
    EXPECT_FALSE(read(forged)) << forged;
}

TEST_F(AccessToken, NoticesEveryChangedCharacter) {
  const std::string token = make_access_token(good_claims(), keys_.newest());
  for (std::size_t at = 0; at < token.size(); ++at) {
    std::string changed = token;
    changed[at] = changed[at] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(read(changed)) << at;
  }
}

TEST_F(AccessToken, AsksForEveryClaim) {
  const signing_key& key = keys_.newest();
  for (const char* name : {"iss", "aud", "sub", "team_slug", "role", "exp", "gen"}) {
    std::string body = good_body;
    body.replace(body.find(std::string("\"") + name + "\""), 2, "\"_");
    EXPECT_FALSE(read(signed_with(own_head(), body, key))) << body;
  }
  std::string body = good_body;
  body.replace(body.find("admin"), 5, "owner");
  EXPECT_FALSE(read(signed_with(own_head(), body, key)));
  EXPECT_FALSE(read(signed_with(own_head(), std::string(good_body) + "x", key)));
}

TEST_F(AccessToken, HonoursTheOlderKeyForAnHour) {
  const std::string old = make_access_token(good_claims(), keys_.newest());
  keys_.rotate(secret_of('b'), start + 60);
  EXPECT_TRUE(read(old, start + 61));
  EXPECT_TRUE(read(make_access_token(good_claims(), keys_.newest()), start + 61));
  claims late = good_claims();
  late.expires = start + 3 * old_key_honoured_s;
  const signing_keys older = signing_keys::first(secret_of('a'), start);
  const std::string long_lived = make_access_token(late, older.newest());
  EXPECT_TRUE(read(long_lived, start + 60 + old_key_honoured_s - 1));
  EXPECT_FALSE(read(long_lived, start + 60 + old_key_honoured_s));
  keys_.rotate(secret_of('c'), start + 120);
  EXPECT_FALSE(read(old, start + 121)) << "two keys at a time";
}

TEST_F(AccessToken, KeysAreKeptAsTheyAre) {
  keys_.rotate(secret_of('b'), start + 5);
  const auto again = signing_keys::from_json(keys_.to_json());
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->to_json(), keys_.to_json());
  EXPECT_TRUE(
      read_access_token(make_access_token(good_claims(), keys_.newest()), *again, issuer, start));
  for (const char* text : {"", "{}", R"({"keys":[]})", R"({"keys":[{"kid":"a"}]})",
                           R"({"keys":[{"kid":"a","secret":"AAAA","made":1}]})"})
    EXPECT_FALSE(signing_keys::from_json(text).ok()) << text;
}

TEST(Base64Url, ReadsWhatItWritesAndNothingElse) {
  for (std::size_t size = 0; size < 70; ++size) {
    std::string bytes;
    for (std::size_t i = 0; i < size; ++i)
      bytes += static_cast<char>(i * 37 + size);
    EXPECT_EQ(from_base64url(base64url(bytes)), bytes);
  }
  for (const char* text : {"A", "AA=", "AA==", "A+", "A/", "AB", "AAB", " ", "A\n"})
    EXPECT_FALSE(from_base64url(text)) << text;
}

TEST(SessionTokens, AreReadBack) {
  const std::string family = "01J00000000000000000000001";
  const std::string token = make_refresh_token(family, std::string(32, 'x'));
  EXPECT_EQ(family_of(token), family);
  EXPECT_EQ(make_machine_token(std::string(32, 'x')).size(), 4U + 43U);
  EXPECT_TRUE(is_machine_token(make_machine_token(std::string(32, 'x'))));
  EXPECT_TRUE(is_ws_token(make_ws_token(std::string(32, 'x'))));
  EXPECT_FALSE(is_machine_token(make_ws_token(std::string(32, 'x'))));
  for (const std::string& text :
       {token + "A", token.substr(1), token.substr(0, token.size() - 1), std::string("skr_"),
        std::string("skr_."), std::string(), make_machine_token(std::string(32, 'x'))})
    EXPECT_FALSE(family_of(text)) << text;
}

} // namespace
} // namespace spec_kitty::server
