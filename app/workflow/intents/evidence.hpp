// What git and the files say about an interrupted change. Reads only.
#pragma once

#include "app/workflow/git.hpp"
#include "app/workflow/intents/decision.hpp"
#include "util/rooted_files.hpp"

#include <vector>

namespace spec_kitty::workflow {

/// The facts about an intent. `home` is this command's; empty: no home can be used.
intent_facts facts_of(const git& repo, const intent& record, const std::string& home, epoch_us now);

/// The file as the tip of the intent's branch has it, in the form of the checkout.
std::optional<std::string> text_at(const git& repo, const std::string& revision,
                                   const std::string& path);

/// What a file of a transition that was not committed looks like now.
enum class file_condition { as_before, as_after, changed };
file_condition condition_of(const rooted_files& files, const intent& record, std::size_t file);

/// how = files: the transitions that the files show.
std::vector<std::size_t> shown_transitions(const rooted_files& files, const intent& record);

/// Every transition of an intent, by number.
std::vector<std::size_t> all_transitions(const intent& record);

} // namespace spec_kitty::workflow
