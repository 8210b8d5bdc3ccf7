#include "app/chaos/simulation/node.hpp"

#include "actors/clock/clock.hpp"
#include "actors/http/http.hpp"
#include "actors/queue/queue.hpp"
#include "actors/websocket/websocket.hpp"
#include "app/chaos/simulation/home_template.hpp"
#include "config/credentials.hpp"

#include <fcntl.h>

#include <algorithm>

namespace spec_kitty::chaos::simulation {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

namespace {

constexpr pid_t first_pid = 1000;

} // namespace

node::node(simulation_environment& around, socket_hub& hub, std::string name, fs::path home,
           node_options options)
    : around_(around), hub_(hub), name_(std::move(name)), home_(std::move(home)),
      options_(std::move(options)), network_(around) {
  if (options_.host.empty())
    options_.host = name_;
  plan_.chance = dice(around.chance.next());
  network_.tamper = options_.tamper_reply;
  network_.on_text = [this](const auto& by, const std::string& text) { on_text(by, text); };
  network_.on_server_clock = [this](std::uint64_t value) {
    reply_clock_ = std::max(reply_clock_, value);
  };
  change_boot();
}

node::~node() {
  crash();
}

store_options node::store_settings() const {
  auto options = simulated_store(home_, options_.host);
  options.max_events = options_.max_events;
  return options;
}

epoch_us node::wall() const {
  return simulation_environment::first_second * second + around_.now + skew_;
}

void node::set_clock(sim_time skew) {
  skew_ = skew;
  max_skew_ = std::max(max_skew_, skew);
}

std::string node::user() const {
  const auto held = read_credentials(home_);
  return held && *held ? (*held)->username : std::string();
}

void node::change_boot() {
  plan_.boot_id = std::to_string(10'000'000 + ++boot_) + "-0000-0000-0000-000000000000";
}

bool node::renew_node() {
  crash();
  bool done = false;
  {
    const os_plan_scope scope(&plan_);
    auto options = store_settings();
    options.renew_node = true;
    done = store::open(options, open_mode::write).ok();
  }
  start();
  return done;
}

// ── Beginning and end ────────────────────────────────────────────────────────────────────────────

template <class Handle>
Handle node::watched(Handle made, const char* what) {
  auto* const actor = caf::actor_cast<caf::abstract_actor*>(made);
  actor->attach_functor([this, what](const caf::error& reason) {
    const failure why = to_failure(reason);
    if (!ending_ && why.code == ec::internal)
      around_.seen.strange.push_back({name_ + ": " + what + " ended: " + why.message});
  });
  actors_.push_back(actor->address());
  return made;
}

supervisor_config node::wire() {
  const auto now = [this] { return wall(); };
  const auto steady = [this] { return epoch_us{5 * second} + around_.now; };
  const auto random = [this] { return plan_.chance.part(); };
  const server_url server = *parse_server_url(simulated_url);
  constexpr std::chrono::milliseconds timeout = 10s;

  supervisor_config watch;
  watch.queue = queue_;
  watch.clock = clock_;
  watch.background = options_.background;
  watch.publish = [this](const notice& what) { hear(what); };
  watch.now = now;
  watch.steady = steady;
  watch.random = random;
  watch.start_http = [this](caf::local_actor& parent) {
    auto made = watched(parent.spawn(http, http_config{network_.client()}), "HTTP");
    http_ = made.address();
    return made;
  };
  watch.start_auth = [=, this](caf::local_actor& parent, const http_actor& below) {
    auto made = watched(
        parent.spawn(auth, auth_config{home_, server, {}, timeout, below, queue_, now}), "AUTH");
    auth_ = made.address();
    return made;
  };
  batch_sync_config batches;
  batches.server = server;
  batches.limits.timeout = timeout;
  batches.limits.batch_events = options_.batch_events;
  batches.queue = queue_;
  batches.clock = clock_;
  batches.now = now;
  batches.random = random;
  watch.start_batch_sync = [=, this](caf::local_actor& parent, const transports& below) mutable {
    batches.auth = below.auth;
    batches.http = below.http;
    auto made = watched(parent.spawn(batch_sync, batches), "BATCH_SYNC");
    batch_sync_ = made.address();
    return made;
  };
  websocket_config socket;
  socket.server = server;
  socket.envelope = options_.envelope;
  socket.timeout = timeout;
  socket.queue = queue_;
  socket.open = hub_.factory(network_);
  socket.steady = steady;
  if (options_.background && options_.websocket)
    watch.start_websocket = [=, this](caf::local_actor& parent, const transports& below,
                                      const supervisor_actor& above) mutable {
      socket.auth = below.auth;
      socket.http = below.http;
      socket.supervisor = above;
      auto made = watched(parent.spawn(websocket, socket), "WEBSOCKET");
      websocket_ = made.address();
      return made;
    };
  return watch;
}

void node::start() {
  if (is_up())
    return;
  plan_.pid = first_pid + static_cast<pid_t>(++generation_);
  const os_plan_scope scope(&plan_);
  failed_ = ending_ = false;
  config_ = std::make_unique<config>();
  system_ = std::make_unique<caf::actor_system>(*config_);
  scheduler_ = &dynamic_cast<caf::scheduler::test_coordinator&>(system_->scheduler());
  advanced_to_ = around_.now;
  const auto now = [this] { return wall(); };
  real_queue_ =
      watched(system_->spawn(spec_kitty::queue, queue_config{store_settings(), now, {}}), "QUEUE");
  queue_ = options_.around_queue ? options_.around_queue(*system_, real_queue_) : real_queue_;
  clock_ = watched(system_->spawn(spec_kitty::clock, clock_config{home_, queue_, now}), "CLOCK");
  if (options_.around_clock)
    clock_ = options_.around_clock(*system_, clock_);
  supervisor_ = watched(system_->spawn(supervisor, wire()), "SUPERVISOR");
  for (const auto* actor : {caf::actor_cast<caf::abstract_actor*>(queue_),
                            caf::actor_cast<caf::abstract_actor*>(clock_)})
    actors_.push_back(actor->address());
}

void node::crash() {
  if (!is_up())
    return;
  const os_plan_scope scope(&plan_);
  ending_ = true;
  ++trouble;
  // QUEUE first: an actor that still sends it a message finds it gone.
  const auto end = [](const caf::actor_addr& address) {
    if (const auto strong = caf::actor_cast<caf::strong_actor_ptr>(address))
      caf::anon_send_exit(caf::actor_cast<caf::actor>(strong), caf::exit_reason::kill);
  };
  end(real_queue_.address());
  scheduler_->prioritize(real_queue_);
  while (caf::actor_cast<caf::strong_actor_ptr>(real_queue_.address()) && scheduler_->has_job() &&
         !caf::actor_cast<caf::abstract_actor*>(real_queue_)
              ->getf(caf::abstract_actor::is_terminated_flag)) {
    scheduler_->prioritize(real_queue_);
    scheduler_->run_once();
  }
  for (const auto& actor : std::vector(actors_))
    end(actor);
  real_queue_ = nullptr;
  queue_ = nullptr;
  clock_ = nullptr;
  supervisor_ = nullptr;
  scheduler_->run();
  actors_.clear();
  heard_.clear();
  reply_clock_ = 0;
  http_ = auth_ = batch_sync_ = websocket_ = caf::actor_addr{};
  scheduler_ = nullptr;
  system_.reset();
  config_.reset();
  hub_.forget(network_);
}

// ── Time ─────────────────────────────────────────────────────────────────────────────────────────

void node::run_job(std::size_t which) {
  auto& jobs = scheduler_->jobs;
  const auto at = jobs.begin() + static_cast<std::ptrdiff_t>(which);
  std::rotate(jobs.begin(), at, at + 1);
  if (const auto* actor = dynamic_cast<caf::abstract_actor*>(jobs.front()))
    around_.trace.note(actor->id());
  const os_plan_scope scope(&plan_);
  scheduler_->run_once();
}

std::optional<sim_time> node::next_timer() const {
  if (scheduler_ == nullptr)
    return std::nullopt;
  auto& clock = scheduler_->clock();
  if (clock.schedule().empty())
    return std::nullopt;
  const auto left = std::chrono::ceil<std::chrono::microseconds>(clock.schedule().begin()->first -
                                                                 clock.current_time);
  return advanced_to_ + std::max<sim_time>(left.count(), 0);
}

void node::advance(sim_time to) {
  const sim_time by = to - std::exchange(advanced_to_, to);
  if (scheduler_ == nullptr)
    return;
  const os_plan_scope scope(&plan_);
  scheduler_->advance_time(std::chrono::microseconds(by));
}

void node::kill(role part) {
  ++trouble;
  const caf::actor_addr& address = part == role::http         ? http_
                                   : part == role::auth       ? auth_
                                   : part == role::batch_sync ? batch_sync_
                                   : part == role::websocket  ? websocket_
                                                              : real_queue_.address();
  if (const auto strong = caf::actor_cast<caf::strong_actor_ptr>(address))
    caf::anon_send_exit(caf::actor_cast<caf::actor>(strong), caf::exit_reason::kill);
}

void node::hold_store(bool held) {
  ++trouble;
  held_ = unique_fd();
  if (!held)
    return;
  held_ = unique_fd(::open((home_ / "queue" / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (held_)
    (void)poll_lock(held_.get(), 0ms);
}

} // namespace spec_kitty::chaos::simulation
