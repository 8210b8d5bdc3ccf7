// spec-kitty-server: the team server and its administration.
//
//   command line ─▶ configuration ─▶ run: store ─▶ actors ─▶ listener ─▶ serve until SIGTERM
//                                └─▶ any other command: admin.sock of a running server, else the
//                                store
#include "app/server/serve.hpp"
#include "util/utf8.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <exception>

namespace {

/// A file that is opened later must not get the number of a standard stream that is closed.
void open_standard_streams() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (::fcntl(fd, F_GETFD) == -1)
      (void)::open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

} // namespace

int main(int argc, char** argv) {
  open_standard_streams();
  try {
    using namespace spec_kitty::server;
    dev::options trying_out;
    return run_server_command_line(
        argc, argv,
        {[&](command_context& ctx, const arguments&) { return serve(ctx, trying_out); },
         [&](CLI::App& run) { dev::declare_options(run, trying_out); }});
  } catch (const std::exception& defect) {
    const std::string line = "spec-kitty-server: " + spec_kitty::printable(defect.what()) + "\n";
    std::fputs(line.c_str(), stderr);
    return 1;
  }
}
