#include "app/chaos/power/names.hpp"

#include <algorithm>
#include <set>

namespace spec_kitty::chaos::power {

names::names() : root_(std::make_shared<node>()) {
  root_->folder = true;
}

bool names::change::touches(const node* folder) const {
  return std::any_of(edits.begin(), edits.end(),
                     [&](const edit& edit) { return edit.folder.get() == folder; });
}

node_ptr names::find(std::string_view path) const {
  node_ptr at = root_;
  while (!path.empty() && at != nullptr) {
    const auto slash = path.find('/');
    const auto found = at->now.find(std::string(path.substr(0, slash)));
    at = found == at->now.end() ? nullptr : found->second;
    path = slash == std::string_view::npos ? std::string_view{} : path.substr(slash + 1);
  }
  return at;
}

node_ptr names::find(std::uint64_t file, std::string_view path) const {
  const auto found = by_file_.find(file);
  return found == by_file_.end() ? find(path) : found->second;
}

names::place names::place_of(std::string_view path) const {
  const auto slash = path.rfind('/');
  const auto folder = slash == std::string_view::npos ? root_ : find(path.substr(0, slash));
  return {folder, std::string(path.substr(slash == std::string_view::npos ? 0 : slash + 1))};
}

void names::put(entries& into, const edit& edit) {
  if (edit.subject == nullptr)
    into.erase(edit.name);
  else
    into[edit.name] = edit.subject;
}

void names::change_names(std::size_t step, std::vector<edit> edits) {
  for (const auto& edit : edits)
    if (edit.folder == nullptr)
      return; // in a folder whose creation was not recorded
  for (const auto& edit : edits)
    put(edit.folder->now, edit);
  pending_.push_back({step, std::move(edits)});
}

void names::create(std::size_t step, std::string_view path, std::uint64_t file, bool folder) {
  auto made = std::make_shared<node>();
  made->folder = folder;
  by_file_[file] = made;
  auto where = place_of(path);
  change_names(step, {{where.folder, where.name, made}});
}

void names::rename(std::size_t step, std::string_view from, std::string_view to) {
  const auto source = place_of(from);
  const auto target = place_of(to);
  if (const auto subject = find(from))
    change_names(step,
                 {{source.folder, source.name, nullptr}, {target.folder, target.name, subject}});
}

void names::exchange(std::size_t step, std::string_view text, std::string_view other) {
  const auto source = place_of(text);
  const auto target = place_of(other);
  const auto first = find(text);
  const auto second = find(other);
  if (first != nullptr && second != nullptr)
    change_names(step, {{source.folder, source.name, second}, {target.folder, target.name, first}});
}

void names::link(std::size_t step, std::string_view from, std::string_view to) {
  const auto target = place_of(to);
  if (const auto subject = find(from))
    change_names(step, {{target.folder, target.name, subject}});
}

void names::remove(std::size_t step, std::string_view path) {
  const auto where = place_of(path);
  if (find(path) != nullptr)
    change_names(step, {{where.folder, where.name, nullptr}});
}

void names::sync(const node_ptr& folder, std::size_t before) {
  // What is durable in one folder is so in the other folder of a rename, with all that came before
  // it there. So from the newest back: a set of folders, and from where on each is durable.
  std::set<const node*> reached = {folder.get()};
  for (auto change_at = pending_.rbegin(); change_at != pending_.rend(); ++change_at) {
    if (change_at->step >= before ||
        std::none_of(reached.begin(), reached.end(),
                     [&](const node* each) { return change_at->touches(each); }))
      continue;
    change_at->durable = true;
    for (const auto& edit : change_at->edits)
      reached.insert(edit.folder.get());
  }
  for (const auto& pending_change : pending_)
    if (pending_change.durable)
      for (const auto& edit : pending_change.edits)
        put(edit.folder->durable, edit);
  std::erase_if(pending_, [](const change& change) { return change.durable; });
}

names::view names::draw(names_arrived how, dice& chance) const {
  view out;
  if (how == names_arrived::none)
    return out;
  const auto end = how == names_arrived::journal
                       ? static_cast<std::size_t>(chance.between(0, pending_.size()))
                       : pending_.size();
  const std::uint64_t stops = 1 + chance.below(4); // one change in so many is where a folder ends
  std::set<const node*> ended;
  for (std::size_t i = 0; i < end; ++i) {
    const auto& edits = pending_[i].edits;
    const bool stop =
        how == names_arrived::folders &&
        (std::any_of(edits.begin(), edits.end(),
                     [&](const edit& edit) { return ended.contains(edit.folder.get()); }) ||
         chance.one_in(1 + stops));
    for (const auto& edit : edits) {
      if (stop)
        ended.insert(edit.folder.get());
      else
        put(out.changed_.try_emplace(edit.folder.get(), edit.folder->durable).first->second, edit);
    }
  }
  return out;
}

} // namespace spec_kitty::chaos::power
