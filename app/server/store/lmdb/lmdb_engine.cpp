#include "app/server/store/lmdb/lmdb_engine.hpp"

#include "app/server/store/lmdb/backup.hpp"
#include "app/server/store/lmdb/check.hpp"
#include "app/server/store/lmdb/reads.hpp"
#include "app/server/store/lmdb/retention.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <utility>

namespace spec_kitty::server::store {

namespace {

constexpr unsigned reader_threads = 2;
constexpr std::size_t max_waiting_maintenance = 4;
/// What an operator asks for may take as long as it takes.
constexpr auto no_deadline = deadline::max();

failure too_many_reads() {
  return {ec::store_busy, "too many reads wait", "try again in a second"};
}

/// What no engine takes.
result<void> check_submission(const std::vector<batch>& submission, std::size_t events) {
  if (events > max_group_events)
    return failure{
        ec::bad_input, "a submission of " + count_of(events, "event") + " is too large", {}};
  for (const auto& part : submission)
    for (const auto& event : part.events)
      if (event.node.size() > max_node_bytes)
        return failure{ec::bad_input, "a node id is too long", {}};
  return {};
}

epoch_us newest_received_of(const lmdb_txn& txn, const store_tables& tables) {
  epoch_us newest = 0;
  lmdb_cursor cursor(txn, tables.heads);
  for (bool more = cursor.first(); more; more = cursor.next())
    newest = std::max(newest, decode_head(cursor.value()).newest_received);
  return newest;
}

} // namespace

lmdb_engine::lmdb_engine(std::unique_ptr<lmdb_environment> env, const lmdb_options& options)
    : env_(std::move(env)), writer_(*env_, options.max_waiting_bytes),
      directory_(*env_, writer_, deadlines_, options.patience),
      readers_(reader_threads, options.max_waiting_reads),
      maintenance_(1, max_waiting_maintenance) {
  const auto newest =
      env_->read([&](const lmdb_txn& txn) { return newest_received_of(txn, env_->tables()); });
  newest_received_ = newest ? *newest : 0;
  const auto left =
      env_->read([&](const lmdb_txn& txn) { return teams_to_purge(txn, env_->tables()); });
  if (left)
    for (const team_id team : *left)
      purge(team, {});
}

lmdb_engine::~lmdb_engine() {
  stop(std::chrono::steady_clock::now());
}

void lmdb_engine::commit(std::vector<batch> submission, deadline until, callback<committed> done) {
  waiting_submission waiting;
  epoch_us newest = 0;
  for (const auto& part : submission) {
    waiting.events += part.events.size();
    waiting.bytes += bytes_of(part);
    newest = std::max(newest, part.received_at);
  }
  auto checked = check_submission(submission, waiting.events);
  waiting.batches = std::move(submission);
  const auto reply = pending<committed>::make(
      [this, newest, done = std::move(done)](result<committed> answer) {
        if (answer && newest > newest_received_.load())
          newest_received_ = newest;
        done(std::move(answer));
      },
      until, deadlines_);
  waiting.reply = reply;
  if (checked)
    checked = writer_.submit(std::move(waiting));
  if (!checked)
    reply->settle(checked.error());
}

template <class T, class F>
void lmdb_engine::read_with(deadline until, callback<T> done, F work) {
  const auto reply = pending<T>::make(std::move(done), until, deadlines_);
  const bool taken = readers_.post([this, reply, work = std::move(work)] {
    if (reply->is_settled())
      return;
    thread_local block_codec codec;
    const block_reader blocks{codec, blocks_};
    auto read = env_->read([&](const lmdb_txn& txn) { return work(txn, blocks); });
    if (read)
      reply->settle(std::move(*read));
    else
      reply->settle(read.error());
  });
  if (!taken)
    reply->settle(stopping_ ? store_is_stopping() : too_many_reads());
}

void lmdb_engine::read(team_id team, sequence after, page_limits limits, deadline until,
                       callback<page> done) {
  read_with<page>(until, std::move(done),
                  [this, team, after, limits](const lmdb_txn& txn, const block_reader& blocks) {
                    return read_page(txn, env_->tables(), blocks, team, after, limits);
                  });
}

void lmdb_engine::find(team_id team, const ulid& id, deadline until, callback<found_event> done) {
  read_with<found_event>(until, std::move(done),
                         [this, team, id](const lmdb_txn& txn, const block_reader& blocks) {
                           return find_event(txn, env_->tables(), blocks, team, id);
                         });
}

void lmdb_engine::heads(std::vector<team_id> teams, deadline until,
                        callback<std::vector<team_head>> done) {
  using all_heads = std::vector<team_head>;
  read_with<all_heads>(until, std::move(done),
                       [this, teams = std::move(teams)](const lmdb_txn& txn, const block_reader&) {
                         return result<all_heads>(read_heads(txn, env_->tables(), teams));
                       });
}

void lmdb_engine::watch(hint_listener listener) {
  writer_.watch(std::move(listener));
}

template <class T, class F>
void lmdb_engine::change_with(callback<T> done, F work) {
  const auto reply = pending<T>::make(std::move(done), no_deadline, deadlines_);
  const auto taken = writer_.post([this, reply, work = std::move(work)] {
    if (!reply->is_settled())
      reply->settle(env_->write(work));
  });
  if (!taken)
    reply->settle(taken.error());
}

void lmdb_engine::take_texts(team_id team, epoch_us received_before, callback<texts_taken> done) {
  change_with<texts_taken>(std::move(done), [this, team, received_before](lmdb_txn& txn) {
    return take_old_texts(txn, env_->tables(), team, received_before);
  });
}

void lmdb_engine::erase(team_id team, sequence seq, change_note note, callback<void> done) {
  change_with<void>(std::move(done), [this, team, seq, note = std::move(note)](lmdb_txn& txn) {
    return erase_text(txn, env_->tables(), writer_.codec(), team, seq, note);
  });
}

void lmdb_engine::remove_team(team_id team, change_note note, callback<void> done) {
  change_with<void>(
      [this, team, done = std::move(done)](result<void> removed) {
        if (removed)
          purge(team, {});
        done(std::move(removed));
      },
      [this, team, note = std::move(note)](lmdb_txn& txn) {
        return remove_team_rows(txn, env_->tables(), team, note);
      });
}

void lmdb_engine::purge(team_id team, std::string resume) {
  writer_.post_own([this, team, resume = std::move(resume)]() mutable {
    const auto done = env_->write([&](lmdb_txn& txn) {
      return purge_some(txn, env_->tables(), writer_.codec(), team, resume);
    });
    // After a failure the rest is removed when the store is opened next.
    if (done && !*done)
      purge(team, std::move(resume));
  });
}

void lmdb_engine::backup(std::filesystem::path file, callback<void> done) {
  const auto reply = pending<void>::make(std::move(done), no_deadline, deadlines_);
  const bool taken = maintenance_.post(
      [this, reply, file = std::move(file)] { reply->settle(copy_store(*env_, file)); });
  if (!taken)
    reply->settle(stopping_ ? store_is_stopping() : too_many_reads());
}

void lmdb_engine::check(callback<check_report> done) {
  const auto reply = pending<check_report>::make(std::move(done), no_deadline, deadlines_);
  const bool taken = maintenance_.post([this, reply] {
    auto checked = env_->read(
        [&](const lmdb_txn& txn) { return check_store(txn, env_->tables(), stopping_); });
    if (checked)
      reply->settle(std::move(*checked));
    else
      reply->settle(checked.error());
  });
  if (!taken)
    reply->settle(stopping_ ? store_is_stopping() : too_many_reads());
}

health lmdb_engine::look() const {
  const auto trouble = env_->last_trouble();
  health out;
  out.writable = !trouble && !stopping_;
  if (trouble)
    out.trouble =
        trouble->hint.empty() ? trouble->message : trouble->message + "; " + trouble->hint;
  out.newest_received = newest_received_;
  return out;
}

store_stats lmdb_engine::stats() const {
  store_stats out = writer_.stats();
  out.used_bytes = env_->used_bytes();
  out.file_bytes = env_->file_bytes();
  return out;
}

void lmdb_engine::stop(deadline until) {
  stopping_ = true;
  writer_.drain(until);
  deadlines_.expire_all(store_is_stopping());
  writer_.stop();
  readers_.stop();
  maintenance_.stop();
  deadlines_.expire_all(store_is_stopping());
}

result<std::unique_ptr<engine>> open_lmdb_engine(const lmdb_options& options) {
  if (auto trusted = check_state_folder(options.state); !trusted)
    return trusted.error();
  auto env = lmdb_environment::open(options.state / store_folder_name, options.map_bytes,
                                    opening::existing);
  if (!env)
    return env.error();
  return std::unique_ptr<engine>(std::make_unique<lmdb_engine>(std::move(*env), options));
}

} // namespace spec_kitty::server::store
