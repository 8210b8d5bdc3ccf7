#include "actors/queue/page_walk.hpp"

#include "util/text.hpp"

#include <algorithm>

namespace spec_kitty::pages {

namespace {

constexpr std::uint64_t few = 32;     ///< free pages at either end of a list
constexpr std::size_t max_depth = 31; ///< LMDB's own stack of pages has 32 places

std::string page_name(std::uint64_t number) {
  return "page " + std::to_string(number);
}

} // namespace

walker::walker(std::string_view file, const file_header& head, reach how)
    : file_(file), head_(head), how_(how), taken_(static_cast<std::size_t>(std::min<std::uint64_t>(
                                               head.last_page + 1, file.size() / head.page_bytes))),
      sound_(taken_.size()) {}

bool walker::is_sound(const page& found, std::uint64_t number) {
  if (number < sound_.size() && !sound_[number])
    sound_[number] = found.is_tiled();
  return number < sound_.size() && sound_[number];
}

bool walker::fault(std::string what) {
  if (faults_++ == 0)
    why_ = std::move(what);
  return how_ == reach::what_can;
}

bool walker::is_before(std::string_view a, std::string_view b) const {
  return order_ == key_order::numbers ? number_at(a, 0) < number_at(b, 0) : a < b;
}

bool walker::take_pages(std::uint64_t first, std::uint64_t count) {
  if (first < 2 || first >= taken_.size() || count > taken_.size() - first)
    return false;
  for (std::uint64_t number = first; number < first + count; ++number) {
    if (taken_[number])
      return false;
    taken_[number] = true;
  }
  return true;
}

bool walker::walk(const tree& of, key_order order, const visitor& visit) {
  of_ = &of;
  order_ = order;
  visit_ = &visit;
  counted_ = {};
  const std::size_t faults_before = faults_;
  if (of.root == no_page && of.depth == 0 && of.entries == 0)
    return true;
  if (of.root == no_page || of.depth < 1 || of.depth > max_depth)
    fault("a table has an impossible depth");
  if (of.root != no_page && (faults_ == faults_before || how_ == reach::what_can))
    visit_page(of.root, 1, {});
  if (how_ == reach::all && faults_ == faults_before && !has_right_counts())
    fault("a table has " + count_of(counted_.entries, "row") + " and should have " +
          std::to_string(of.entries));
  return faults_ == faults_before;
}

bool walker::has_right_counts() const {
  return counted_.branch_pages == of_->branch_pages && counted_.leaf_pages == of_->leaf_pages &&
         counted_.overflow_pages == of_->overflow_pages && counted_.entries == of_->entries;
}

bool walker::visit_page(std::uint64_t number, std::size_t level, const bounds& within) {
  const auto found = page::at(file_, head_.page_bytes, number);
  const bool wants_leaf = of_ != nullptr && level == of_->depth;
  if (!found || number > head_.last_page)
    return fault(page_name(number) + " is damaged or missing");
  if (how_ != reach::what_can && found->is_leaf() != wants_leaf)
    return fault(page_name(number) + " is not at its level");
  if (!take_pages(number, 1))
    return fault(page_name(number) + " is used twice");
  if (how_ != reach::what_can && !is_sound(*found, number))
    return fault("the rows of " + page_name(number) + " are damaged");
  if (found->is_leaf())
    return visit_leaf(*found, number, within);
  return level < max_depth ? visit_branch(*found, number, level, within)
                           : fault(page_name(number) + " is too deep");
}

bool walker::visit_branch(const page& branch, std::uint64_t number, std::size_t level,
                          const bounds& within) {
  ++counted_.branch_pages;
  if (branch.count() < 2 && how_ != reach::what_can && order_ == key_order::bytes)
    return fault(page_name(number) + " has one branch");
  for (std::size_t slot = how_ == reach::last ? branch.count() - 1 : 0; slot < branch.count();
       ++slot) {
    const auto child = branch.at(slot);
    if (!child) {
      if (!fault(page_name(number) + " has a damaged branch"))
        return false;
      continue;
    }
    const auto next = slot + 1 < branch.count() ? branch.at(slot + 1) : std::nullopt;
    const bounds below{slot == 0 ? within.low : child->key,
                       next ? std::optional(next->key) : within.high};
    if (how_ != reach::what_can && ((slot > 0 && is_before(child->key, within.low)) ||
                                    (below.high && !is_before(below.low, *below.high))))
      return fault("the branches of " + page_name(number) + " are out of order");
    const bool at_edge = slot == 0 || slot + 1 == branch.count();
    if (how_ == reach::edges && !at_edge)
      continue;
    if (!visit_page(child->child, level + 1, below))
      return false;
  }
  return true;
}

bool walker::visit_leaf(const page& leaf, std::uint64_t number, const bounds& within) {
  ++counted_.leaf_pages;
  if (how_ == reach::last && order_ == key_order::bytes)
    return true;
  std::optional<std::string_view> before;
  for (std::size_t slot = 0; slot < leaf.count(); ++slot) {
    const auto found = leaf.at(slot);
    const auto value = found ? value_of(*found) : std::nullopt;
    if (!value) {
      if (!fault("a row of " + page_name(number) + " is damaged"))
        return false;
      continue;
    }
    if (how_ != reach::what_can) {
      const bool right_size = order_ == key_order::bytes || found->key.size() == 8;
      const bool rises =
          before ? is_before(*before, found->key) : !is_before(found->key, within.low);
      if (!right_size || !rises || (within.high && !is_before(found->key, *within.high)))
        return fault("the rows of " + page_name(number) + " are out of order");
    }
    before = found->key;
    ++counted_.entries;
    (*visit_)({found->key, *value, found->flags == node::is_tree});
  }
  return true;
}

std::optional<std::string_view> walker::value_of(const node& found) {
  if (found.flags != node::in_overflow)
    return found.value;
  std::uint64_t pages_taken = 0;
  const std::uint64_t first = number_at(found.value, 0);
  const auto value = overflow_value(file_, head_.page_bytes, first, found.value_bytes, pages_taken);
  if (how_ == reach::what_can) // a checksum of its own decides whether the row is whole
    return value ? value : bytes_at(first, found.value_bytes);
  if (!value || (of_ != nullptr && !take_pages(first, pages_taken)))
    return std::nullopt;
  counted_.overflow_pages += pages_taken;
  return value;
}

std::optional<std::string_view> walker::bytes_at(std::uint64_t number, std::size_t size) const {
  constexpr std::size_t page_head = 16;
  if (number < 2 || number >= file_.size() / head_.page_bytes)
    return std::nullopt;
  const std::string_view rest = file_.substr(number * head_.page_bytes + page_head);
  return size <= rest.size() ? std::optional(rest.substr(0, size)) : std::nullopt;
}

bool walker::walk_free() {
  bool whole = true;
  const auto list = [&](const row& free) {
    const std::uint64_t count = number_at(free.value, 0);
    whole = whole && free.value.size() % 8 == 0 && free.value.size() >= 8 &&
            count < free.value.size() / 8 && number_at(free.key, 0) <= head_.transaction;
    std::uint64_t last = head_.last_page + 1;
    for (std::uint64_t at = 1; whole && at <= count; ++at) {
      if (how_ == reach::last && at == few && count > 2 * few)
        at = count - few;
      const std::uint64_t number = number_at(free.value, at * 8);
      whole = number >= 2 && number < last;
      // A page at the end may be free and not in the file.
      if (whole && how_ == reach::all && number < taken_.size())
        whole = take_pages(number, 1);
      last = number;
    }
  };
  if (!walk(head_.free, key_order::numbers, list))
    return false;
  if (!whole)
    fault("the list of free pages is damaged");
  return whole;
}

bool walker::is_before_its_time(const file_header& older) const {
  // A commit lists the pages that it freed under its own number.
  std::uint64_t number = older.free.root;
  for (std::size_t level = 1; level <= std::min<std::size_t>(older.free.depth, max_depth);
       ++level) {
    const auto found = page::at(file_, head_.page_bytes, number);
    const auto last = found ? found->at(found->count() - 1) : std::nullopt;
    if (!last)
      return true; // it is not the state that counts
    if (found->is_leaf())
      return number_at(last->key, 0) <= older.transaction;
    number = last->child;
  }
  return true;
}

std::optional<row> walker::find(const tree& of, std::string_view key) {
  of_ = nullptr; // pages on the way are not taken
  std::uint64_t number = of.root;
  for (std::size_t level = 1; level <= std::min<std::size_t>(of.depth, max_depth); ++level) {
    const auto found = page::at(file_, head_.page_bytes, number);
    if (!found || !is_sound(*found, number) || found->is_leaf() != (level == of.depth))
      return std::nullopt;
    // The last key that is not greater; in a branch the first counts as the least.
    std::size_t low = 0;
    std::size_t high = found->count();
    while (high - low > 1) {
      const std::size_t middle = (low + high) / 2;
      (key < found->at(middle)->key ? high : low) = middle;
    }
    const auto last = found->at(low);
    if (found->is_leaf() && last->key == key)
      if (const auto value = value_of(*last))
        return row{last->key, *value, last->flags == node::is_tree};
    number = last->child;
  }
  return std::nullopt;
}

} // namespace spec_kitty::pages
