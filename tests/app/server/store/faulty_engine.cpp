#include "tests/app/server/store/faulty_engine.hpp"

#include <atomic>
#include <map>
#include <mutex>
#include <set>

namespace spec_kitty::server::store::testing {

namespace {

class faulty_engine : public engine {
public:
  faulty_engine(std::unique_ptr<engine> sound, engine_fault fault)
      : fault_(fault), sound_(std::move(sound)) {}

  void commit(std::vector<batch> submission, deadline until, callback<committed> done) override {
    if (fault_ == engine_fault::acknowledges_without_storing && ++commits_ % 5 == 0) {
      done(invented(submission));
      return;
    }
    if (fault_ == engine_fault::mixes_teams)
      for (auto& part : submission)
        drop_ids_of_other_teams(part);
    if (fault_ == engine_fault::forgets_deadlines)
      until = deadline::max();
    sound_->commit(std::move(submission), until,
                   [this, done = std::move(done)](result<committed> answer) {
                     if (answer)
                       falsify_verdicts(*answer);
                     if (fault_ == engine_fault::answers_twice)
                       done(answer);
                     done(std::move(answer));
                   });
  }
  void read(team_id team, sequence after, page_limits limits, deadline until,
            callback<page> done) override {
    if (fault_ == engine_fault::ignores_byte_bound)
      limits.bytes = std::size_t{1} << 30;
    sound_->read(team, after, limits, until, [this, done = std::move(done)](result<page> answer) {
      if (fault_ == engine_fault::skips_events && answer && answer->events.size() > 1 &&
          answer->through < answer->head.head)
        answer->events.pop_back();
      done(std::move(answer));
    });
  }
  void watch(hint_listener listener) override {
    if (fault_ != engine_fault::hints_ahead || !listener) {
      sound_->watch(std::move(listener));
      return;
    }
    sound_->watch([listener = std::move(listener)](std::vector<team_head> news) {
      for (auto& head : news)
        ++head.head;
      listener(news);
    });
  }
  void find(team_id team, const ulid& id, deadline until, callback<found_event> done) override {
    sound_->find(team, id, until, std::move(done));
  }
  void heads(std::vector<team_id> teams, deadline until,
             callback<std::vector<team_head>> done) override {
    sound_->heads(std::move(teams), until, std::move(done));
  }
  void take_texts(team_id team, epoch_us before, callback<texts_taken> done) override {
    sound_->take_texts(team, before, std::move(done));
  }
  void erase(team_id team, sequence seq, change_note note, callback<void> done) override {
    sound_->erase(team, seq, std::move(note), std::move(done));
  }
  void remove_team(team_id team, change_note note, callback<void> done) override {
    sound_->remove_team(team, std::move(note), std::move(done));
  }
  accounts& directory() override { return sound_->directory(); }
  void backup(std::filesystem::path file, callback<void> done) override {
    sound_->backup(std::move(file), std::move(done));
  }
  void check(callback<check_report> done) override { sound_->check(std::move(done)); }
  health look() const override { return sound_->look(); }
  store_stats stats() const override { return sound_->stats(); }
  void stop(deadline until) override { sound_->stop(until); }

private:
  static committed invented(const std::vector<batch>& submission) {
    committed out;
    for (const auto& part : submission) {
      auto& verdicts = out.batches.emplace_back();
      for (const auto& event : part.events)
        verdicts.push_back({verdict::stored, 1, event.lamport});
    }
    return out;
  }
  void drop_ids_of_other_teams(batch& part) {
    const std::lock_guard hold(guard_);
    std::erase_if(part.events, [&](const new_event& event) {
      return team_of_id_.try_emplace(event.id, part.team).first->second != part.team;
    });
  }
  void falsify_verdicts(committed& answer) const {
    for (std::size_t i = 0; i < answer.batches.size(); ++i)
      for (auto& event : answer.batches[i]) {
        if (fault_ == engine_fault::renumbers_duplicates && event.what == verdict::duplicate)
          event.seq = answer.heads.front().head + 1;
        if (fault_ == engine_fault::takes_other_texts_as_equal && event.what == verdict::differs)
          event.what = verdict::duplicate;
        if (fault_ == engine_fault::takes_behind_as_new && event.what == verdict::behind)
          event.what = verdict::stored;
      }
  }

  engine_fault fault_;
  std::atomic<std::size_t> commits_{0};
  std::mutex guard_;
  std::map<ulid, team_id> team_of_id_;
  std::unique_ptr<engine> sound_; // ends first: its callbacks use the rest
};

} // namespace

std::string_view name_of(engine_fault fault) {
  switch (fault) {
  case engine_fault::acknowledges_without_storing:
    return "AcknowledgesWithoutStoring";
  case engine_fault::mixes_teams:
    return "MixesTeams";
  case engine_fault::renumbers_duplicates:
    return "RenumbersDuplicates";
  case engine_fault::takes_other_texts_as_equal:
    return "TakesOtherTextsAsEqual";
  case engine_fault::skips_events:
    return "SkipsEvents";
  case engine_fault::ignores_byte_bound:
    return "IgnoresTheByteBound";
  case engine_fault::answers_twice:
    return "AnswersTwice";
  case engine_fault::forgets_deadlines:
    return "ForgetsDeadlines";
  case engine_fault::hints_ahead:
    return "HintsAhead";
  case engine_fault::takes_behind_as_new:
    return "TakesBehindAsNew";
  }
  return "";
}

std::unique_ptr<engine> with_fault(std::unique_ptr<engine> sound, engine_fault fault) {
  return std::make_unique<faulty_engine>(std::move(sound), fault);
}

} // namespace spec_kitty::server::store::testing
