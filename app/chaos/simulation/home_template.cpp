#include "app/chaos/simulation/home_template.hpp"

#include "app/chaos/process.hpp"
#include "app/chaos/simulation/os_calls.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <stdexcept>

namespace spec_kitty::chaos::simulation {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

store_options simulated_store(const fs::path& home, const std::string& host) {
  store_options options;
  options.home = home;
  options.seed = [host] { return node_seed{host, "ann", true}; };
  options.max_bytes = std::uint64_t{1} << 22;
  options.busy_timeout = 0ms;
  return options;
}

home_template::home_template(fs::path home, const std::string& host) : home_(std::move(home)) {
  os_plan plan;
  plan.pid = 1;
  const os_plan_scope scope(&plan);
  {
    const auto made = store::open(simulated_store(home_, host), open_mode::write);
    if (!made)
      throw std::runtime_error(made.error().message);
  }
  data_ = support::read_text(home_ / "queue" / "env" / "data.mdb");
}

void home_template::reset() const {
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(home_, none))
    if (entry.path().filename() != "queue")
      fs::remove_all(entry.path(), none);
  const unique_fd file(
      ::open((home_ / "queue" / "env" / "data.mdb").c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC));
  if (!file ||
      ::pwrite(file.get(), data_.data(), data_.size(), 0) != static_cast<ssize_t>(data_.size()))
    throw std::runtime_error("cannot make the store of " + home_.string() + " ready");
}

} // namespace spec_kitty::chaos::simulation
