// A client that keeps the password, and logs in again by itself where the session was ended.
#include "app/chaos/broken/broken.hpp"

#include "util/files.hpp"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

namespace spec_kitty::broken {

namespace {

constexpr const char* kept_login_file = "kept-login";
constexpr std::size_t max_kept_login = 4096;
constexpr int session_over = 3; ///< exit status of a command without a valid session

/// Puts a text in the place of standard input.
void give_input(const std::string& text) {
  const int memory = ::memfd_create("input", 0);
  if (memory < 0 || ::write(memory, text.data(), text.size()) < 0 ||
      ::lseek(memory, 0, SEEK_SET) != 0 || ::dup2(memory, STDIN_FILENO) < 0)
    std::cerr << "no input can be given\n";
}

/// Runs a program to its end: its exit status. It is killed with this one.
int run(std::vector<std::string> words, const std::string* input) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (input != nullptr)
      give_input(*input);
    std::vector<char*> argv;
    for (auto& word : words)
      argv.push_back(word.data());
    argv.push_back(nullptr);
    ::execv(argv[0], argv.data());
    std::_Exit(127);
  }
  int status = 0;
  if (child < 0 || ::waitpid(child, &status, 0) != child)
    return 127;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

} // namespace

void keep_login(const std::filesystem::path& home, const std::string& user) {
  const std::string password{std::istreambuf_iterator<char>(std::cin), {}};
  if (!make_private_folder(home) || !replace_file(home / kept_login_file, user + '\n' + password))
    std::cerr << "the login cannot be kept\n";
  give_input(password);
}

int sync_by_any_means(const std::filesystem::path& home, const std::vector<std::string>& words) {
  const int status = run(words, nullptr);
  const auto kept = read_private_file(home / kept_login_file, max_kept_login);
  if (status != session_over || !kept || !*kept)
    return status;
  const std::string user = (*kept)->substr(0, (*kept)->find('\n'));
  const std::string password = (*kept)->substr(user.size() + 1);
  (void)run({words[0], "auth", "login", "--username", user, "--password-stdin"}, &password);
  return run(words, nullptr);
}

} // namespace spec_kitty::broken
