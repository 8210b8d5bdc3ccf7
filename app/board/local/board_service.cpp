#include "app/board/local/board_service.hpp"

#include "app/board/api/replies.hpp"
#include "app/board/local/retry.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>
#include <thread>
#include <utility>

namespace spec_kitty::board {

using listener::error_reply;
using listener::inbound_request;
using listener::outbound_reply;

namespace {

constexpr epoch_us second = 1'000'000;
/// A command changes several files: what follows within this time is read together.
constexpr epoch_us gathering = second / 50;
/// Where changes follow without a pause, reading takes at most a third of the time.
constexpr epoch_us max_gathering = second;
constexpr epoch_us tick_interval = 20 * second;
/// One feature in turn is read so often, for file systems that notify of nothing.
constexpr epoch_us look_interval = 5 * second;
constexpr epoch_us look_interval_without_watch = second / 10;

std::filesystem::path queue_of(const std::optional<home_view>& home) {
  return home ? home->home.path / "queue" / "env" : std::filesystem::path();
}

} // namespace

board_service::board_service(workflow::repository repo, std::optional<home_view> home,
                             std::string token)
    : board_(std::move(repo), std::move(home)), token_(std::move(token)),
      hub_([this](const json_value& hello) {
        const auto given = text_of(hello, "token");
        return given && is_same_secret(*given, token_);
      }),
      watch_(board_.repo().checkout / "kitty-specs", queue_of(board_.home())),
      wake_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}

listener::listener_handlers board_service::handlers() {
  listener::listener_handlers all;
  all.on_request = [this](inbound_request request, const listener::reply_callback& reply) {
    on_request(std::move(request), reply);
  };
  all.on_upgrade = [this](const inbound_request& request, const listener::upgrade_callback& reply) {
    on_upgrade(request, reply);
  };
  return all;
}

void board_service::post(std::function<void()> task) {
  {
    const std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
  }
  const std::uint64_t more = 1;
  (void)!::write(wake_.get(), &more, sizeof more);
}

void board_service::run_tasks() {
  std::uint64_t count = 0;
  (void)!::read(wake_.get(), &count, sizeof count);
  std::deque<std::function<void()>> tasks;
  {
    const std::lock_guard lock(mutex_);
    tasks.swap(tasks_);
  }
  for (const auto& task : tasks)
    task();
}

void board_service::on_request(inbound_request request, const listener::reply_callback& reply) {
  const bool is_page = request.path == "/" && request.method == "GET";
  auto refused = is_page ? refuse_page(request, guard()) : refuse(request, guard());
  const bool is_get = request.method == "GET";
  const std::string dead = dead_letter_in(request.path);
  if (!refused && !is_get && (dead.empty() || request.method != "POST"))
    refused = error_reply(405, "method_not_allowed", "this is only read", request.id);
  if (refused) {
    add_safe_headers(*refused);
    reply(std::move(*refused));
    return;
  }
  const auto finish =
      [reply, accepted = std::string(request.header("accept-encoding"))](outbound_reply answered) {
        add_safe_headers(answered);
        compress(answered, accepted);
        reply(std::move(answered));
      };
  if (is_page) { // needs nothing of the board, which may still be read
    const auto port = std::to_string(port_);
    finish(page_reply("ws://127.0.0.1:" + port + " ws://localhost:" + port));
    return;
  }
  if (request.path == "/board/home") {
    outbound_reply home;
    home.body = R"({"v":1,"home":"local"})";
    finish(std::move(home));
    return;
  }
  auto work = [this, request = std::move(request), finish, dead, is_get] {
    finish(is_get ? answer(board_, request) : retry_dead_letter(board_.home(), dead, request.id));
    if (!is_get)
      read_changes({{}, false, true});
  };
  post([this, work = std::move(work)]() mutable {
    if (has_queue_)
      work();
    else
      waiting_.push_back(std::move(work));
  });
}

void board_service::on_upgrade(const inbound_request& request,
                               const listener::upgrade_callback& reply) {
  if (auto refused = refuse_stream(request, guard())) {
    add_safe_headers(*refused);
    reply(listener::upgrade_answer(std::move(*refused)));
    return;
  }
  const auto stream = std::make_shared<open_stream>();
  listener::websocket_events events;
  events.on_open = [this, stream](std::shared_ptr<listener::websocket_channel> channel) {
    post([this, stream, channel = std::move(channel)] {
      stream->channel = channel;
      stream->since = steady_now();
      hub_.open(stream);
    });
  };
  events.on_message = [this, stream](listener::websocket_message message) {
    post(
        [this, stream, message = std::move(message)] { hub_.heard(stream, message.text, board_); });
  };
  events.on_closed = [this, stream](const listener::websocket_end&) {
    post([this, stream] { hub_.closed(stream); });
  };
  reply(listener::upgrade_answer(std::move(events)));
}

