#include "app/workflow/subtasks.hpp"

#include "app/workflow/text_lines.hpp"

#include <algorithm>

namespace spec_kitty::workflow {

namespace {

bool has_word(const std::vector<std::string>& words, const std::string& word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

} // namespace

std::vector<std::string> listed_subtasks(const tasks_document& tasks, const work_package& package) {
  std::vector<std::string> all;
  const auto add = [&](std::string id) {
    if (!has_word(all, id))
      all.push_back(std::move(id));
  };
  for (const auto& entry : package.file.list("subtasks").value_or(std::vector<std::string>{}))
    for (auto& id : subtask_ids(entry))
      add(std::move(id));
  for (auto& id : subtask_ids(package.file.scalar("subtasks")))
    add(std::move(id));
  for (const auto& each : tasks.listed)
    if (each.wp_id == package.id)
      add(each.id);
  return all;
}

subtask_state subtasks_of(const tasks_document& tasks, const work_package& package) {
  const auto listed = listed_subtasks(tasks, package);
  subtask_state state;
  for (const auto& box : tasks.subtasks) {
    if (box.wp_id != package.id && !(box.wp_id.empty() && has_word(listed, box.id)))
      continue;
    if (box.done)
      state.checked.push_back(box.box);
    else if (!has_word(state.open, box.id))
      state.open.push_back(box.id);
  }
  for (const auto& id : listed)
    if (std::none_of(tasks.subtasks.begin(), tasks.subtasks.end(),
                     [&](const subtask& box) { return box.id == id; }))
      state.without_box.push_back(id);
  return state;
}

result<subtask_state> read_subtasks(const feature& feature_ref, const work_package& package) {
  const auto text = feature_ref.tasks_text();
  if (!text && text.error().code == ec::not_found)
    return subtask_state{};
  if (!text)
    return text.error();
  return subtasks_of(read_tasks(*text), package);
}

std::string boxless_words(const work_package& package, const subtask_state& state) {
  if (state.without_box.empty())
    return {};
  return package.id +
         " lists subtasks without a check box in tasks.md: " + joined(state.without_box);
}

} // namespace spec_kitty::workflow
