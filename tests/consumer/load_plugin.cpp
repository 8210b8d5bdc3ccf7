// Loads a plug-in, lets it work, unloads it, many times: it must be gone then, and no thread and no
// descriptor may be left.
// Links nothing of spec-kitty itself.
//
//   load_plugin PLUGIN.so HOME ROUNDS DELIVER(0|1)
#include <dlfcn.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <string>
#include <thread>

namespace fs = std::filesystem;

namespace {

auto entries(const char* folder) {
  return std::distance(fs::directory_iterator(folder), fs::directory_iterator());
}

/// A thread that was joined leaves /proc a moment later.
bool came_back_to(const char* folder, long before) {
  for (int i = 0; i < 100; ++i) {
    if (entries(folder) <= before)
      return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return false;
}

void show(const char* folder) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder))
    std::fprintf(stderr, "  %s -> %s\n", entry.path().c_str(),
                 fs::read_symlink(entry.path(), error).c_str());
}

} // namespace

int main(int argc, char** argv) {
  if (argc != 5)
    return 2;
  const auto threads = entries("/proc/self/task");
  const auto descriptors = entries("/proc/self/fd");
  const int rounds = std::atoi(argv[3]);
  for (int round = 1; round <= rounds; ++round) {
    void* const plugin = ::dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
    if (plugin == nullptr) {
      std::fprintf(stderr, "load_plugin: %s\n", ::dlerror());
      return 1;
    }
    const auto run = reinterpret_cast<int (*)(const char*, int)>(::dlsym(plugin, "plugin_run"));
    const int status = run == nullptr ? -1 : run(argv[2], std::atoi(argv[4]));
    if (status != 0) {
      std::fprintf(stderr, "load_plugin: round %d gave %d\n", round, status);
      return 1;
    }
    if (!came_back_to("/proc/self/task", threads)) {
      std::fprintf(stderr, "load_plugin: threads are left after round %d\n", round);
      return 1;
    }
    if (::dlclose(plugin) != 0 || ::dlopen(argv[1], RTLD_NOW | RTLD_NOLOAD) != nullptr) {
      std::fprintf(stderr, "load_plugin: not unloaded in round %d\n", round);
      return 1;
    }
    if (!came_back_to("/proc/self/fd", descriptors)) {
      std::fprintf(stderr, "load_plugin: descriptors are left after round %d:\n", round);
      show("/proc/self/fd");
      return 1;
    }
  }
  return 0;
}