void board_service::read_features() {
  board_.read_features();
  board_.read_delivery();
  watch_.follow(board_.slugs());
  hub_.publish(board_, 0);
}

/// From a thread of its own.
void board_service::read_slow_sources() {
  if (const auto& home = board_.home()) {
    const auto queue = std::make_shared<result<home_reading>>(
        read_home_from_beginning(*home, board_.project_uuid()));
    post([this, queue] { take_queue(std::move(*queue)); });
  } else {
    post([this] { take_queue(failure{}); });
  }
  const auto commits = std::make_shared<git_moves>(read_git_moves(board_.repo()));
  post([this, commits] {
    board_.take_commits(std::move(*commits));
    hub_.publish(board_, board_.settle());
  });
}

void board_service::take_queue(result<home_reading> read) {
  if (board_.home())
    board_.take_home_events(std::move(read));
  (void)board_.settle();
  hub_.begin_after(board_);
  hub_.publish(board_, 0);
  has_queue_ = true;
  for (const auto& work : std::exchange(waiting_, {}))
    work();
  if (queue_changed_)
    read_changes({{}, false, true});
}

/// The next feature in turn; after the last one, whether features came or went, and the queue.
void board_service::read_next() {
  const auto slugs = board_.slugs();
  const auto next = std::upper_bound(slugs.begin(), slugs.end(), looked_at_);
  if (next != slugs.end()) {
    looked_at_ = *next;
    read_changes({{*next}, false, false});
  } else {
    looked_at_.clear();
    read_changes({{}, true, true});
  }
}

void board_service::read_changes(const source_changes& changes) {
  bool differs = changes.queue || (changes.feature_list && board_.read_feature_list());
  for (const auto& slug : changes.features)
    differs = board_.read_one_feature(slug) || differs;
  if (changes.queue && has_queue_)
    board_.read_home_events();
  queue_changed_ = queue_changed_ || (changes.queue && !has_queue_);
  watch_.follow(board_.slugs()); // a folder may have been made, or made anew
  if (differs)
    hub_.publish(board_, board_.settle());
}

void board_service::run(int signals) {
  read_features();
  std::thread slow([this] { read_slow_sources(); });
  serve(signals);
  slow.join();
}

void board_service::serve(int signals) {
  source_changes changes;
  epoch_us cost = 0; ///< what reading took last
  epoch_us due = 0;  ///< when `changes` are read; 0: not at all
  epoch_us next_tick = steady_now() + tick_interval;
  const epoch_us interval = watch_.descriptor() < 0 ? look_interval_without_watch : look_interval;
  epoch_us next_look = steady_now() + interval;
  for (;;) {
    const epoch_us now = steady_now();
    if (due != 0 && now >= due) {
      read_changes(std::exchange(changes, {}));
      cost = steady_now() - now;
      due = 0;
    } else if (now >= next_look) {
      read_next();
      next_look = steady_now() + interval;
    } else if (now >= next_tick) {
      hub_.publish(board_, board_.settle()); // what only time changes
      hub_.tick();
      next_tick = now + tick_interval;
    }
    const epoch_us until = std::min({due == 0 ? next_look : due, next_look, next_tick});
    std::array<pollfd, 3> list = {
        {{signals, POLLIN, 0}, {wake_.get(), POLLIN, 0}, {watch_.descriptor(), POLLIN, 0}}};
    const auto wait = std::max<epoch_us>(0, until - steady_now()) / 1000 + 1;
    (void)::poll(list.data(), list.size(), static_cast<int>(wait));
    if (list[0].revents != 0)
      return;
    if (list[1].revents != 0)
      run_tasks();
    if (list[2].revents != 0) {
      auto more = watch_.take();
      changes.features.merge(more.features);
      changes.feature_list = changes.feature_list || more.feature_list;
      changes.queue = changes.queue || more.queue;
      if (due == 0 && changes.any())
        due = steady_now() + std::clamp(2 * cost, gathering, max_gathering);
    }
  }
}

} // namespace spec_kitty::board
