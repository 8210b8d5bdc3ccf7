// The bytes of schema version 2: each row there and back, exact sizes, damage noticed.
#include "actors/queue/records.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace spec_kitty {
namespace {

ulid some_id(std::uint8_t first) {
  ulid id;
  for (std::size_t i = 0; i < id.bytes.size(); ++i)
    id.bytes[i] = static_cast<std::uint8_t>(first + i);
  return id;
}

event_record some_event() {
  event_record event;
  event.id = some_id(1);
  event.lamport = 0x0102030405060708;
  event.recorded_at = 1770000000000000;
  event.partition_id = 7;
  event.type = "WPCreated";
  event.head = R"({"event_id":"x")";
  event.tail = R"(,"payload":{}})";
  return event;
}

std::string bytes_of(const event_record& event) {
  std::string bytes(event.encoded_size(), '\0');
  event.encode(bytes.data());
  return bytes;
}

TEST(Records, AnEventComesBackAsItWas) {
  const auto event = some_event();
  const std::string bytes = bytes_of(event);
  const auto back = event_record::decode(bytes);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->id, event.id);
  EXPECT_EQ(back->lamport, event.lamport);
  EXPECT_EQ(back->recorded_at, event.recorded_at);
  EXPECT_EQ(back->partition_id, event.partition_id);
  EXPECT_EQ(back->type, event.type);
  EXPECT_EQ(back->head, event.head);
  EXPECT_EQ(back->tail, event.tail);
  EXPECT_EQ(back->json(), R"({"event_id":"x","payload":{}})");
}

TEST(Records, AnEventsHeaderIsWhereTheFormatSays) {
  const std::string bytes = bytes_of(some_event());
  ASSERT_EQ(bytes.size(), 48U + 9 + 15 + 14);
  EXPECT_EQ(bytes[0], 1) << "version";
  EXPECT_EQ(bytes[1], 9) << "length of the type";
  EXPECT_EQ(bytes[2], 15) << "length of the head, little-endian";
  EXPECT_EQ(bytes[4], 29) << "length of the JSON, little-endian";
  EXPECT_EQ(bytes[8], 1) << "ULID";
  EXPECT_EQ(bytes[24], 8) << "Lamport, little-endian";
  EXPECT_EQ(bytes[40], 7) << "team";
  EXPECT_EQ(bytes.substr(48, 9), "WPCreated");
}

TEST(Records, EveryFlippedBitOfAnEventIsNoticed) {
  const std::string bytes = bytes_of(some_event());
  for (std::size_t i = 0; i < bytes.size() * 8; ++i) {
    std::string damaged = bytes;
    damaged[i / 8] = static_cast<char>(damaged[i / 8] ^ (1 << i % 8));
    EXPECT_FALSE(event_record::decode(damaged)) << "bit " << i;
  }
}

TEST(Records, EveryShortOrLongEventIsNoticed) {
  const std::string bytes = bytes_of(some_event());
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(event_record::decode(std::string_view(bytes).substr(0, size))) << size;
  EXPECT_FALSE(event_record::decode(bytes + "x"));
}

TEST(Records, ASummaryComesBackAsItWas) {
  summary row;
  std::uint64_t n = 1000;
  for (auto* number : {&row.clock, &row.next_seq, &row.live, &row.bytes, &row.accepted, &row.acked,
                       &row.dead, &row.dropped, &row.lease_epoch})
    *number = ++n;
  row.last_ack_at = 1770000000000000;
  row.last_id = some_id(9);
  row.checked_on = some_id(8);
  const std::string bytes = row.encode();
  EXPECT_EQ(bytes.size(), 116U);
  const auto back = summary::decode(bytes);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->encode(), bytes);
  EXPECT_EQ(back->lease_epoch, n);
  EXPECT_FALSE(summary::decode(bytes.substr(0, 115)));
  EXPECT_FALSE(summary::decode(bytes + "x"));
  std::string flipped = bytes;
  flipped[16] ^= 1; // the events that wait
  EXPECT_FALSE(summary::decode(flipped));
}

