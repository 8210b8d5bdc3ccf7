// Administration of a store: what the commands of spec-kitty-server do, for a running server over
// admin.sock and for a command that opened the store itself.
//
// Every call waits, so it is made on a thread that may wait. Each change is durable, with its line
// of audit, when it returns.
#pragma once

#include "app/server/admin/server_settings.hpp"
#include "app/server/core/roles.hpp"
#include "app/server/store/engine.hpp"
#include "util/json.hpp"
#include "util/timestamp.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace spec_kitty::server {

/// The options of one command, by the names of the command table. A flag has the value `true`.
class arguments {
public:
  arguments() = default;
  explicit arguments(std::map<std::string, std::string, std::less<>> values)
      : values_(std::move(values)) {}

  bool has(std::string_view name) const { return values_.find(name) != values_.end(); }
  /// The value; empty where it was not given.
  const std::string& text(std::string_view name) const;
  const std::map<std::string, std::string, std::less<>>& all() const { return values_; }

private:
  std::map<std::string, std::string, std::less<>> values_;
};

/// What a command works on.
struct administration {
  store::engine& engine;
  const server_settings& settings;
  std::string url; ///< of the server, for links
  std::function<epoch_us()> now = wall_clock_now;
  /// Takes new signing keys into use in a running server; empty where none runs.
  std::function<void()> keys_changed = {};

  store::change_note note(std::string reason = {}) const;
  store::accounts& accounts() const { return engine.directory(); }

  /// not_found with the command that lists them.
  result<store::team_info> team(const std::string& slug) const;
  result<store::user_info> user(const std::string& name) const;
};

/// The fields of a reply: a JSON object without `ok`.
using reply_fields = result<std::string>;

/// A JSON object of these fields.
std::string json_fields(const std::function<void(json_writer&)>& write);

/// The same with a sentence for people, `message`, in front.
std::string json_fields(std::string_view message, const std::function<void(json_writer&)>& write);

/// A length of time as people write it: `90d`, `12h`, `30m`; bad_input for anything else.
result<epoch_us> parse_time_span(std::string_view text);

/// Writes `"name": instant`, or null where it is 0.
void instant_field(json_writer& out, std::string_view name, epoch_us instant);

// The commands; app/server/admin/command_table.cpp has their options.
reply_fields add_team(administration& of, const arguments& given);
reply_fields list_teams(administration& of, const arguments& given);
reply_fields rename_team(administration& of, const arguments& given);
reply_fields remove_team(administration& of, const arguments& given);
reply_fields export_team(administration& of, const arguments& given);
reply_fields add_user(administration& of, const arguments& given);
reply_fields list_users(administration& of, const arguments& given);
reply_fields disable_user(administration& of, const arguments& given);
reply_fields enable_user(administration& of, const arguments& given);
reply_fields reset_password(administration& of, const arguments& given);
reply_fields add_member(administration& of, const arguments& given);
reply_fields list_members(administration& of, const arguments& given);
reply_fields remove_member(administration& of, const arguments& given);
reply_fields create_invite(administration& of, const arguments& given);
reply_fields create_token(administration& of, const arguments& given);
reply_fields list_tokens(administration& of, const arguments& given);
reply_fields revoke_token(administration& of, const arguments& given);
reply_fields erase_event(administration& of, const arguments& given);
reply_fields add_event_type(administration& of, const arguments& given);
reply_fields list_event_types(administration& of, const arguments& given);
reply_fields remove_event_type(administration& of, const arguments& given);
reply_fields rotate_keys(administration& of, const arguments& given);
reply_fields back_up(administration& of, const arguments& given);
reply_fields check_rows(administration& of, const arguments& given);
reply_fields show_stats(administration& of, const arguments& given);
reply_fields list_audit(administration& of, const arguments& given);

/// The role of that name, `member` for an empty one; bad_input for any other text.
result<role> role_of_member(const std::string& name);

/// What makes a link of one use work; the store keeps its hash.
std::string draw_link_secret();

/// Makes a link of one use on which an account sets its password. The link holds the secret.
result<std::string> make_password_link(administration& of, const store::user_info& user);

} // namespace spec_kitty::server
