#include "app/server/running.hpp"

#include "app/server/admin/command_table.hpp"
#include "app/server/admin/key_file.hpp"
#include "app/server/admin/local_commands.hpp"
#include "app/server/admin/state_folder.hpp"
#include "app/server/dev/account.hpp"
#include "app/server/dev/layer.hpp"
#include "app/server/pages/link_page.hpp"
#include "app/server/service_settings.hpp"
#include "app/server/store/lmdb/open.hpp"
#include "util/process.hpp"
#include "util/text.hpp"
#include "util/version.hpp"

#include <array>

namespace spec_kitty::server {

namespace {

using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

constexpr auto certificate_interval = 1min;
constexpr auto housekeeping_interval = 1h;
constexpr auto listener_stop_patience = 7s;
constexpr auto store_stop_patience = 2s;
constexpr epoch_us tolerated_clock_step = epoch_us{5} * 60 * 1'000'000;
/// Of tokens, and the same on any port: sessions of a server for trying out outlive its restart.
constexpr const char* issuer_for_trying_out = "spec-kitty-server --dev";
/// Of tokens where no URL is known before the port is.
constexpr const char* issuer_without_url = "spec-kitty-server";
/// The store, logs, sockets of its own and threads, beside the connections.
constexpr std::uint64_t own_open_files = 100;

log_options log_options_of(const server_settings& settings, bool for_trying_out) {
  log_options options;
  options.for_trying_out = for_trying_out;
  options.json = settings.text("log.format") == "json";
  options.folder = settings.state() / "log";
  options.days = settings.number("log.days");
  return options;
}

std::string issuer_of(const server_settings& settings) {
  const bool any_port =
      settings.text("public_url").empty() && settings.text("listen").ends_with(":0");
  return any_port ? issuer_without_url : public_url_of(settings, guessed_url(settings));
}

} // namespace

std::string program_version() {
  return std::string(version);
}

running_server::running_server(const server_settings& settings, const dev::options* trying_out)
    : settings_(settings), trying_out_(trying_out),
      log_(std::make_unique<server_log>(log_options_of(settings, trying_out != nullptr))) {}

result<std::unique_ptr<running_server>> running_server::start(const server_settings& settings,
                                                              const dev::options* trying_out) {
  if (trying_out != nullptr)
    if (auto made = make_state_folder(settings.state(), folder_owner::caller); !made)
      return made.error();
  if (auto entered = enter_state_folder(settings.state()); !entered)
    return entered.error();
  std::unique_ptr<running_server> server(new running_server(settings, trying_out));
  if (auto ok = server->open_store(); !ok)
    return ok.error();
  if (auto ok = server->start_service(); !ok)
    return ok.error();
  if (auto ok = server->start_listeners(); !ok)
    return ok.error();
  if (auto ok = server->start_administration(); !ok)
    return ok.error();
  server->warn_of_clock();
  server->warn_of_open_files();
  server->log_->write(log_level::info,
                      "spec-kitty-server " + program_version() + " listens on " + server->url_);
  return server;
}

running_server::~running_server() {
  stop();
}

result<void> running_server::open_store() {
  store::lmdb_options options;
  options.state = settings_.state();
  const bool is_new = !store::has_store(options.state);
  if (is_new && trying_out_ == nullptr)
    return failure{ec::not_found, options.state.string() + " does not hold a store",
                   "make it with the first team: spec-kitty-server init --state " +
                       shell_word(options.state.string()) + " --team SLUG --admin NAME"};
  if (is_new)
    if (auto made = store::create_lmdb_store(options); !made)
      return made;
  auto opened = store::open_lmdb_engine(options);
  if (!opened)
    return opened.error();
  engine_ = std::move(*opened);
  administration_.emplace(
      administration{*engine_, settings_, public_url_of(settings_, guessed_url(settings_))});
  if (trying_out_ == nullptr)
    return {};
  auto account = dev::settle_account(*administration_, settings_.state(), trying_out_->account);
  if (!account)
    return account.error();
  login_ = std::move(*account);
  return dev::accept_types(*administration_, login_->team_slug, trying_out_->types);
}

result<void> running_server::start_service() {
  auto keys = read_key_file(settings_.keys_file(), wall_clock_now());
  if (!keys)
    return keys.error();
  service_options options;
  options.engine = engine_.get();
  options.public_url = issuer_of(settings_);
  if (trying_out_ != nullptr) {
    options.public_url = issuer_for_trying_out;
    options.sessions = trying_out_->sessions;
    options.ping_every = epoch_us{trying_out_->ping_s} * 1'000'000;
  }
  options.limits = service_limits_of(settings_);
  options.log.json = settings_.text("log.format") == "json";
  options.log.addresses = settings_.flag("log.addresses");
  if (settings_.flag("log.requests"))
    options.log.write = [log = log_.get()](std::string_view line) {
      log->line(without_link_secrets(line));
    };
  auto started = service::start(std::move(options), std::move(*keys));
  if (!started)
    return started.error();
  service_ = std::move(*started);
  return {};
}

result<void> running_server::start_listeners() {
  auto options = listener_options_of(settings_);
  if (!options)
    return options.error();
  auto handlers = service_->handlers();
  if (trying_out_ != nullptr)
    handlers = dev::with_layer(std::move(handlers), trying_out_->faults, activity_log());
  auto started = listener::http_listener::start(std::move(*options), std::move(handlers));
  if (!started)
    return started.error();
  listener_ = std::move(*started);
  url_ = public_url_of(settings_, listener_->url());
  service_->set_url(url_);
  service_->set_listener_counters([this] { return listener_->counters(); });
  if (!settings_.text("tls.certificate").empty())
    certificate_.emplace(settings_.text("tls.certificate"), settings_.text("tls.key"));
  if (settings_.text("metrics.listen").empty())
    return {};
  auto metrics = start_metrics_listener(settings_, *service_);
  if (!metrics)
    return metrics.error();
  metrics_listener_ = std::move(*metrics);
  return {};
}

dev::activity_log running_server::activity_log() const {
  dev::activity_log log;
  log.json = settings_.text("log.format") == "json";
  if (settings_.flag("log.requests"))
    log.say = [to = log_.get()](std::string_view line) { to->line(line); };
  return log;
}

result<void> running_server::start_administration() {
  administration_->url = url_;
  administration_->keys_changed = [this] { change_keys(); };
  auto started = admin_listener::start(settings_.state(), [this](std::string_view request) {
    std::string reply = answer_admin_request(*administration_, request);
    service_->look_up_callers();
    if (request.find("erase") != std::string_view::npos)
      service_->texts_were_taken();
    return reply;
  });
  if (!started)
    return started.error();
  admin_ = std::move(*started);
  next_certificate_look_ = steady::now() + certificate_interval;
  next_round_ = steady::now();
  return {};
}

void running_server::change_keys() {
  if (auto keys = read_key_file(settings_.keys_file(), wall_clock_now()))
    service_->replace_keys(std::move(*keys));
  else
    log_->write(log_level::error, keys.error().message);
}

void running_server::warn_of_clock() {
  const auto health = engine_->look();
  const epoch_us behind = health.newest_received - wall_clock_now();
  if (behind > tolerated_clock_step)
    log_->write(log_level::error,
                "this machine's clock is " + duration_words(std::chrono::microseconds(behind)) +
                    " behind the newest event of the store, so it is wrong now or was wrong then; "
                    "set it with: timedatectl set-ntp true");
  if (!health.trouble.empty())
    log_->write(log_level::error, health.trouble);
}

void running_server::warn_of_open_files() {
  const std::uint64_t allowed = raise_open_file_limit();
  const auto connections = static_cast<std::uint64_t>(settings_.number("limits.connections"));
  const std::uint64_t needed = connections + own_open_files;
  if (allowed < needed)
    log_->write(log_level::warning,
                "this process may open " + std::to_string(allowed) +
                    " files, too few for limits.connections, which is " +
                    std::to_string(connections) + ": set LimitNOFILE=" + std::to_string(needed) +
                    " in its unit, or start it after: ulimit -n " + std::to_string(needed));
}

void running_server::reload_certificate() {
  if (!certificate_)
    return;
  const auto loaded = listener_->reload_tls();
  if (loaded)
    log_->write(log_level::info, "the certificate was loaded anew");
  else
    log_->write(log_level::error, loaded.error().message + "; the one before stays in use (" +
                                      loaded.error().hint + ")");
}

void running_server::tick() {
  const auto now = steady::now();
  if (certificate_ && now >= next_certificate_look_) {
    next_certificate_look_ = now + certificate_interval;
    if (certificate_->has_changed())
      reload_certificate();
  }
  if (now >= next_round_ && house_is_kept_) {
    next_round_ = now + housekeeping_interval;
    begin_housekeeping();
  }
}

void running_server::begin_housekeeping() {
  if (housekeeper_.joinable())
    housekeeper_.join();
  house_is_kept_ = false;
  housekeeper_ = std::thread([this] {
    const auto done = keep_house(*administration_);
    if (done.texts_taken > 0 && !stopped_)
      service_->texts_were_taken();
    if (done.is_worth_a_line() && !stopped_) // a store that is being closed cannot answer
      log_->write(done.trouble.empty() ? log_level::info : log_level::error, done.sentence());
    house_is_kept_ = true;
  });
}

void running_server::stop() {
  if (stopped_.exchange(true))
    return;
  if (service_)
    service_->begin_stop();
  if (listener_)
    listener_->stop(listener_stop_patience);
  if (metrics_listener_)
    metrics_listener_->stop(0s);
  if (service_)
    service_->stop();
  if (engine_) // what waits in a command or in the housekeeper is answered
    engine_->stop(steady::now() + store_stop_patience);
  admin_.reset();
  if (housekeeper_.joinable())
    housekeeper_.join();
  log_->write(log_level::info, "stopped");
}

} // namespace spec_kitty::server
