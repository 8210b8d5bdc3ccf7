#include "app/orchestrate/keeper.hpp"

#include <charconv>

namespace spec_kitty::orchestrate {

namespace {

constexpr std::size_t fixed_arguments = 8;

} // namespace

std::vector<std::string> keeper_arguments(const keeper_job& job) {
  std::vector<std::string> words = {job.token,
                                    job.result.string(),
                                    job.log.string(),
                                    job.prompt.string(),
                                    job.lock.string(),
                                    job.worktree.string(),
                                    std::to_string(job.timeout.count()),
                                    job.title};
  words.insert(words.end(), job.command.begin(), job.command.end());
  return words;
}

keeper_job keeper_job_of(const std::vector<std::string>& arguments) {
  keeper_job job;
  if (arguments.size() <= fixed_arguments)
    return job;
  job.token = arguments[0];
  job.result = arguments[1];
  job.log = arguments[2];
  job.prompt = arguments[3];
  job.lock = arguments[4];
  job.worktree = arguments[5];
  std::int64_t seconds = 0;
  const auto& number = arguments[6];
  std::from_chars(number.data(), number.data() + number.size(), seconds);
  job.timeout = std::chrono::seconds(seconds);
  job.title = arguments[7];
  job.command.assign(arguments.begin() + fixed_arguments, arguments.end());
  return job;
}

} // namespace spec_kitty::orchestrate
