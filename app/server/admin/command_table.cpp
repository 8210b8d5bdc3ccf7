#include "app/server/admin/command_table.hpp"

#include "util/output.hpp"

#include <array>

namespace spec_kitty::server {

namespace {

using option_kind = option_spec::kind;

constexpr option_spec slug_word{"slug", option_kind::word, true, "The team's slug"};
constexpr option_spec name_word{"name", option_kind::word, true, "The user's name"};
constexpr option_spec team_value{"team", option_kind::value, true, "The team's slug"};
constexpr option_spec user_value{"user", option_kind::value, true, "The user's name"};
constexpr option_spec yes_flag{"yes", option_kind::flag, false, "Do it without asking"};
constexpr option_spec password_flag{"password-stdin", option_kind::password, false,
                                    "Read the password from stdin"};
constexpr option_spec after_value{"after", option_kind::value, false,
                                  "Only what follows this number"};

constexpr std::array init_options = {
    option_spec{"team", option_kind::value, false, "The slug of the first team"},
    option_spec{"admin", option_kind::value, false, "The name of its admin"}, password_flag};
constexpr std::array team_add_options = {
    slug_word, option_spec{"name", option_kind::value, false, "The name for people"}};
constexpr std::array rename_options = {
    slug_word, option_spec{"name", option_kind::word, true, "The new name for people"}};
constexpr std::array team_remove_options = {slug_word, yes_flag};
constexpr std::array export_options = {slug_word, after_value};
constexpr std::array user_add_options = {name_word, password_flag};
constexpr std::array user_options = {name_word};
constexpr std::array disable_options = {name_word};
constexpr std::array member_add_options = {
    team_value, user_value,
    option_spec{"role", option_kind::value, false, "admin, member (if it is not given) or reader"}};
constexpr std::array member_list_options = {team_value};
constexpr std::array member_remove_options = {team_value, user_value, yes_flag};
constexpr std::array token_options = {
    user_value, team_value, option_spec{"name", option_kind::value, true, "What the token is for"},
    option_spec{"expires", option_kind::value, false, "When it ends: 90d, 12h; without it never"}};
constexpr std::array invite_options = {
    team_value, option_spec{"role", option_kind::value, true, "admin, member or reader"},
    option_spec{"expires", option_kind::value, false,
                "When it ends: 7d (if it is not given), 12h"}};
constexpr std::array revoke_options = {
    option_spec{"id", option_kind::word, true, "The token's id"}};
constexpr std::array erase_options = {
    team_value, option_spec{"seq", option_kind::word, true, "The event's place in the team's log"},
    option_spec{"reason", option_kind::value, true, "Why; it is kept in the audit log"}, yes_flag};
constexpr std::array type_add_options = {
    team_value, option_spec{"name", option_kind::word, true, "The event type"},
    option_spec{"schema", option_kind::content, true, "A file: the JSON Schema of its payload"}};
constexpr std::array type_list_options = {team_value};
constexpr std::array type_remove_options = {
    team_value, option_spec{"name", option_kind::word, true, "The event type"}, yes_flag};
constexpr std::array file_options = {option_spec{"file", option_kind::file, true, "The backup"}};
constexpr std::array audit_options = {
    option_spec{"team", option_kind::value, false, "Only lines of this team"}, after_value,
    option_spec{"limit", option_kind::value, false, "How many lines at most (100)"}};

constexpr std::span<const option_spec> no_options{};
constexpr auto local = command_place::local;
constexpr auto store_place = command_place::store;

constexpr auto table = std::to_array<server_command>({
    {"init", "make the store, the first team and its admin", init_options, local},
    {"run", "serve", no_options, local},
    {"config list", "show every key with its value and origin", no_options, local},
    {"unit", "print a hardened systemd unit", no_options, local},
    {"restore", "make a store from a backup", file_options, local},
    {"migrate", "bring the store to this version's layout", no_options, local},
    {"team add", "make a team", team_add_options, store_place, add_team},
    {"team list", "list the teams", no_options, store_place, list_teams},
    {"team rename", "change the name for people; the slug stays", rename_options, store_place,
     rename_team},
    {"team remove", "remove a team with its events", team_remove_options, store_place, remove_team,
     "Remove the team {} and all its events?"},
    {"team export", "print a team's events, one JSON object per line", export_options, store_place,
     export_team},
    {"user add", "make an account", user_add_options, store_place, add_user},
    {"user list", "list the accounts with their teams", no_options, store_place, list_users},
    {"user disable", "end an account's sessions and refuse new ones", disable_options, store_place,
     disable_user},
    {"user enable", "let a disabled account in again", user_options, store_place, enable_user},
    {"user reset-password", "set a new password, or make a link for it", user_add_options,
     store_place, reset_password},
    {"member add", "put a user into a team, or change the role there", member_add_options,
     store_place, add_member},
    {"member list", "list the members of a team", member_list_options, store_place, list_members},
    {"member remove", "take a user out of a team", member_remove_options, store_place,
     remove_member, "Remove the member {}?"},
    {"invite create", "make a link on which a new person joins a team", invite_options, store_place,
     create_invite},
    {"token create", "make a token for a machine; it is shown once", token_options, store_place,
     create_token},
    {"token list", "list the tokens of machines", no_options, store_place, list_tokens},
    {"token revoke", "refuse a token from now on", revoke_options, store_place, revoke_token},
    {"event erase", "erase the text of an event, as of a secret that slipped through",
     erase_options, store_place, erase_event, "Erase the text of event {} for ever?"},
    {"type add", "take events of a team's own type", type_add_options, store_place, add_event_type},
    {"type list", "list a team's own event types", type_list_options, store_place,
     list_event_types},
    {"type remove", "refuse new events of such a type", type_remove_options, store_place,
     remove_event_type, "Remove the event type {}?"},
    {"keys rotate", "sign access tokens with a new key", no_options, store_place, rotate_keys},
    {"backup", "write a consistent copy of the store, while serving", file_options, store_place,
     back_up},
    {"check", "verify every row, sequence and leaf", no_options, store_place, check_rows},
    {"stats", "show figures of the store", no_options, store_place, show_stats},
    {"audit list", "show what was done to accounts, teams and tokens", audit_options, store_place,
     list_audit},
});

constexpr auto groups = std::to_array<server_command_group>({
    {"config", "the configuration"},
    {"team", "teams"},
    {"user", "accounts"},
    {"member", "the members of teams"},
    {"invite", "links for new members"},
    {"token", "tokens for machines"},
    {"event", "single events"},
    {"type", "event types of a team's own hosts"},
    {"keys", "signing keys"},
    {"audit", "the audit log"},
});

std::string refused(const failure& why) {
  return render_failure(why, true);
}

} // namespace

std::span<const server_command> server_commands() {
  return table;
}

std::span<const server_command_group> server_command_groups() {
  return groups;
}

const server_command* find_server_command(std::string_view path) {
  for (const auto& command : table)
    if (command.path == path)
      return &command;
  return nullptr;
}

std::string admin_request(const server_command& command, const arguments& given) {
  return json_fields([&](json_writer& out) {
    field(out, "command", command.path);
    key(out, "arguments");
    out.StartObject();
    for (const auto& [name, value] : given.all())
      field(out, name, value);
    out.EndObject();
  });
}

std::string answer_admin_request(administration& of, std::string_view request) {
  const auto parsed = parse_json(request, json_keys::unique);
  const std::string path = parsed ? text_of(*parsed, "command").value_or("") : std::string();
  const server_command* command = find_server_command(path);
  if (command == nullptr || command->carry_out == nullptr)
    return refused({ec::bad_input, "this server does not know the command \"" + path + "\"",
                    "use the spec-kitty-server of the version that runs"});
  std::map<std::string, std::string, std::less<>> values;
  const json_value* named = member(*parsed, "arguments");
  if (named != nullptr && named->IsObject())
    for (const auto& entry : named->GetObject())
      if (entry.value.IsString())
        values[{entry.name.GetString(), entry.name.GetStringLength()}] = {
            entry.value.GetString(), entry.value.GetStringLength()};
  const auto fields = command->carry_out(of, arguments(std::move(values)));
  if (!fields)
    return refused(fields.error());
  return *fields == "{}" ? R"({"ok":true})" : R"({"ok":true,)" + fields->substr(1);
}

} // namespace spec_kitty::server
