#include "app/chaos/power/disk.hpp"

namespace spec_kitty::chaos::power {

void disk::apply(const step& step, std::size_t number) {
  switch (step.what) {
  case kind::create:
  case kind::make_folder:
    names_.create(number, step.path, step.file, step.what == kind::make_folder);
    return;
  case kind::rename:
    names_.rename(number, step.path, step.other);
    return;
  case kind::exchange:
    names_.exchange(number, step.path, step.other);
    return;
  case kind::link:
    names_.link(number, step.path, step.other);
    return;
  case kind::remove:
    names_.remove(number, step.path);
    return;
  case kind::message:
  case kind::sync_begin:
    return;
  default:
    break;
  }
  auto subject = names_.find(step.file, step.path);
  if (subject == nullptr && step.what == kind::write) { // the C library made it, unseen
    names_.create(number, step.path, step.file, false);
    subject = names_.find(step.file, step.path);
  }
  if (subject == nullptr)
    return;
  if (step.what == kind::write)
    subject->bytes.write(number, step.at, step.bytes);
  else if (step.what == kind::resize)
    subject->bytes.resize(number, step.at);
  else if (step.what == kind::write_done)
    subject->bytes.sync_newest();
  else if (step.data_only && behaviour_ == disk_kind::lying)
    return;
  else if (subject->folder)
    names_.sync(subject, step.began);
  else
    subject->bytes.sync(step.began);
}

image disk::draw(dice& chance, const std::string& top) const {
  static constexpr double wholes[] = {0, 0.125, 0.5, 0.875, 1};
  torn_write_policy how;
  how.unit = chance.one_in(3) ? sector_bytes : page_bytes;
  how.whole = wholes[chance.below(5)];
  how.between = chance.one_in(2);
  const auto seen = names_.draw(static_cast<names_arrived>(chance.below(4)), chance);
  image out;
  const auto& here = seen.of(*names_.root());
  if (const auto found = here.find(top); found != here.end() && found->second->folder)
    take(seen, *found->second, top, how, chance, out);
  return out;
}

void disk::take(const names::view& seen, const node& folder, const std::string& path,
                const torn_write_policy& how, dice& chance, image& out) const {
  out.folders.push_back(path);
  for (const auto& [name, child] : seen.of(folder)) {
    std::string below = path;
    below.append("/").append(name);
    if (child->folder)
      take(seen, *child, below, how, chance, out);
    else
      out.files.emplace_back(below, child->bytes.draw(how, chance));
  }
}

std::string disk::newest(std::string_view path) const {
  const auto found = names_.find(path);
  return found == nullptr || found->folder ? std::string() : found->bytes.newest();
}

} // namespace spec_kitty::chaos::power