TEST(Records, ASummaryOfAnOlderVersionBeganWithItsNumber) {
  summary row;
  row.clock = 7;
  row.last_id = some_id(9);
  const std::string older = encode_schema(2) + std::string(4, '\0') + row.encode().substr(0, 96);
  const auto read = summary::decode_older(older);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->encode(), row.encode());
  EXPECT_FALSE(summary::decode_older(older.substr(0, 103)));
  EXPECT_FALSE(summary::decode_older(older + "x"));
  EXPECT_FALSE(summary::decode_older("short"));
}

TEST(Records, ALanesKeyTellsTeamAndProject) {
  EXPECT_EQ(partition_key("team-a", ""), "team-a");
  const auto key = partition_key("team-a", "git:0123");
  EXPECT_EQ(team_of_partition(key), "team-a");
  EXPECT_EQ(project_of_partition(key), "git:0123");
  EXPECT_EQ(project_of_partition("team-a"), "");
  for (const std::string_view project : {"git:0123", ""}) {
    const auto further = further_partition_key("team-a", project, 0x00010200);
    EXPECT_EQ(team_of_partition(further), "team-a");
    EXPECT_EQ(project_of_partition(further), project);
    EXPECT_NE(further, further_partition_key("team-a", project, 2));
  }
}

TEST(Records, AChoiceThatIsUnknownKeepsAProjectsEventsHere) {
  project_record row{sharing::shared, "web"};
  EXPECT_EQ(project_record::decode(row.encode()).choice, sharing::shared);
  EXPECT_EQ(project_record::decode(row.encode()).name, "web");
  std::string later = row.encode();
  later[0] = 9;
  EXPECT_EQ(project_record::decode(later).choice, sharing::kept_here);
}

TEST(Records, OfTheSchemasRowOnlyTheNumberIsRead) {
  EXPECT_EQ(decode_schema(encode_schema(schema_version)), schema_version);
  EXPECT_EQ(decode_schema(encode_schema(schema_version + 1) + "anything"), schema_version + 1);
  EXPECT_EQ(decode_schema(encode_schema(last_schema_version)), last_schema_version);
  for (const std::uint32_t damaged : {std::uint32_t{0}, last_schema_version + 1})
    EXPECT_FALSE(decode_schema(encode_schema(damaged)));
  EXPECT_FALSE(decode_schema("abc"));
}

TEST(Records, APlaceAndACursorComeBackAsTheyWere) {
  const place_record place{some_id(1), 77};
  EXPECT_EQ(place_record::decode(place.encode()), place);
  EXPECT_FALSE(place.differs_from(place_record{}));
  EXPECT_FALSE(place.differs_from({some_id(1), 0}));
  EXPECT_TRUE(place.differs_from({some_id(2), 77}));
  EXPECT_TRUE(place.differs_from({some_id(1), 78}));
  EXPECT_EQ(place_record{}.or_else(place), place);
  cursor_record cursor{"https://sync.example:8443", "tea", some_id(2), 9, 10, 20, 3, 4, {}};
  cursor.known = {{9, some_id(3)}, {8, some_id(4)}};
  const auto back = cursor_record::decode(cursor.encode());
  ASSERT_TRUE(back);
  EXPECT_EQ(back->encode(), cursor.encode());
  EXPECT_EQ(back->known, cursor.known);
  EXPECT_EQ(back->origin, cursor.origin);
  EXPECT_FALSE(cursor_record::decode(cursor.encode() + "x"));
  EXPECT_FALSE(cursor_record::decode(cursor.encode().substr(0, 60)));
}

