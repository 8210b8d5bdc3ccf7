// One `spec-kitty emit` as a whole process, from spawn to exit, in pairs with floor_emit: A B A B …
// so that both see the same machine. `whole_process [PAIRS] [--json]`
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <iomanip>
#include <iostream>
#include <stdexcept>
#include <string>
#include <vector>

namespace fs = std::filesystem;

namespace {

/// Milliseconds that a program took.
double run(const std::vector<std::string>& words) {
  std::vector<char*> argv;
  for (const auto& word : words)
    argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  const auto began = std::chrono::steady_clock::now();
  pid_t child = -1;
  int status = -1;
  if (::posix_spawn(&child, argv[0], &actions, nullptr, argv.data(), environ) == 0)
    ::waitpid(child, &status, 0);
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - began;
  posix_spawn_file_actions_destroy(&actions);
  if (status != 0)
    throw std::runtime_error(words[0] + " failed");
  return took.count();
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

int compare(int pairs, bool json, const fs::path& place) {
  const fs::path floor_folder = place / "floor";
  fs::create_directory(floor_folder);
  const std::vector<std::string> emit = {
      SPEC_KITTY_BIN_DIR "/spec-kitty",
      "--home",
      (place / "home").string(),
      "emit",
      "WPStatusChanged",
      "--payload",
      R"({"wp_id":"WP01","previous_status":"planned","new_status":"doing"})"};
  const std::vector<std::string> least = {SPEC_KITTY_BENCH_DIR "/floor_emit",
                                          floor_folder.string()};
  for (int i = 0; i < 5; ++i) { // homes are made, files are in memory
    run(emit);
    run(least);
  }
  std::vector<double> ours;
  std::vector<double> floors;
  std::vector<double> ratios;
  for (int i = 0; i < pairs; ++i) {
    ours.push_back(run(emit));
    floors.push_back(run(least));
    ratios.push_back(ours.back() / floors.back());
  }
  std::cout << std::fixed << std::setprecision(3);
  if (json)
    std::cout << "{\"pairs\":" << pairs << ",\"ours_ms\":" << median(ours)
              << ",\"floor_ms\":" << median(floors) << ",\"ratio\":" << median(ratios) << "}\n";
  else
    std::cout << "emit, whole process, p50 of " << pairs << " pairs: " << median(ours)
              << " ms; floor " << median(floors) << " ms; median ratio " << median(ratios) << '\n';
  return 0;
}

} // namespace

int main(int argc, char** argv) {
  int pairs = 200;
  bool json = false;
  for (int i = 1; i < argc; ++i) {
    if (std::string(argv[i]) == "--json")
      json = true;
    else
      pairs = std::max(1, std::atoi(argv[i]));
  }
  std::string place = (fs::temp_directory_path() / "spec-kitty-bench-XXXXXX").string();
  if (::mkdtemp(place.data()) == nullptr)
    return 1;
  int status = 1;
  try {
    status = compare(pairs, json, place);
  } catch (const std::exception& why) {
    std::cerr << "whole_process: " << why.what() << '\n';
  }
  std::error_code ignored;
  fs::remove_all(place, ignored);
  return status;
}
