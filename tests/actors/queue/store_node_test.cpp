// A home that was copied counts under a node id of its own.
#include "actors/queue/schema.hpp"
#include "tests/actors/queue/store_fixture.hpp"

namespace spec_kitty {
namespace {

namespace fs = std::filesystem;

struct StoreNode : StoreTest {
  /// A copy of the home, in a folder of its own.
  fs::path copied(const std::string& name) const {
    const auto copy = folder_.path() / name;
    fs::copy(home_, copy, fs::copy_options::recursive);
    fs::permissions(copy, fs::perms::owner_all);
    return copy;
  }
  /// Opens a home for writing; its changes of node ids go to `changes_`.
  store open_at(const fs::path& home, open_mode mode = open_mode::write) {
    auto where = options();
    where.home = home;
    where.on_new_node = [this](const node_change& change) { changes_.push_back(change); };
    auto opened = store::open(where, mode);
    EXPECT_TRUE(opened) << (opened ? "" : opened.error().message);
    return std::move(*opened);
  }
  void set_place(const fs::path& home, const place_record& place) {
    environment_options where;
    where.folder = home / "queue";
    const auto env = environment::open(where, open_mode::write, {});
    ASSERT_TRUE(env);
    ASSERT_TRUE((*env)->write([&](lmdb_txn& txn, const store_tables& tables) {
      txn.put(tables.main, place_key, place.encode());
      return true;
    }));
  }
  static std::string node_in(const std::string& json) {
    const auto event = parse_json(json);
    return event ? text_of(*event, "node_id").value_or("") : "damaged";
  }

  std::vector<node_change> changes_;
};

TEST_F(StoreNode, ACopyGetsANodeIdOfItsOwnOnce) {
  std::string before;
  {
    auto queue = open();
    before = queue.node_id();
    append(queue, 2);
  }
  const auto copy = copied("copy");
  {
    const auto read = open_at(copy, open_mode::read);
    EXPECT_EQ(read.node_id(), before) << "a reader changes nothing";
  }
  std::string now;
  {
    auto queue = open_at(copy);
    now = queue.node_id();
    EXPECT_NE(now, before);
    EXPECT_EQ(queue.former_node_id(), before);
    const auto receipt = append(queue, 1).front();
    EXPECT_EQ(node_in(receipt.json), now);
    const auto all = list(queue);
    ASSERT_EQ(all.size(), 3U);
    EXPECT_EQ(node_in(all[0].json), before) << "what was recorded keeps its stamp";
    EXPECT_EQ(recount(queue, copy), "");
  }
  ASSERT_EQ(changes_.size(), 1U);
  EXPECT_TRUE(changes_[0].was_copied);
  EXPECT_EQ(changes_[0].before, before);
  EXPECT_EQ(changes_[0].now, now);
  EXPECT_EQ(open_at(copy).node_id(), now) << "it is at home now";
  EXPECT_EQ(open_at(home_).node_id(), before) << "the original is as it was";
  EXPECT_EQ(changes_.size(), 1U);
}

TEST_F(StoreNode, TwoCopiesHaveDifferentIds) {
  append(*std::make_unique<store>(open()), 1);
  const auto first = open_at(copied("a")).node_id();
  EXPECT_NE(first, open_at(copied("b")).node_id());
}

TEST_F(StoreNode, AMovedHomeKeepsItsNodeId) {
  const auto before = open().node_id();
  fs::rename(home_, folder_.path() / "elsewhere");
  EXPECT_EQ(open_at(folder_.path() / "elsewhere").node_id(), before);
  EXPECT_TRUE(changes_.empty());
}

TEST_F(StoreNode, AnotherMachineIsAnotherNode) {
  const auto before = open().node_id();
  auto place = place_of(home_ / "queue");
  place.machine.bytes[3] ^= 1;
  set_place(home_, place);
  EXPECT_NE(open_at(home_).node_id(), before);
  EXPECT_EQ(changes_.size(), 1U);
}

TEST_F(StoreNode, WhatIsUnknownProvesNothing) {
  const auto before = open().node_id();
  const auto here = place_of(home_ / "queue");
  for (const auto& place :
       {place_record{}, place_record{here.machine, 0}, place_record{{}, here.inode}}) {
    set_place(home_, place);
    EXPECT_EQ(open_at(home_).node_id(), before);
  }
  EXPECT_TRUE(changes_.empty());
}

TEST_F(StoreNode, ANodeIdIsRenewedByHand) {
  const auto before = open().node_id();
  auto asked = options();
  asked.renew_node = true;
  asked.on_new_node = [this](const node_change& change) { changes_.push_back(change); };
  const auto renewed = store::open(asked, open_mode::write);
  ASSERT_TRUE(renewed);
  EXPECT_NE(renewed->node_id(), before);
  ASSERT_EQ(changes_.size(), 1U);
  EXPECT_FALSE(changes_[0].was_copied);
}

} // namespace
} // namespace spec_kitty
