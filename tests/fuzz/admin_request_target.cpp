#include "tests/fuzz/targets.hpp"

#include "app/server/admin/administration.hpp"
#include "app/server/admin/command_table.hpp"
#include "app/server/admin/state_folder.hpp"
#include "app/server/store/lmdb/open.hpp"
#include "util/json.hpp"
#include "util/temp_folder.hpp"

#include <memory>
#include <optional>
#include <string>

namespace spec_kitty::fuzz {

namespace {

/// A store with nothing in it, which the requests fill.
class fuzzed_server {
public:
  fuzzed_server() {
    server::store::lmdb_options options;
    options.state = folder_.path() / "state";
    options.map_bytes = std::uint64_t{1} << 30;
    server::chosen_settings chosen;
    chosen.flags["state"] = options.state.string();
    auto settings = server::server_settings::load(chosen);
    require(settings && server::make_state_folder(options.state, server::folder_owner::caller) &&
                server::store::create_lmdb_store(options),
            "a store can be made");
    auto opened = server::store::open_lmdb_engine(options);
    require(opened.ok(), "and opened");
    engine_ = std::move(*opened);
    settings_ = std::make_unique<server::server_settings>(std::move(*settings));
    here_.emplace(server::administration{*engine_, *settings_, "http://127.0.0.1:1"});
  }

  std::string answer(std::string_view request) {
    return server::answer_admin_request(*here_, request);
  }

private:
  temporary_folder folder_;
  std::unique_ptr<server::store::engine> engine_;
  std::unique_ptr<server::server_settings> settings_;
  std::optional<server::administration> here_;
};

} // namespace

void fuzz_admin_request(std::string_view input) {
  static fuzzed_server server;
  // A backup is written where the request says.
  const auto parsed = parse_json(input, json_keys::unique);
  if (parsed && text_of(*parsed, "command") == "backup")
    return;
  const std::string reply = server.answer(input);
  require(reply.find('\n') == std::string::npos, "a reply is one line");
  const auto read = parse_json(reply, json_keys::unique);
  require(read && read->IsObject(), "and a JSON object");
  require(member(*read, "ok") != nullptr || member(*read, "error") != nullptr,
          "that says how it went");
}

} // namespace spec_kitty::fuzz
