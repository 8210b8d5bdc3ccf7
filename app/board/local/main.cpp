// spec-kitty-board: serves the board of this repository and home on loopback until it is stopped.
//
//   options ─▶ home, repository ─▶ board_service ─▶ listener ─▶ address printed ─▶ run
//
// SIGINT, SIGTERM and SIGHUP end it with status 0. Status 1: it cannot run; stderr says why.
#include "app/board/local/board_service.hpp"
#include "app/board/local/options.hpp"
#include "util/json.hpp"
#include "util/output.hpp"
#include "util/process.hpp"
#include "util/random.hpp"
#include "util/signals_blocked.hpp"
#include "util/spawn.hpp"
#include "util/temp_folder.hpp"
#include "util/utf8.hpp"

#include <fcntl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <exception>
#include <memory>
#include <optional>

namespace {

using namespace spec_kitty;
using namespace spec_kitty::board;

constexpr std::size_t token_bytes = 24;

std::string new_token() {
  constexpr std::string_view digits = "0123456789abcdef";
  std::array<std::uint8_t, token_bytes> bytes{};
  fill_random(bytes);
  std::string token;
  for (const auto byte : bytes) {
    token += digits[byte >> 4U];
    token += digits[byte & 15U];
  }
  return token;
}

/// Blocks the signals that end the program, in every thread that follows.
unique_fd ending_signals() {
  sigset_t mask;
  ::sigemptyset(&mask);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP})
    ::sigaddset(&mask, signal);
  ::pthread_sigmask(SIG_BLOCK, &mask, nullptr);
  return unique_fd(::signalfd(-1, &mask, SFD_CLOEXEC));
}

void say(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

/// A page that leads to the board: the token must not stand on the command line of a browser, which
/// other users see.
result<void> open_in_browser(const std::filesystem::path& folder, const std::string& address) {
  const auto file = folder / "board.html";
  const std::string page = "<!doctype html><meta charset=\"utf-8\"><title>Board</title>"
                           "<script>location.replace(\"" +
                           address + "\")</script>\n";
  if (auto written = replace_file(file, page); !written)
    return written;
  program browser;
  browser.argv = {"xdg-open", file.string()};
  browser.folder = folder;
  const unique_fd input(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const auto started = start_program(browser, input.get());
  return started ? result<void>{} : result<void>(started.error());
}

void greet(const board_options& chosen, const std::string& url, const std::string& token) {
  if (!chosen.json) {
    say("The board: " + url + "/#token=" + token + "\n(Ctrl-C ends it)\n");
    return;
  }
  json_buffer buffer;
  json_writer out(buffer);
  out.StartObject();
  field(out, "url", url);
  field(out, "token", token);
  out.EndObject();
  say(to_text(buffer) + "\n");
}

result<std::optional<home_view>> find_home(const board_options& chosen) {
  const auto home = resolve_home(chosen.home);
  if (!home)
    return home.error();
  auto config = settings::load(home->path, wrong_value::defaulted);
  return std::optional(home_view{*home, config ? std::move(*config) : settings{}});
}

result<void> serve(const board_options& chosen) {
  const auto home = find_home(chosen);
  if (!home)
    return home.error();
  auto repo = workflow::repository::here();
  if (!repo)
    return repo.error();
  const unique_fd signals = ending_signals();
  const std::string token = new_token();
  board_service service(std::move(*repo), *home, token);
  listener::listener_options options;
  options.port = chosen.port;
  options.websocket_paths = {"/board/stream"};
  options.limits.max_connections = 512;
  options.limits.max_body = 1024;
  options.limits.max_requests_in_flight = 128;
  options.limits.max_websocket_message = 4096;
  options.limits.max_unsent = std::size_t{8} << 20;
  auto listening = listener::http_listener::start(std::move(options), service.handlers());
  if (!listening)
    return listening.error();
  service.set_port((*listening)->port());
  const std::string url = "http://127.0.0.1:" + std::to_string((*listening)->port());
  greet(chosen, url, token);
  std::optional<temporary_folder> folder;
  if (chosen.open) {
    folder.emplace();
    if (const auto opened = open_in_browser(folder->path(), url + "/#token=" + token); !opened)
      std::fprintf(stderr, "warning: no browser could be started; open the address yourself\n");
  }
  service.run(signals.get());
  (*listening)->stop(std::chrono::seconds(2));
  return {};
}

int complain(const failure& why, bool json) {
  const std::string text = render_failure(why, json) + "\n";
  std::fwrite(text.data(), 1, text.size(), json ? stdout : stderr);
  return 1;
}

} // namespace

int main(int argc, char** argv) {
  hide_memory();                 // the token is in it
  std::signal(SIGPIPE, SIG_IGN); // it outlives the reader of its output
  try {
    const auto chosen = read_options(argc, argv);
    if (const int* status = std::get_if<int>(&chosen))
      return *status;
    const auto served = serve(std::get<board_options>(chosen));
    return served ? 0 : complain(served.error(), std::get<board_options>(chosen).json);
  } catch (const std::exception& defect) {
    return complain({ec::internal, defect.what(), {}}, false);
  }
}
