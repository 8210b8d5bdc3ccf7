#include "app/workflow/lane_edit.hpp"

#include "app/workflow/activity_log.hpp"
#include "app/workflow/text_lines.hpp"

namespace spec_kitty::workflow {

result<void> apply_lane_edit(work_package& package, const lane_edit& edit) {
  std::vector<std::pair<const char*, std::string>> values = {{"lane", edit.to}};
  if (edit.agent)
    values.emplace_back("agent", *edit.agent);
  if (edit.assignee)
    values.emplace_back("assignee", *edit.assignee);
  if (edit.reviewer)
    values.emplace_back("reviewed_by", *edit.reviewer);
  if (!edit.feedback.empty() || (edit.reviewer && edit.to == "done"))
    values.emplace_back("review_status", edit.feedback.empty() ? "approved" : "has_feedback");
  if (!edit.base_commit.empty()) {
    values.emplace_back("base_branch", edit.base_branch);
    values.emplace_back("base_commit", edit.base_commit);
  }
  for (const auto& [key, value] : values)
    if (auto set = package.file.set_scalar(key, value); !set)
      return set;
  const std::string ending = line_ending_of(package.file.text());
  const std::string author = edit.by.empty() ? edit.agent.value_or("user") : edit.by;
  if (!edit.feedback.empty())
    package.file.set_body(with_feedback(package.file.body(), edit.reviewer.value_or(author),
                                        edit.at, edit.feedback, ending));
  package.file.set_body(
      with_log_entry(package.file.body(), {edit.at, author, {}, edit.to, edit.note}, ending));
  return {};
}

} // namespace spec_kitty::workflow
