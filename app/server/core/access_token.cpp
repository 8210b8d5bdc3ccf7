#include "app/server/core/access_token.hpp"

#include "app/server/core/encoding.hpp"
#include "util/json.hpp"

#include <algorithm>

namespace spec_kitty::server {

namespace {

constexpr std::size_t max_keys = 2;

failure bad_keys() {
  return {ec::bad_input, "the file of signing keys was not written by spec-kitty-server",
          "restore it from a copy, or remove it: the server then draws a new key, and every client "
          "refreshes its session"};
}

bool is_key_id(std::string_view text) {
  return !text.empty() && text.size() <= 32 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
           c == '_';
  });
}

/// Nothing about the secret can be learnt from its id.
signing_key key_from(std::string secret, epoch_s now) {
  const auto digest = sha256("key id" + secret);
  return {base64url(bytes_of(digest).substr(0, 9)), std::move(secret), now};
}

/// The head of every token of a key, as it is written and compared.
std::string head_of(const signing_key& key) {
  return base64url(R"({"alg":"HS256","typ":"JWT","kid":")" + key.id + "\"}");
}

std::string signature_of(const signing_key& key, std::string_view signed_part) {
  return base64url(bytes_of(hmac_sha256(key.secret, signed_part)));
}

std::optional<claims> read_claims(std::string_view encoded) {
  const auto text = from_base64url(encoded);
  const auto document = text ? parse_json(*text, json_keys::unique)
                             : result<json_document>(failure{ec::bad_input, {}, {}});
  if (!document || text_of(*document, "aud") != token_audience)
    return std::nullopt;
  const auto issuer = text_of(*document, "iss");
  const auto subject = text_of(*document, "sub");
  const auto team = text_of(*document, "team_slug");
  const auto as = role_of(text_of(*document, "role").value_or(""));
  const auto expires = whole_number_of(*document, "exp");
  const json_value* generation = member(*document, "gen");
  if (!issuer || !subject || !team || !as || !expires || generation == nullptr ||
      !generation->IsUint64())
    return std::nullopt;
  return claims{*issuer,
                *subject,
                *team,
                *as,
                *expires,
                generation->GetUint64(),
                text_of(*document, "sid").value_or(""),
                text_of(*document, "jti").value_or("")};
}

/// The three parts of a token; nothing where there are more or fewer.
struct token_parts {
  std::string_view head, body, signature, signed_part;
};

std::optional<token_parts> split(std::string_view token) {
  const std::size_t first = token.find('.');
  const std::size_t second = first == std::string_view::npos ? first : token.find('.', first + 1);
  if (second == std::string_view::npos || token.find('.', second + 1) != std::string_view::npos)
    return std::nullopt;
  return token_parts{token.substr(0, first), token.substr(first + 1, second - first - 1),
                     token.substr(second + 1), token.substr(0, second)};
}

} // namespace

result<signing_keys> signing_keys::from_json(std::string_view json) {
  const auto document = parse_json(json, json_keys::unique);
  const json_value* list = document ? member(*document, "keys") : nullptr;
  if (list == nullptr || !list->IsArray() || list->Empty() || list->Size() > max_keys)
    return bad_keys();
  signing_keys keys;
  for (const auto& entry : list->GetArray()) {
    const auto id = text_of(entry, "kid");
    auto secret = from_base64url(text_of(entry, "secret").value_or(""));
    const auto made = whole_number_of(entry, "made");
    if (!id || !is_key_id(*id) || !secret || secret->size() != signing_key_bytes || !made)
      return bad_keys();
    keys.keys_.push_back({*id, std::move(*secret), *made});
  }
  if (keys.keys_.size() == max_keys && keys.keys_[0].id == keys.keys_[1].id)
    return bad_keys();
  return keys;
}

signing_keys signing_keys::first(std::string secret, epoch_s now) {
  signing_keys keys;
  keys.keys_.push_back(key_from(std::move(secret), now));
  return keys;
}

void signing_keys::rotate(std::string secret, epoch_s now) {
  keys_.insert(keys_.begin(), key_from(std::move(secret), now));
  keys_.resize(std::min(keys_.size(), max_keys));
}

std::string signing_keys::to_json() const {
  json_buffer buffer;
  json_writer out(buffer);
  out.StartObject();
  key(out, "keys");
  out.StartArray();
  for (const signing_key& entry : keys_) {
    out.StartObject();
    field(out, "kid", entry.id);
    field(out, "secret", base64url(entry.secret));
    key(out, "made");
    out.Int64(entry.made);
    out.EndObject();
  }
  out.EndArray();
  out.EndObject();
  return to_text(buffer);
}

const signing_key* signing_keys::find(std::string_view id, epoch_s now) const {
  for (const signing_key& entry : keys_)
    if (entry.id == id)
      return &entry == &keys_.front() || now < keys_.front().made + old_key_honoured_s ? &entry
                                                                                       : nullptr;
  return nullptr;
}

std::string make_access_token(const claims& of, const signing_key& key_of_server) {
  json_buffer buffer;
  json_writer out(buffer);
  out.StartObject();
  field(out, "iss", of.issuer);
  field(out, "aud", token_audience);
  field(out, "sub", of.subject);
  field(out, "team_slug", of.team_slug);
  field(out, "role", to_string(of.as));
  key(out, "exp");
  out.Int64(of.expires);
  field(out, "gen", of.generation);
  field(out, "sid", of.session);
  field(out, "jti", of.id);
  out.EndObject();
  const std::string signed_part = head_of(key_of_server) + "." + base64url(to_text(buffer));
  return signed_part + "." + signature_of(key_of_server, signed_part);
}

std::optional<claims> read_access_token(std::string_view token, const signing_keys& keys,
                                        std::string_view issuer, epoch_s now) {
  if (token.size() > max_access_token_bytes)
    return std::nullopt;
  const auto parts = split(token);
  if (!parts)
    return std::nullopt;
  const auto head = from_base64url(parts->head);
  const auto document = head ? parse_json(*head, json_keys::unique)
                             : result<json_document>(failure{ec::bad_input, {}, {}});
  const signing_key* signed_by =
      document ? keys.find(text_of(*document, "kid").value_or(""), now) : nullptr;
  if (signed_by == nullptr || parts->head != head_of(*signed_by) ||
      !equal_secrets(parts->signature, signature_of(*signed_by, parts->signed_part)))
    return std::nullopt;
  auto found = read_claims(parts->body);
  if (!found || found->issuer != issuer || found->expires <= now)
    return std::nullopt;
  return found;
}

} // namespace spec_kitty::server