TEST(Records, AnEventIsSentAsItsPartitionsTeam) {
  const std::string head = render_head({"01ARZ3NDEKTSV4RRFFQ69G5FAV", 7, "0f1e2d3c4b5a"}, "local");
  event_record event;
  event.head = head;
  event.tail = R"(,"event_type":"X","payload":{"a":",\"team_slug\":"}})";
  EXPECT_EQ(event.json("local"), event.json());
  EXPECT_EQ(event.json("te\"a"),
            render_head({"01ARZ3NDEKTSV4RRFFQ69G5FAV", 7, "0f1e2d3c4b5a"}, "te\"a") +
                std::string(event.tail));
}

TEST(Records, AttemptsTeamsAndLeasesComeBackAsTheyWere) {
  const attempt_record attempts{3, 1, 10, 20, "no \0 way"};
  EXPECT_EQ(attempt_record::decode(attempts.encode()).encode(), attempts.encode());
  EXPECT_EQ(attempt_record::decode(attempts.encode()).last_error, attempts.last_error);

  const partition_record team{4, 1, 5, 6, 7, "forbidden"};
  EXPECT_EQ(partition_record::decode(team.encode()).encode(), team.encode());
  EXPECT_EQ(partition_record::decode(team.encode()).hold_reason, "forbidden");

  const lease_record lease{99, {1, 2, some_id(3)}, 4, {5, 6, 700}, 60};
  const auto back = lease_record::decode(lease.encode());
  ASSERT_TRUE(back);
  EXPECT_EQ(back->encode(), lease.encode());
  EXPECT_EQ(back->owner, lease.owner);
  EXPECT_EQ(back->positions, lease.positions);
  EXPECT_EQ(back->seconds, 60U);
}

TEST(Records, ALeaseThatLiesAboutItsLengthIsRefused) {
  std::string bytes = lease_record{99, {1, 2, some_id(3)}, 4, {5, 6, 700}, 60}.encode();
  EXPECT_FALSE(lease_record::decode(bytes.substr(0, bytes.size() - 1)));
  bytes[8 + 4 + 4 + 8 + 16] = '\xff'; // the number of positions
  EXPECT_FALSE(lease_record::decode(bytes));
  EXPECT_FALSE(lease_record::decode(""));
}

TEST(Records, ADeadLetterComesBackAsItWas) {
  dead_record dead;
  dead.attempts = {5, 0, 1, 2, "refused"};
  dead.reason = "max_retries";
  dead.record = bytes_of(some_event());
  const auto back = dead_record::decode(dead.encode());
  ASSERT_TRUE(back);
  EXPECT_EQ(back->reason, dead.reason);
  EXPECT_EQ(back->record, dead.record);
  EXPECT_EQ(back->attempts.tries, 5U);
  EXPECT_EQ(back->attempts.last_error, "refused");
  EXPECT_FALSE(dead_record::decode(dead.encode() + "x"));
  EXPECT_FALSE(dead_record::decode("x"));
}

TEST(Records, KeysSortAsTheirNumbersDo) {
  std::string last;
  for (const std::uint64_t seq :
       {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{255}, std::uint64_t{256},
        std::uint64_t{65536}, std::uint64_t{1} << 40, ~std::uint64_t{0}}) {
    const std::string key = position_key(seq);
    EXPECT_EQ(key.size(), 8U);
    EXPECT_TRUE(last.empty() || last < key) << seq;
    EXPECT_EQ(position_of(key), seq);
    EXPECT_EQ(position_of(team_queue_key(9, seq)), seq);
    last = key;
  }
  EXPECT_LT(team_queue_key(1, ~0ULL), team_queue_key(2, 0));
  EXPECT_LT(team_queue_key(255, 1), team_queue_key(256, 0));
  EXPECT_EQ(count_key("WPCreated"), "cWPCreated");
  EXPECT_EQ(decode_u64(encode_u64(1234567890123)), 1234567890123U);
  EXPECT_EQ(decode_u64("x"), 0U);
}

} // namespace
} // namespace spec_kitty
