// The one file that knows spdlog. Header-only with an inline fmt, so that a program that emits
// loads no library for it.
#define FMT_HEADER_ONLY
#define SPDLOG_FMT_EXTERNAL
#include "app/daemon/log.hpp"

#include "util/files.hpp"
#include "util/utf8.hpp"

#include <fcntl.h>

#include <spdlog/logger.h>
#include <spdlog/sinks/rotating_file_sink.h>

namespace spec_kitty {

namespace {

constexpr std::size_t file_bytes = std::size_t{1} << 20;
constexpr std::size_t old_files = 2;
constexpr std::size_t max_log_line_bytes = 1000; ///< some lines quote a server

class spdlog_log final : public daemon_log {
public:
  explicit spdlog_log(const std::string& file)
      : logger_("daemon", std::make_shared<spdlog::sinks::rotating_file_sink_mt>(file, file_bytes,
                                                                                 old_files)) {
    logger_.set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %l %v");
    logger_.flush_on(spdlog::level::info);
    logger_.set_error_handler(
        [](const std::string&) {}); // events are delivered although the disk is full
  }

  void info(const std::string& words) override { write(spdlog::level::info, words); }
  void warn(const std::string& words) override { write(spdlog::level::warn, words); }

private:
  void write(spdlog::level::level_enum level, const std::string& words) {
    logger_.log(level, spdlog::string_view_t(printable(words, max_log_line_bytes)));
  }

  spdlog::logger logger_;
};

} // namespace

result<std::unique_ptr<daemon_log>> daemon_log::open(const std::filesystem::path& home) {
  const auto file = home / "daemon.log";
  // The library opens it as it is: a FIFO in its place would keep the daemon waiting.
  if (auto ours = open_regular(file, O_WRONLY | O_APPEND | O_CREAT, last_link::refuse); !ours)
    return ours.error();
  try {
    return std::unique_ptr<daemon_log>(std::make_unique<spdlog_log>(file.string()));
  } catch (const std::exception& error) {
    return failure{ec::store_unusable, "cannot write " + file.string() + ": " + error.what(),
                   "check the home's permissions and the disk"};
  }
}

} // namespace spec_kitty
