// What can be read: pages, bounds, heads, single events; beside a writer.
#include "tests/app/server/store/engine_contract.hpp"

#include <atomic>
#include <thread>

namespace spec_kitty::server::store::testing {

namespace {

/// Contiguous from after + 1: each number is an event or lies in a gap.
void expect_contiguous(property_run& run, const page& got, sequence after) {
  sequence next = after + 1;
  std::size_t gap = 0;
  std::size_t event = 0;
  while (event < got.events.size() || gap < got.gaps.size()) {
    if (gap < got.gaps.size() && got.gaps[gap].from == next) {
      next = got.gaps[gap++].to + 1;
    } else if (event < got.events.size() && got.events[event].seq == next) {
      ++event;
      ++next;
    } else {
      run.expect(false, "a page has nothing for number " + std::to_string(next));
      return;
    }
  }
  run.expect(got.through + 1 == next, "a page does not end where it says");
}

void a_page_is_contiguous_and_bounded(property_run& run) {
  const team_id team = new_team(run.on(), "team");
  (void)commit(run.on(), team, samples(1, 1000));
  const std::size_t size = text_of(500).size();
  for (const sequence after : {0UL, 1UL, 255UL, 256UL, 257UL, 700UL, 999UL, 1000UL}) {
    for (const std::size_t limit : {1UL, 10UL, 256UL, 5000UL}) {
      const auto got = read(run.on(), team, after, {limit, std::size_t{1} << 20});
      run.expect(got.ok(), "a page cannot be read");
      if (!got)
        continue;
      expect_contiguous(run, *got, after);
      run.expect(got->events.size() == std::min<std::size_t>(limit, 1000 - after),
                 "a page has more or fewer events than it may");
    }
    const auto small = read(run.on(), team, after, {1000, 3 * size});
    run.expect(small && (after == 1000 ? small->events.empty()
                                       : small->events.size() >= 1 && small->events.size() <= 4),
               "a page is not bounded in bytes");
  }
  const auto beyond = read(run.on(), team, 5000);
  run.expect(beyond && beyond->events.empty() && beyond->through == 1000,
             "a page beyond the newest event has events");
}

void an_event_larger_than_the_bound_is_returned_alone(property_run& run) {
  const team_id team = new_team(run.on(), "team");
  std::vector<sample> events = samples(1, 3);
  events[1].text.assign(50'000, 'x');
  (void)commit(run.on(), team, events);
  const auto got = read(run.on(), team, 1, {10, 1000});
  run.expect(got && got->events.size() == 1 && got->events[0].text.size() == 50'000,
             "an event larger than the bound cannot be read");
}

void heads_count_the_events(property_run& run) {
  const team_id team = new_team(run.on(), "team");
  const team_id empty = new_team(run.on(), "empty");
  const auto events = samples(1, 42);
  (void)commit(run.on(), team, events);
  std::size_t bytes = 0;
  for (const auto& event : events)
    bytes += event.text.size();
  const auto got = heads(run.on(), {team, empty, team + 99});
  run.expect(got && got->size() == 2, "heads of two teams are not two");
  if (got && got->size() == 2) {
    run.expect((*got)[0] == team_head{team, 42, 1, 42, bytes}, "the head of a team is wrong");
    run.expect((*got)[1] == team_head{empty, 0, 1, 0, 0}, "the head of an empty team is wrong");
  }
  const auto all = heads(run.on(), {});
  run.expect(all && all->size() == 2, "the heads of all teams are not two");
}

void an_event_is_found_by_its_id(property_run& run) {
  const team_id team = new_team(run.on(), "team");
  const team_id other = new_team(run.on(), "other");
  (void)commit(run.on(), team, samples(1, 300));
  for (const std::uint64_t number : {1UL, 256UL, 257UL, 300UL}) {
    const auto got = find(run.on(), team, number);
    run.expect(got && got->seq == number && got->lamport == number && got->has_text &&
                   got->text == text_of(number) && got->account == 1,
               "an event is not found by its id");
  }
  const auto foreign = find(run.on(), other, 1);
  run.expect(!foreign && foreign.error().code == ec::not_found, "another team's event is found");
  const auto unknown = find(run.on(), team, 301);
  run.expect(!unknown && unknown.error().code == ec::not_found, "an unknown event is found");
}

void sender_and_time_stand_beside_the_text(property_run& run) {
  const team_id team = new_team(run.on(), "team");
  std::vector<batch> submission;
  submission.push_back(batch_of(team, samples(1, 2), 7, 123'456));
  submission.push_back(batch_of(team, samples(3, 2), 9, 234'567));
  (void)commit(run.on(), std::move(submission));
  const auto got = read(run.on(), team, 0);
  run.expect(got && got->events.size() == 4, "the events cannot be read");
  if (!got || got->events.size() != 4)
    return;
  for (std::size_t i = 0; i < 4; ++i) {
    const account_id account = i < 2 ? 7 : 9;
    run.expect(got->events[i].account == account && got->events[i].sender == id_of(account) &&
                   got->events[i].received_at == (i < 2 ? 123'456 : 234'567),
               "what stands beside a text is wrong");
  }
}

void a_reader_beside_a_writer_never_sees_a_hole(property_run& run) {
  const team_id team = new_team(run.on(), "team");
  std::atomic<bool> done{false};
  std::vector<std::thread> readers;
  for (int i = 0; i < 8; ++i)
    readers.emplace_back([&] {
      sequence after = 0;
      sequence highest = 0;
      for (bool is_last = false; !is_last || after < highest;) {
        is_last = done;
        const auto got = read(run.on(), team, after, {64, std::size_t{1} << 20});
        if (!got) {
          run.expect(false, "a page cannot be read beside a writer");
          return;
        }
        expect_contiguous(run, *got, after);
        run.expect(got->head.head >= highest, "the head went back");
        highest = std::max(highest, got->head.head);
        for (const auto& event : got->events)
          run.expect(event.text == text_of(event.seq), "a page shows another event's text");
        after = got->through;
      }
      run.expect(after == 1500, "a reader missed the end");
    });
  for (std::uint64_t number = 1; number <= 1500; number += 15)
    (void)commit(run.on(), team, samples(number, 15));
  done = true;
  for (auto& reader : readers)
    reader.join();
}

void a_team_that_does_not_exist_is_not_found(property_run& run) {
  const auto got = read(run.on(), 99, 0);
  run.expect(!got && got.error().code == ec::not_found, "a page of a team that does not exist");
  const auto event = find(run.on(), 99, 1);
  run.expect(!event && event.error().code == ec::not_found, "an event of a team that is not there");
}

} // namespace

std::vector<engine_property> read_properties() {
  return {
      {"a page is contiguous and bounded", a_page_is_contiguous_and_bounded},
      {"an event larger than the bound is returned alone",
       an_event_larger_than_the_bound_is_returned_alone},
      {"heads count the events", heads_count_the_events},
      {"an event is found by its id", an_event_is_found_by_its_id},
      {"sender and time stand beside the text", sender_and_time_stand_beside_the_text},
      {"a reader beside a writer never sees a hole", a_reader_beside_a_writer_never_sees_a_hole},
      {"a team that does not exist is not found", a_team_that_does_not_exist_is_not_found},
  };
}

} // namespace spec_kitty::server::store::testing
