// Access tokens: JSON Web Tokens with HS256, made and read here alone.
//
// The algorithm is the server's, never the token's: a token whose head is not the very text that
// this server writes for the key is refused, whatever it says (`alg: none` included). Two keys at a
// time: the newer signs, the older is honoured for an hour after it was replaced. Time is an
// argument; randomness too. Source: https://www.rfc-editor.org/rfc/rfc7519
#pragma once

#include "app/server/core/roles.hpp"
#include "util/result.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace spec_kitty::server {

/// Seconds since 1970-01-01T00:00:00Z.
using epoch_s = std::int64_t;

inline constexpr epoch_s access_lifetime_s = 15 * 60;
inline constexpr epoch_s ws_token_lifetime_s = 60;
inline constexpr epoch_s old_key_honoured_s = 60 * 60;
inline constexpr std::size_t signing_key_bytes = 32;
inline constexpr std::string_view token_audience = "spec-kitty";
/// A longer text is not a token of ours.
inline constexpr std::size_t max_access_token_bytes = 2048;

struct signing_key {
  std::string id;     ///< `kid`: 1 to 32 letters and digits
  std::string secret; ///< signing_key_bytes of random bytes
  epoch_s made = 0;
};

/// The keys file: newest key first, one or two of them.
class signing_keys {
public:
  /// bad_input where the text is not what to_json writes.
  static result<signing_keys> from_json(std::string_view json);
  /// A first key, from 32 random bytes.
  static signing_keys first(std::string secret, epoch_s now);

  /// Draws a new signing key; the one that signed until now becomes the older one.
  void rotate(std::string secret, epoch_s now);
  std::string to_json() const;

  const signing_key& newest() const { return keys_.front(); }
  /// The key of that id, where its tokens count now; nullptr for an old one after its hour.
  const signing_key* find(std::string_view id, epoch_s now) const;

private:
  std::vector<signing_key> keys_;
};

/// What an access token states.
struct claims {
  std::string issuer; ///< `iss`: public_url
  std::string subject;
  std::string team_slug;
  role as = role::reader;
  epoch_s expires = 0;
  std::uint64_t generation = 0; ///< `gen`: of account, membership and session together
  std::string session;          ///< `sid`: the family that it was drawn for
  std::string id;               ///< `jti`: no two tokens are alike, also of the same second
};

std::string make_access_token(const claims& of, const signing_key& key);

/// The claims of a token that was signed by one of the keys for this issuer and has not expired.
/// Nothing for any other text; nobody learns why.
std::optional<claims> read_access_token(std::string_view token, const signing_keys& keys,
                                        std::string_view issuer, epoch_s now);

} // namespace spec_kitty::server
