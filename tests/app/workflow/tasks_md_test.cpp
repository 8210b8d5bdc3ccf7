#include "app/workflow/dependency_graph.hpp"
#include "app/workflow/dependency_line.hpp"
#include "app/workflow/tasks_md.hpp"

#include <gtest/gtest.h>

namespace spec_kitty::workflow {
namespace {

using ids = std::vector<std::string>;

ids dependencies_of(const std::string& text, const std::string& wp) {
  const auto tasks = read_tasks(text);
  const auto* section = tasks.section(wp);
  return section == nullptr ? ids{"no section"} : section->dependencies;
}

TEST(DependencyLine, EveryFormOfRealFilesIsRead) {
  EXPECT_EQ(dependencies_in_line("Depends on WP01, WP02"), (ids{"WP01", "WP02"}));
  EXPECT_EQ(dependencies_in_line("- Depends on WP01 (needs WP09), and WP03."),
            (ids{"WP01", "WP03"}));
  EXPECT_EQ(dependencies_in_line("- **Depends on**: WP06, WP07"), (ids{"WP06", "WP07"}));
  EXPECT_EQ(dependencies_in_line("**Dependencies**: WP01 (core/config.py)"), (ids{"WP01"}));
  EXPECT_EQ(dependencies_in_line("**Dependencies:** Requires WP06 complete"), (ids{"WP06"}));
  EXPECT_EQ(dependencies_in_line("  * Dependencies: WP02"), (ids{"WP02"}));
  EXPECT_EQ(dependencies_in_line("- **BLOCKS**: Depends on WP01"), (ids{"WP01"}));
  EXPECT_EQ(dependencies_in_line("**Parallel**: NO - Depends on WP01 relocation"), (ids{"WP01"}));
}

TEST(DependencyLine, RangesAreExpanded) {
  EXPECT_EQ(dependencies_in_line("Depends on WP01-WP03"), (ids{"WP01", "WP02", "WP03"}));
  EXPECT_EQ(dependencies_in_line("Depends on outputs of WP01–WP03 to say"),
            (ids{"WP01", "WP02", "WP03"}));
  EXPECT_EQ(dependencies_in_line("Depends on WP01 - WP02"), (ids{"WP01", "WP02"}));
  EXPECT_EQ(dependencies_in_line("Depends on WP01-03, WP05"),
            (ids{"WP01", "WP02", "WP03", "WP05"}));
  EXPECT_EQ(dependencies_in_line("Depends on WP01 - 2 days"), (ids{"WP01"}));
  EXPECT_EQ(dependencies_in_line("Depends on WP03-WP01"), (ids{"WP01", "WP02", "WP03"}));
}

TEST(DependencyLine, OtherLinesNameNone) {
  for (const char* line :
       {"", "WP01", "Dependencies", "Dependencies WP01", "Independent Test: WP01", "Requires WP01",
        "(Depends on WP01)", "Depends on nothing", "Dependencies: None", "WP01: Depends on",
        "Depends on WP1, WP012, XWP01, WP01x", "Depends only on WP01", "Does not depend on WP01",
        "WP04 depends on WP01", "T012 depends on WP01", "No longer depends on WP01",
        "| WP02 | Title | Depends on | WP01 |"})
    EXPECT_EQ(dependencies_in_line(line), ids{}) << line;
}

TEST(DependencyLine, AnyCaseAndAnAdverbAreRead) {
  EXPECT_EQ(dependencies_in_line("Loosely depends on WP02"), ids{"WP02"});
  EXPECT_EQ(dependencies_in_line("DEPENDENCIES: WP02"), ids{"WP02"});
  EXPECT_EQ(dependencies_in_line("WP04 depends on WP01", "WP04"), ids{"WP01"});
  EXPECT_EQ(dependencies_in_line("**Depends on**: WP01 through WP03"),
            (ids{"WP01", "WP02", "WP03"}));
  EXPECT_EQ(dependencies_in_line("- **Priority**: P1. **Dependencies**: WP01."), ids{"WP01"});
  EXPECT_EQ(dependencies_in_line("**Dependencies:** [WP01]"), ids{"WP01"});
}

TEST(DependencyLine, OnlyTheSentenceCountsAndNothingBesideIt) {
  for (const char* line :
       {"- **Dependencies**: none. **Prompt**: [tasks/WP01-part.md](tasks/WP01-part.md)",
        "**Dependencies**: none (can run in parallel with WP02, WP03)",
        "**Dependencies:** none. **Parallel with:** WP02.", "Depends on nothing; blocks WP03",
        "**Depends on**: none \xC2\xB7 **Blocks**: WP07", "Dependencies: `WP02`",
        "Dependencies: [the prompt of WP02](tasks/WP02-cup.md)"})
    EXPECT_EQ(dependencies_in_line(line, "WP01"), ids{}) << line;
  for (const char* line :
       {"Depends on WP01. WP04 depends on this.", "Depends on WP01, parallel with WP03",
        "**Dependencies**: WP01 \xC2\xB7 **Parallel with**: WP03 (disjoint files)",
        "Depends on WP01 and WP02", "Depends on WP01; independent of WP05",
        "**Dependencies**: WP01 (core/config.py), **Unlocks**: WP06",
        "Dependencies: WP01 but not WP07", "Depends on **WP01**, blocks **WP04**"})
    EXPECT_EQ(dependencies_in_line(line, "WP02"), ids{"WP01"}) << line;
}

TEST(DependencyLine, ASemicolonMaySeparateIdsOfOneList) {
  EXPECT_EQ(dependencies_in_line("**Dependencies**: WP01 (the sidecar; done); WP02; WP04 (nodes)."),
            (ids{"WP01", "WP02", "WP04"}));
  EXPECT_EQ(dependencies_in_line("Depends on WP01; WP04 depends on this"), ids{"WP01"});
  EXPECT_EQ(dependencies_in_line("Depends on WP01; WP04 can begin"), ids{"WP01"});
}

TEST(DependencyLine, WhatIsQuotedIsNotADependency) {
  EXPECT_EQ(dependencies_in_line("an earlier claim as \"depends on WP05\" is wrong"), ids{});
}

TEST(DependencyLine, ALineThatLooksLikeADependencyIsUnread) {
  const auto unread = [](const char* line, bool below = false) {
    return unread_dependencies(line, "WP09", below);
  };
  EXPECT_EQ(unread("- **Priority**: P2. **Deps**: WP04."), ids{"WP04"});
  EXPECT_EQ(unread("**Dependencies.** WP01 and WP02."), (ids{"WP01", "WP02"}));
  EXPECT_EQ(unread("- **Depends**: WP01"), ids{"WP01"});
  EXPECT_EQ(unread("- WP02 (the manifest)", true), ids{"WP02"});
  EXPECT_EQ(unread("- WP02 (the manifest)"), ids{}) << "not below a heading Dependencies";
  EXPECT_EQ(unread("WP03 itself depends on WP04"), ids{}) << "another work package's";
  EXPECT_EQ(unread("- **Deps**: none"), ids{});
  EXPECT_EQ(unread("- **Deps**: WP09"), ids{}) << "its own id";
}

TEST(TasksMd, UnreadLinesHaveTheirNumber) {
  const auto tasks = read_tasks("# T\n\n## WP02\n\n### Dependencies\n\n- WP01\n\n**Deps**: WP03\n");
  const auto& unread = tasks.section("WP02")->unread;
  ASSERT_EQ(unread.size(), 2U);
  EXPECT_EQ(unread[0].number, 7U);
  EXPECT_EQ(unread[0].ids, ids{"WP01"});
  EXPECT_EQ(unread[1].number, 9U);
}

/// The ids that a line lists, those with a box marked with their state.
ids subtasks_of_line(const std::string& line) {
  ids all;
  for (const auto& each : subtasks_in_line(lines_of_text(line).front()))
    all.push_back(each.id +
                  (each.box == 0 ? ""
                   : each.done   ? " done"
                                 : " open") +
                  (each.wp_id.empty() ? "" : " " + each.wp_id));
  return all;
}

TEST(SubtaskLine, AListNamesIdsAndRanges) {
  EXPECT_EQ(subtasks_of_line("**Subtasks**: T001–T003, T007 (5, not T099). **Deps**: WP01"),
            (ids{"T001", "T002", "T003", "T007"}));
  EXPECT_EQ(subtasks_of_line("- **Subtasks:** T004..T006"), (ids{"T004", "T005", "T006"}));
  EXPECT_EQ(subtasks_of_line("- Included subtasks: T001 T002b \xC2\xB7 T003"),
            (ids{"T001", "T002b"}));
  EXPECT_EQ(subtasks_of_line("**Priority**: High | **Subtasks**: `T001`-`T002` (2) | T009"),
            (ids{"T001", "T002"}));
}

TEST(SubtaskLine, AListMayHaveBoxes) {
  EXPECT_EQ(subtasks_of_line("- **Subtasks**: [ ] T001 [x] T002 T003"),
            (ids{"T001 open", "T002 done", "T003"}));
  const auto text = std::string("- **Subtasks**: [ ] T001 [x] T002");
  const auto found = subtasks_in_line(lines_of_text(text).front());
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(with_boxes(text, {found[0].box}, true), "- **Subtasks**: [x] T001 [x] T002");
}

TEST(SubtaskLine, ARowOfATableNamesItsIdWithOrWithoutABox) {
  EXPECT_EQ(subtasks_of_line("| T001 | boil | WP01 | [x] |"), ids{"T001 done WP01"});
  EXPECT_EQ(subtasks_of_line("| **T001** | boil | WP01 | [P] |"), ids{"T001 WP01"});
  EXPECT_EQ(subtasks_of_line("| What | T001, T002 |"), ids{});
}

TEST(SubtaskLine, ProseNamesNone) {
  for (const char* line : {"T001 and T002 can run together", "- T001: boil", "Total subtasks 45",
                           "- [ ] boil T001", "Subtasks T001-T003 can be done in parallel"})
    EXPECT_EQ(subtasks_of_line(line), ids{}) << line;
}

TEST(SubtaskLine, AFrontmatterMayListMapsAndRanges) {
  EXPECT_EQ(subtask_ids("{id: T001, title: boil}"), ids{"T001"});
  EXPECT_EQ(subtask_ids("T001-T003, T007"), (ids{"T001", "T002", "T003", "T007"}));
  EXPECT_EQ(subtask_ids("T001-T999"), (ids{"T001", "T999"})) << "no list is that long";
}

TEST(DependencyLine, AFrontmattersTextIsAListToo) {
  EXPECT_EQ(dependency_ids("WP01, WP03-WP04"), (ids{"WP01", "WP03", "WP04"}));
  EXPECT_EQ(dependency_ids("none"), ids{});
  EXPECT_EQ(dependency_ids(""), ids{});
}

TEST(TasksMd, ASectionMayBeNumbered) {
  const std::string text = "## Work Package 1 \xE2\x80\x94 Base\n- [ ] T001 a\n"
                           "## Work Package 2: Top\n**Dependencies**: WP01\n"
                           "## Work Package 10a\nDepends on WP09\n## Work Packages 3\n";
  const auto tasks = read_tasks(text);
  ASSERT_EQ(tasks.sections.size(), 2U);
  EXPECT_EQ(tasks.sections[0].title, "Base");
  EXPECT_EQ(tasks.sections[1].title, "Top");
  EXPECT_EQ(dependencies_of(text, "WP02"), ids{"WP01"});
  EXPECT_EQ(tasks.subtasks[0].wp_id, "WP01");
}

TEST(TasksMd, ARowOfATableMayHaveABox) {
  const std::string text =
      "| ID | What | WP | Done |\n|---|---|---|---|\n| T011 | x | WP01 | [ ] |\n"
      "| T012 | no box | WP01 | yes |\n## WP02\n| [x] | T013 | y |\n";
  const auto tasks = read_tasks(text);
  ASSERT_EQ(tasks.subtasks.size(), 2U);
  EXPECT_EQ(tasks.subtasks[0].id, "T011");
  EXPECT_EQ(tasks.subtasks[0].wp_id, "WP01");
  EXPECT_FALSE(tasks.subtasks[0].done);
  EXPECT_EQ(tasks.subtasks[1].wp_id, "WP02");
  EXPECT_TRUE(tasks.subtasks[1].done);
  std::string expected = text;
  expected.replace(expected.find("[ ]"), 3, "[x]");
  EXPECT_EQ(with_boxes(text, {tasks.subtasks[0].box}, true), expected);
}

TEST(TasksMd, ASectionEndsWhereTheNextBegins) {
  const std::string text = "# Tasks\nDepends on WP09\n## Work Package WP01: One\n### Dependencies\n"
                           "- None\n## WP02 – Two\n### Dependencies\n- Depends on WP01\n"
                           "## Dependency Summary\nDepends on WP08\n#### WP03: Three\n"
                           "Dependencies: WP02\n#### Notes\n- Depends on WP01\n### Phase\n"
                           "Depends on WP07\n";
  EXPECT_EQ(dependencies_of(text, "WP01"), ids{});
  EXPECT_EQ(dependencies_of(text, "WP02"), ids{"WP01"});
  EXPECT_EQ(dependencies_of(text, "WP03"), (ids{"WP02", "WP01"}));
  const auto tasks = read_tasks(text);
  EXPECT_EQ(tasks.section("WP01")->title, "One");
  EXPECT_EQ(tasks.section("WP02")->title, "Two");
}

TEST(TasksMd, HeadingsOutsideTwoToFourAreNoSections) {
  EXPECT_EQ(dependencies_of("# WP01\nDepends on WP02\n", "WP01"), ids{"no section"});
  EXPECT_EQ(dependencies_of("##### WP01\nDepends on WP02\n", "WP01"), ids{"no section"});
  EXPECT_EQ(dependencies_of("## About WP01\nDepends on WP02\n", "WP01"), ids{"no section"});
  EXPECT_EQ(dependencies_of("##WP01\nDepends on WP02\n", "WP01"), ids{"no section"});
}

TEST(TasksMd, CodeAndCommentsSayNothing) {
  const std::string text =
      "## WP02\r\n```bash\r\n# a comment\r\n## WP03\r\nDepends on WP05\r\n"
      "- [ ] T009 no\r\n```\r\n<!-- Depends on WP06\r\n- [ ] T008 no\r\n-->\r\n"
      "~~~\r\n```\r\n~~~\r\nDepends on WP01\r\n- [ ] T001 yes\r\n";
  EXPECT_EQ(dependencies_of(text, "WP02"), ids{"WP01"});
  const auto tasks = read_tasks(text);
  EXPECT_EQ(tasks.sections.size(), 1U);
  ASSERT_EQ(tasks.subtasks.size(), 1U);
  EXPECT_EQ(tasks.subtasks[0].id, "T001");
  EXPECT_EQ(tasks.subtasks[0].text, "yes");
}

TEST(TasksMd, BoxesAreReadAndSetAlone) {
  const std::string text = "- [x] T000 before\n## WP01\n- [ ] T001 [P] one\n  * [X] **T002** two\n"
                           "- [ ] T3 short\n- [ ] no id\n- [?] T004\n- [ ] T005: five\n";
  const auto tasks = read_tasks(text);
  ASSERT_EQ(tasks.subtasks.size(), 4U);
  EXPECT_EQ(tasks.subtasks[0].wp_id, "");
  EXPECT_FALSE(tasks.subtasks[1].done);
  EXPECT_EQ(tasks.subtasks[2].id, "T002");
  EXPECT_TRUE(tasks.subtasks[2].done);
  EXPECT_EQ(tasks.subtasks[2].wp_id, "WP01");
  EXPECT_EQ(tasks.subtasks[3].id, "T005");
  std::string expected = text;
  expected.replace(expected.find("[ ] T001"), 3, "[x]");
  EXPECT_EQ(with_boxes(text, {tasks.subtasks[1].box}, true), expected);
}

TEST(DependencyLine, LongLinesTakeNoLongTime) {
  const auto of = [](std::string_view part) {
    std::string line = "Depends on ";
    while (line.size() < 100'000)
      line += part;
    return dependencies_in_line(line, "WP01").size();
  };
  EXPECT_EQ(of("WP00-WP99, "), 99U);
  EXPECT_EQ(of("depends on WP02 "), 1U);
  EXPECT_EQ(of("** depends on WP02 "), 1U);
  for (const char* part :
       {"[", "[a] ", "[a](", "(", "`", "**", "dependencies ", "depends on ", "WP02 to "})
    EXPECT_LE(of(part), 1U) << part;
}

TEST(DependencyGraph, UnknownIdsAndCyclesAreShown) {
  EXPECT_TRUE(check_dependencies({{"WP01", {}}, {"WP02", {"WP01"}}}));
  const auto unknown = check_dependencies({{"WP01", {"WP07"}}, {"WP02", {"WP09"}}});
  ASSERT_FALSE(unknown);
  EXPECT_NE(unknown.error().message.find("WP01 depends on WP07, WP02 depends on WP09"),
            std::string::npos);
  const auto cycle = check_dependencies(
      {{"WP01", {}}, {"WP02", {"WP04"}}, {"WP03", {"WP02"}}, {"WP04", {"WP03"}}});
  ASSERT_FALSE(cycle);
  EXPECT_NE(cycle.error().message.find("WP02 → WP04 → WP03 → WP02"), std::string::npos);
  const auto itself = check_dependencies({{"WP01", {"WP01"}}});
  ASSERT_FALSE(itself);
  EXPECT_NE(itself.error().message.find("WP01 → WP01"), std::string::npos);
}

TEST(DependencyGraph, OrderPutsDependenciesFirstAndNumbersAfter) {
  const dependency_graph graph = {
      {"WP01", {"WP03"}}, {"WP02", {}}, {"WP03", {}}, {"WP04", {"WP01", "WP02"}}};
  EXPECT_EQ(dependency_order(graph), (ids{"WP02", "WP03", "WP01", "WP04"}));
  EXPECT_EQ(dependents_of(graph, "WP03"), ids{"WP01"});
  EXPECT_EQ(dependents_of(graph, "WP04"), ids{});
}

} // namespace
} // namespace spec_kitty::workflow
