#include "app/chaos/power/disk.hpp"

namespace spec_kitty::chaos::power {

void disk::apply(const step& one, std::size_t number) {
  switch (one.what) {
  case kind::create:
  case kind::make_folder:
    names_.create(number, one.path, one.file, one.what == kind::make_folder);
    return;
  case kind::rename:
    names_.rename(number, one.path, one.other);
    return;
  case kind::exchange:
    names_.exchange(number, one.path, one.other);
    return;
  case kind::link:
    names_.link(number, one.path, one.other);
    return;
  case kind::remove:
    names_.remove(number, one.path);
    return;
  case kind::said:
  case kind::sync_begin:
    return;
  default:
    break;
  }
  auto subject = names_.find(one.file, one.path);
  if (subject == nullptr && one.what == kind::write) { // the C library made it, unseen
    names_.create(number, one.path, one.file, false);
    subject = names_.find(one.file, one.path);
  }
  if (subject == nullptr)
    return;
  if (one.what == kind::write)
    subject->bytes.write(number, one.at, one.bytes);
  else if (one.what == kind::resize)
    subject->bytes.resize(number, one.at);
  else if (one.what == kind::write_done)
    subject->bytes.sync_newest();
  else if (one.data_only && behaviour_ == disk_kind::lying)
    return;
  else if (subject->folder)
    names_.sync(subject, one.began);
  else
    subject->bytes.sync(one.began);
}

image disk::draw(dice& chance, const std::string& top) const {
  static constexpr double wholes[] = {0, 0.125, 0.5, 0.875, 1};
  luck how;
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
                const luck& how, dice& chance, image& out) const {
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
