// Syncs that do nothing, for the flaw `no-sync`. Standing in the program, they come before those of
// the C library, and the store's LMDB, which is linked into the program, finds them first.
#include "app/chaos/broken/broken.hpp"

#include <dlfcn.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>

namespace {

std::atomic<bool> dropped{false};

/// The function of that name that would have been called without this file.
template <class Function>
Function* next(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

} // namespace

namespace spec_kitty::broken {

void drop_syncs() {
  dropped = true;
}

} // namespace spec_kitty::broken

extern "C" {

[[gnu::visibility("default")]] int fdatasync(int fd) {
  return dropped ? 0 : next<int(int)>("fdatasync")(fd);
}

[[gnu::visibility("default")]] int fsync(int fd) {
  return dropped ? 0 : next<int(int)>("fsync")(fd);
}

[[gnu::visibility("default")]] int msync(void* from, std::size_t size, int flags) {
  return dropped ? 0 : next<int(void*, std::size_t, int)>("msync")(from, size, flags);
}

} // extern "C"
