// The command table of spec-kitty-server: every command, its options, where it is carried out.
#pragma once

#include "app/server/admin/administration.hpp"

#include <span>
#include <string_view>

namespace spec_kitty::server {

/// An option or a word of a command.
struct option_spec {
  enum class kind {
    word,     ///< a positional value
    value,    ///< `--role R`
    flag,     ///< `--yes`
    password, ///< `--password-stdin`: the argument `password` is the first line of stdin
    file,     ///< a word that names a file: made absolute
    content,  ///< a word that names a file: the argument is its content
  };

  std::string_view name; ///< without dashes; also the name of the argument
  kind type;
  bool required;
  std::string_view help;
};

/// Where a command is carried out.
enum class command_place {
  store, ///< by the running server, else on the store that this process opens
  local, ///< here, by a function of its own (local_commands.hpp)
};

struct server_command {
  std::string_view path; ///< `team add`
  std::string_view help;
  std::span<const option_spec> options;
  command_place place = command_place::store;
  reply_fields (*carry_out)(administration& of, const arguments& given) = nullptr; ///< of `store`
  std::string_view question = {}; ///< asked first, unless --yes; `{}` is the first word
};

struct server_command_group {
  std::string_view path;
  std::string_view help;
};

std::span<const server_command> server_commands();
std::span<const server_command_group> server_command_groups();
const server_command* find_server_command(std::string_view path);

/// What travels over admin.sock: `{"command":"team add","arguments":{"slug":"alpha"}}`.
std::string admin_request(const server_command& command, const arguments& given);

/// Carries out a request; the reply is `{"ok":true,…}` or `{"ok":false,"error":{…}}`, in one line.
std::string answer_admin_request(administration& of, std::string_view request);

} // namespace spec_kitty::server
