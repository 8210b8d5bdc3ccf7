#include "actors/supervisor/drain_schedule.hpp"

#include "actors/batch_sync/pacing.hpp"

#include <algorithm>

namespace spec_kitty {

void drain_schedule::on_wakeup(wakeup_reason why) {
  wanted_ = true;
  if (why == wakeup_reason::events)
    return;
  blocked_ = false;
  not_before_ = milliseconds{0};
  failures_ = 0;
}

void drain_schedule::on_begin(milliseconds steady) {
  begun_ = steady;
  running_ = true;
  wanted_ = false;
}

void drain_schedule::on_end(const sync_report& report, milliseconds steady, epoch_us wall) {
  running_ = false;
  interval_from_ = steady;
  if (!report.stopped) {
    failures_ = 0;
    const bool was_backlog = report.batches > 1 && report.rejected == 0;
    not_before_ = report.batches == 0 || was_backlog ? steady : begun_ + gap_;
    return;
  }
  switch (report.stopped->code) {
  case ec::login_required:
  case ec::login_refused:
  case ec::upgrade_required:
    blocked_ = true;
    return;
  case ec::held:
    not_before_ = steady + hold_retry;
    break;
  default:
    not_before_ = steady + backoff_delay(++failures_, random_());
    if (report.retry_at > wall)
      not_before_ = std::max(not_before_, steady + milliseconds((report.retry_at - wall) / 1000));
    break;
  }
  wanted_ = true; // there is something to send, else nothing would have failed
}

std::optional<drain_schedule::milliseconds> drain_schedule::wait(milliseconds steady) const {
  if (running_ || blocked_)
    return std::nullopt;
  const milliseconds due =
      wanted_ ? not_before_ : std::max(not_before_, interval_from_ + interval_);
  return std::max(due - steady, milliseconds{0});
}

} // namespace spec_kitty
