#include "app/workflow/finished_work.hpp"

#include "app/workflow/subtasks.hpp"
#include "app/workflow/worktree_state.hpp"

namespace spec_kitty::workflow {

result<void> look_at_work(const feature& feature_ref, const work_package& package,
                          move_facts& facts) {
  const auto text = feature_ref.tasks_text();
  if (!text)
    return text.error();
  facts.unchecked = subtasks_of(read_tasks(*text), package).open;
  const auto there = feature_ref.has_worktree(package.id);
  if (!there || !*there)
    return there ? result<void>{} : there.error();
  const auto tree = feature_ref.worktree_of(package.id);
  auto state = look_at_worktree(tree);
  if (!state)
    return state.error();
  facts.work = {tree.string(), std::move(state->changed), std::move(state->dirty_submodules)};
  return {};
}

} // namespace spec_kitty::workflow
