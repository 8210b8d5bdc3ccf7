#include "util/process_generation.hpp"

#include <pthread.h>

#include <atomic>

namespace spec_kitty {

namespace {

std::atomic<unsigned> generation{0};

void count_fork() {
  generation.fetch_add(1, std::memory_order_relaxed);
}

[[maybe_unused]] const int counted = ::pthread_atfork(nullptr, nullptr, count_fork);

} // namespace

unsigned process_generation() {
  return generation.load(std::memory_order_relaxed);
}

} // namespace spec_kitty
