#include "app/dev_server/tokens.hpp"

#include "util/json.hpp"

#include <sys/random.h>

#include <cerrno>
#include <system_error>

namespace spec_kitty::dev_server {

namespace {

std::string random_bytes(std::size_t count) {
  std::string bytes(count, '\0');
  std::size_t had = 0;
  while (had < count) {
    const ssize_t got = getrandom(bytes.data() + had, count - had, 0);
    if (got < 0 && errno != EINTR)
      throw std::system_error(errno, std::generic_category(), "getrandom");
    had += got > 0 ? static_cast<std::size_t>(got) : 0;
  }
  return bytes;
}

/// RFC 4648, section 5, without padding.
std::string base64url(std::string_view bytes) {
  constexpr std::string_view alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string text;
  std::uint32_t pending = 0;
  unsigned bits = 0;
  for (const char c : bytes) {
    pending = (pending << 8) | static_cast<unsigned char>(c);
    for (bits += 8; bits >= 6; bits -= 6)
      text += alphabet[(pending >> (bits - 6)) & 63U];
  }
  if (bits > 0)
    text += alphabet[(pending << (6 - bits)) & 63U];
  return text;
}

/// Easy to type: 16 letters and digits, 80 bits.
std::string new_password() {
  constexpr std::string_view alphabet = "abcdefghijkmnpqrstuvwxyz23456789"; // 32, none alike
  std::string text;
  for (const char c : random_bytes(16))
    text += alphabet[static_cast<unsigned char>(c) & 31U];
  return text;
}

std::string claims(const token_owner& owner) {
  json_buffer buffer;
  json_writer out(buffer);
  out.StartObject();
  field(out, "sub", owner.username);
  field(out, "team_slug", owner.team_slug);
  field(out, "exp", static_cast<std::uint64_t>(owner.expires));
  out.EndObject();
  return to_text(buffer);
}

} // namespace

std::string random_token(std::size_t bytes) {
  return base64url(random_bytes(bytes));
}

const account& token_table::settle_account(const account& given) {
  const auto choose = [](const std::string& first, std::string& kept, auto otherwise) {
    if (!first.empty())
      kept = first;
    else if (kept.empty())
      kept = otherwise();
  };
  choose(given.username, account_.username, [] { return std::string("dev"); });
  choose(given.team_slug, account_.team_slug, [] { return std::string("dev-team"); });
  choose(given.password, account_.password, new_password);
  return account_;
}

std::optional<token_grant> token_table::login(std::string_view username, std::string_view password,
                                              epoch_s now) {
  if (username != account_.username || password != account_.password)
    return std::nullopt;
  forget_expired(now);
  const token_owner owner{account_.username, account_.team_slug, 0, random_token(12)};
  return token_grant{issue_access(owner, now), issue_refresh(owner, now), owner.team_slug};
}

std::optional<token_grant> token_table::refresh(std::string_view refresh_token, epoch_s now) {
  forget_expired(now);
  const auto found = refresh_.find(refresh_token);
  if (found == refresh_.end())
    return std::nullopt;
  const token_owner owner = found->second;
  token_grant grant{issue_access(owner, now), std::nullopt, owner.team_slug};
  if (rules_.rotate) {
    refresh_.erase(found);
    grant.refresh = issue_refresh(owner, now);
  }
  return grant;
}

const token_owner* token_table::find_owner(std::string_view access_token, epoch_s now) const {
  const auto found = access_.find(access_token);
  return found == access_.end() || found->second.expires <= now ? nullptr : &found->second;
}

std::string token_table::issue_access(token_owner owner, epoch_s now) {
  owner.expires = now + rules_.access_lifetime_s;
  std::string token = base64url(R"({"alg":"HS256","typ":"JWT"})") + "." + base64url(claims(owner)) +
                      "." + random_token();
  access_.emplace(token, std::move(owner));
  return token;
}

std::string token_table::issue_refresh(token_owner owner, epoch_s now) {
  owner.expires = now + rules_.refresh_lifetime_s;
  std::string token = random_token();
  refresh_.emplace(token, std::move(owner));
  return token;
}

std::string token_table::issue_ws(const token_owner& owner, epoch_s now) {
  forget_expired(now);
  std::string token = random_token();
  token_owner of = owner;
  of.expires = now + ws_token_lifetime_s;
  ws_.emplace(token, std::move(of));
  return token;
}

std::optional<token_owner> token_table::use_ws(std::string_view ws_token, epoch_s now) {
  forget_expired(now);
  const auto found = ws_.find(ws_token);
  if (found == ws_.end())
    return std::nullopt;
  token_owner owner = std::move(found->second);
  ws_.erase(found);
  return owner;
}

void token_table::forget_expired(epoch_s now) {
  const auto expired = [now](const auto& entry) { return entry.second.expires <= now; };
  std::erase_if(access_, expired);
  std::erase_if(refresh_, expired);
  std::erase_if(ws_, expired);
}

std::string token_table::to_json() const {
  json_buffer buffer;
  json_writer out(buffer);
  const auto list = [&out](std::string_view name, const tokens& table) {
    key(out, name);
    out.StartArray();
    for (const auto& [token, owner] : table) {
      out.StartObject();
      field(out, "token", token);
      field(out, "username", owner.username);
      field(out, "team_slug", owner.team_slug);
      field(out, "expires", static_cast<std::uint64_t>(owner.expires));
      field(out, "session", owner.session);
      out.EndObject();
    }
    out.EndArray();
  };
  out.StartObject();
  field(out, "username", account_.username);
  field(out, "password", account_.password);
  field(out, "team_slug", account_.team_slug);
  list("access", access_);
  list("refresh", refresh_);
  out.EndObject();
  return to_text(buffer);
}

result<void> token_table::restore(std::string_view json) {
  const failure corrupt{
      ec::store_corrupt, "tokens.json was not written by the dev-server",
      "remove that file (every user must log in again), or choose another folder with --state"};
  const auto document = parse_json(json);
  if (!document)
    return corrupt;
  const auto read = [&document](const char* name, tokens& table) {
    const json_value* list = member(*document, name);
    if (list == nullptr || !list->IsArray())
      return false;
    for (const auto& entry : list->GetArray()) {
      const auto token = text_of(entry, "token");
      const auto username = text_of(entry, "username");
      const auto team = text_of(entry, "team_slug");
      const auto expires = whole_number_of(entry, "expires");
      if (!token || !username || !team || !expires)
        return false;
      table.emplace(
          *token, token_owner{*username, *team, *expires, text_of(entry, "session").value_or("")});
    }
    return true;
  };
  account_ = {text_of(*document, "username").value_or(""),
              text_of(*document, "password").value_or(""),
              text_of(*document, "team_slug").value_or("")};
  if (!read("access", access_) || !read("refresh", refresh_))
    return corrupt;
  return {};
}

} // namespace spec_kitty::dev_server
