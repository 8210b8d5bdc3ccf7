// spec-kitty-dev-server: a reference server of the protocol on loopback, both its sides.
//
//   options ─► state folder (locked) ─► tokens, event log ─► api, ws_hub ─► server ─► greeting ─►
//   serve
//
// SIGINT and SIGTERM end it with status 0. Status 1: it cannot run; stderr says why and how to fix
// it.
#include "app/dev_server/activity.hpp"
#include "app/dev_server/api.hpp"
#include "app/dev_server/event_log.hpp"
#include "app/dev_server/options.hpp"
#include "app/dev_server/server.hpp"
#include "app/dev_server/state_dir.hpp"
#include "app/dev_server/tokens.hpp"
#include "util/json.hpp"
#include "util/process.hpp"
#include "util/utf8.hpp"

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <exception>

namespace {

using namespace spec_kitty;
using namespace spec_kitty::dev_server;

constexpr std::string_view tokens_file = "tokens.json";
constexpr std::string_view events_file = "events.jsonl";
constexpr std::size_t max_complaint_bytes = 4096;

std::atomic<server*> running{nullptr};
static_assert(std::atomic<server*>::is_always_lock_free, "a signal handler reads it");

extern "C" void on_signal(int) {
  if (server* current = running.load())
    current->stop();
}

void handle_signals() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  action.sa_handler = SIG_IGN; // the server outlives the reader of its output
  sigaction(SIGPIPE, &action, nullptr);
}

epoch_s now() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

void say(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

int complain(const failure& why, bool json) {
  const std::string line = printable("spec-kitty-dev-server: " + why.message +
                                         (why.hint.empty() ? "" : " (" + why.hint + ")"),
                                     max_complaint_bytes) +
                           "\n";
  std::fwrite(line.data(), 1, line.size(), stderr);
  if (json) {
    json_buffer buffer;
    json_writer out(buffer);
    out.StartObject();
    field(out, "ok", false);
    key(out, "error");
    out.StartObject();
    field(out, "code", to_string(why.code));
    field(out, "message", why.message);
    field(out, "hint", why.hint);
    out.EndObject();
    out.EndObject();
    say(std::string(buffer.GetString(), buffer.GetSize()) + "\n");
  }
  return 1;
}

result<void> serve(const options& chosen) {
  const auto state =
      chosen.state.empty() ? state_dir::open_temporary() : state_dir::open(chosen.state);
  if (!state)
    return state.error();

  token_table tokens(chosen.tokens);
  const auto kept = state->read(tokens_file);
  if (!kept)
    return kept.error();
  if (*kept)
    if (auto restored = tokens.restore(**kept); !restored)
      return restored;
  const account login = tokens.settle_account(chosen.login);
  const auto save = [&state](const std::string& json) { return state->replace(tokens_file, json); };
  if (auto saved = save(tokens.to_json()); !saved)
    return saved;
  auto log = event_log::open(state->file(events_file));
  if (!log)
    return log.error();

  batch_desk desk(*log, chosen.batches);
  api core(tokens, *log, desk, save);
  ws_hub hub(desk, *log, chosen.sockets);
  ws_server sockets(hub,
                    [&tokens](const std::string& token) { return tokens.use_ws(token, now()); });
  hub.on_activity([&chosen](const std::string& what, const std::string& event_id) {
    if (!chosen.quiet)
      say((chosen.json ? ws_activity_json : ws_activity_text)(what, event_id) + "\n");
  });
  const auto answer = [&core](const http_request& request) { return core.handle(request, now()); };
  const auto is_known = [&core](const http_request& head) { return core.is_known(head, now()); };
  const auto on_response = [&chosen](const http_request& request, const http_response& response) {
    if (chosen.quiet)
      return;
    say((chosen.json ? activity_json : activity_text)(request, response) + "\n");
  };
  auto listening = server::listen(chosen.port, answer, is_known, on_response, sockets);
  if (!listening)
    return listening.error();

  hide_memory();
  running = listening->get();
  handle_signals();
  const std::string url = (*listening)->url();
  say(chosen.json ? greeting_json(url, login) + "\n" : greeting_text(url, login, chosen.state));
  (*listening)->run();
  running = nullptr;
  return {};
}

} // namespace

int main(int argc, char** argv) {
  try {
    const auto chosen = read_options(argc, argv);
    if (const int* status = std::get_if<int>(&chosen))
      return *status;
    const auto served = serve(std::get<options>(chosen));
    return served ? 0 : complain(served.error(), std::get<options>(chosen).json);
  } catch (const std::exception& defect) {
    return complain({ec::internal, defect.what(), {}}, false);
  }
}
