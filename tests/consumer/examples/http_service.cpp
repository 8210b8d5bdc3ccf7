// An HTTP service that records an event for every request it has answered, and shows at /status how
// these events stand. SIGTERM or SIGINT ends it: what was recorded is brought to the server first,
// for at most five seconds; what is left then waits in the home for the next start.
//
//   http_service [PORT]      state in SPEC_KITTY_HOME, else ~/.spec-kitty
#include <spec_kitty/client.hpp>

#include <httplib.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>

using namespace std::chrono_literals;

namespace {

int complain(const spec_kitty::failure& why) {
  std::fprintf(stderr, "http_service: %s\n%s\n", why.message.c_str(), why.hint.c_str());
  return 1;
}

std::string json_of(const spec_kitty::client_status& status) {
  return "{\"link\":\"" + std::string(spec_kitty::to_string(status.link)) +
         "\",\"emitted\":" + std::to_string(status.emitted) +
         ",\"dropped\":" + std::to_string(status.dropped) +
         ",\"queued\":" + std::to_string(status.queued) +
         ",\"acknowledged\":" + std::to_string(status.acknowledged) + "}\n";
}

} // namespace

int main(int argc, char** argv) {
  // Before any thread starts, so that every thread leaves these signals to sigwait below.
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  sigaddset(&ends, SIGINT);
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);

  auto opened = spec_kitty::client::open({});
  if (!opened)
    return complain(opened.error());
  spec_kitty::client& events = *opened;

  httplib::Server server;
  server.Get("/hello", [](const httplib::Request&, httplib::Response& reply) {
    reply.set_content("hello\n", "text/plain");
  });
  server.Get("/status", [&events](const httplib::Request&, httplib::Response& reply) {
    if (const auto status = events.status())
      reply.set_content(json_of(*status), "application/json");
    else
      reply.status = 503;
  });
  // Best effort: a request never waits for the disk. What is not recorded is counted as dropped.
  server.set_logger([&events](const httplib::Request& request, const httplib::Response& reply) {
    events.emit_best_effort(spec_kitty::history_added{
        "WP01", "note", request.method + " " + request.path + ": " + std::to_string(reply.status)});
  });

  int port = argc > 1 ? std::atoi(argv[1]) : 0;
  if (port == 0)
    port = server.bind_to_any_port("127.0.0.1");
  else if (!server.bind_to_port("127.0.0.1", port))
    port = -1;
  if (port < 0) {
    std::fprintf(stderr, "http_service: cannot listen\n");
    return 1;
  }
  std::printf("http://127.0.0.1:%d\n", port);
  std::fflush(stdout);
  std::thread listener([&server] { server.listen_after_bind(); });

  int signal = 0;
  sigwait(&ends, &signal);
  server.stop(); // no further request, so no further event
  listener.join();
  const auto flushed = events.flush(5s);
  if (flushed && !flushed->delivered)
    std::fprintf(stderr, "http_service: %llu events wait for the next start: %s\n",
                 static_cast<unsigned long long>(flushed->remaining), flushed->why.message.c_str());
  const auto stopped = events.stop(5s);
  return stopped ? 0 : complain(stopped.error());
}
