#include "util/runner_protocol.hpp"

#include "util/json.hpp"

#include <charconv>

namespace spec_kitty {

namespace {

constexpr std::size_t fixed_arguments = 10;

} // namespace

std::vector<std::string> agent_runner_arguments(const agent_runner_job& job) {
  std::vector<std::string> words = {job.token,
                                    job.result.string(),
                                    job.log.string(),
                                    job.prompt.string(),
                                    job.lock.string(),
                                    job.worktree.string(),
                                    std::to_string(job.timeout.count()),
                                    job.title,
                                    job.root.string(),
                                    job.worktree_root.string()};
  words.insert(words.end(), job.command.begin(), job.command.end());
  return words;
}

agent_runner_job agent_runner_job_of(const std::vector<std::string>& arguments) {
  agent_runner_job job;
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
  job.root = arguments[8];
  job.worktree_root = arguments[9];
  job.command.assign(arguments.begin() + fixed_arguments, arguments.end());
  return job;
}

std::string encode_result(const attempt_result& result) {
  json_buffer buffer;
  json_writer out(buffer);
  out.StartObject();
  field(out, "token", result.token);
  key(out, "status");
  out.Int(result.status);
  key(out, "signal");
  out.Int(result.signal);
  field(out, "timed_out", result.timed_out);
  field(out, "stopped", result.stopped);
  field(out, "error", result.error);
  field(out, "tail", result.tail);
  field(out, "left", result.left);
  out.EndObject();
  return std::string(buffer.GetString(), buffer.GetSize()) + "\n";
}

std::optional<attempt_result> decode_result(std::string_view text) {
  const auto parsed = parse_json(text);
  if (!parsed || !parsed->IsObject() || !text_of(*parsed, "token"))
    return std::nullopt;
  const auto flag = [&](const char* name) {
    const auto* value = member(*parsed, name);
    return value != nullptr && value->IsBool() && value->GetBool();
  };
  const auto number = [&](const char* name) { return whole_number_of(*parsed, name).value_or(0); };
  attempt_result read;
  read.token = *text_of(*parsed, "token");
  read.status = static_cast<int>(number("status"));
  read.signal = static_cast<int>(number("signal"));
  read.timed_out = flag("timed_out");
  read.stopped = flag("stopped");
  read.error = text_of(*parsed, "error").value_or("");
  read.tail = text_of(*parsed, "tail").value_or("");
  read.left = static_cast<std::uint64_t>(number("left"));
  return read;
}

} // namespace spec_kitty
