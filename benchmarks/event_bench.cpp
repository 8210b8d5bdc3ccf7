// Pure work per event: validate, encode, ULID.
#include "benchmarks/bench_support.hpp"
#include "messages/ulid.hpp"
#include "messages/validate.hpp"

#include <benchmark/benchmark.h>
#include <sys/random.h>

namespace spec_kitty::bench {
namespace {

void validate_ours(benchmark::State& state) {
  const std::string text = typical_event();
  for (auto _ : state) {
    const auto event = parse_json(text);
    auto wrong = validate_event(*event);
    benchmark::DoNotOptimize(wrong);
  }
}

void validate_floor(benchmark::State& state) {
  const std::string text = typical_event();
  for (auto _ : state) {
    rapidjson::Document document;
    document.Parse(text.data(), text.size());
    benchmark::DoNotOptimize(document);
  }
}

void encode_ours(benchmark::State& state) {
  const auto draft = typical_draft();
  const event_stamp stamp{"01ARZ3NDEKTSV4RRFFQ69G5FAV", 12345, "0123456789ab"};
  for (auto _ : state) {
    auto head = render_head(stamp, draft.team_slug);
    auto tail = render_tail(draft);
    benchmark::DoNotOptimize(head);
    benchmark::DoNotOptimize(tail);
  }
}

/// The same thirteen members through RapidJSON's writer in one piece.
void encode_floor(benchmark::State& state) {
  const auto draft = typical_draft();
  for (auto _ : state) {
    json_buffer buffer;
    json_writer out(buffer);
    const auto member = [&](const char* name, const std::string& text) {
      out.Key(name);
      out.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
    };
    out.StartObject();
    member("event_id", "01ARZ3NDEKTSV4RRFFQ69G5FAV");
    out.Key("lamport_clock");
    out.Uint64(12345);
    member("node_id", "0123456789ab");
    member("team_slug", draft.team_slug);
    member("event_type", draft.event_type);
    member("aggregate_id", draft.aggregate_id);
    member("aggregate_type", draft.aggregate_type);
    out.Key("payload");
    out.RawValue(draft.payload.data(), draft.payload.size(), rapidjson::kObjectType);
    out.Key("causation_id");
    out.Null();
    member("timestamp", draft.timestamp);
    member("project_uuid", *draft.project_uuid);
    member("project_slug", *draft.project_slug);
    out.EndObject();
    benchmark::DoNotOptimize(buffer.GetString());
  }
}

void ulid_ours(benchmark::State& state) {
  ulid last;
  for (auto _ : state) {
    last = next_ulid(last, 1770000000000, draw_randomness());
    auto text = to_string(last);
    benchmark::DoNotOptimize(text);
  }
}

void ulid_floor(benchmark::State& state) {
  ulid_randomness random{};
  for (auto _ : state) {
    auto got = ::getrandom(random.data(), random.size(), 0);
    benchmark::DoNotOptimize(got);
  }
}

BENCHMARK(validate_ours)->Name("validate/ours");
BENCHMARK(validate_floor)->Name("validate/floor (RapidJSON parse)");
BENCHMARK(encode_ours)->Name("encode/ours");
BENCHMARK(encode_floor)->Name("encode/floor (RapidJSON writer)");
BENCHMARK(ulid_ours)->Name("ulid/ours");
BENCHMARK(ulid_floor)->Name("ulid/floor (getrandom)");

} // namespace
} // namespace spec_kitty::bench
