#include "tests/fuzz/targets.hpp"

#include "app/workflow/tasks_md.hpp"

#include <string>
#include <vector>

namespace spec_kitty::fuzz {

void fuzz_tasks_md(std::string_view input) {
  const auto document = workflow::read_tasks(input);
  std::vector<std::size_t> boxes;
  std::string expected(input);
  for (const auto& task : document.subtasks) {
    require(task.box < input.size(), "a box lies in the text");
    boxes.push_back(task.box);
    expected[task.box] = 'x';
  }
  const std::string checked = workflow::with_boxes(std::string(input), boxes, true);
  require(checked == expected, "only the boxes change");
  const auto after = workflow::read_tasks(checked);
  require(after.subtasks.size() == document.subtasks.size() &&
              after.sections.size() == document.sections.size(),
          "the same boxes and sections are found");
  for (const auto& task : after.subtasks)
    require(task.done, "every box is checked");
}

} // namespace spec_kitty::fuzz
