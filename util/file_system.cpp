#include "util/file_system.hpp"

#include "util/files.hpp"

#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace spec_kitty {

namespace fs = std::filesystem;

namespace {

/// Network and cluster file systems, and folders that a virtual machine shares with its host.
constexpr std::array<std::pair<std::uint32_t, std::string_view>, 20> shared_magics = {{
    {0x00006969, "nfs"},      {0x0000517B, "smb"},    {0xFF534D42, "cifs"},
    {0xFE534D42, "smb2"},     {0x5346414F, "afs"},    {0x6B414653, "afs"},
    {0x0000564C, "ncp"},      {0x01021997, "9p"},     {0x00C36400, "ceph"},
    {0x73757245, "coda"},     {0x0BD00BD0, "lustre"}, {0x47504653, "gpfs"},
    {0x20030528, "orangefs"}, {0x19830326, "beegfs"}, {0xAAD7AAEA, "panfs"},
    {0x01161970, "gfs2"},     {0x7461636F, "ocfs2"},  {0x786F4256, "vboxsf"},
    {0xBACBACBC, "vmhgfs"},   {0x7C7C6673, "prl_fs"},
}};

/// Behind FUSE, by the name a mount gives its kind. What is not named here is taken for local:
/// encryption, unions, archives, and disks such as ntfs-3g (`fuseblk`).
constexpr std::array<std::string_view, 25> shared_fuse = {
    "sshfs",     "glusterfs", "s3fs",       "rclone",   "ceph",      "ceph-fuse", "davfs",
    "davfs2",    "curlftpfs", "gvfsd-fuse", "juicefs",  "goofys",    "gcsfuse",   "blobfuse",
    "blobfuse2", "mfs",       "moosefs",    "lizardfs", "seaweedfs", "smbnetfs",  "hdfs",
    "nfs",       "onedriver", "mount-s3",   "afp"};

bool is_shared_fuse(std::string_view type) {
  if (type == "virtiofs")
    return false; // shared with the host alone, and coherent there
  const auto dot = type.find('.');
  const std::string_view kind = type.substr(dot == std::string_view::npos ? 0 : dot + 1);
  return std::find(shared_fuse.begin(), shared_fuse.end(), kind) != shared_fuse.end();
}

/// Takes the next word off a line.
std::string_view next_word(std::string_view& line) {
  const auto end = std::min(line.find(' '), line.size());
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(std::min(end + 1, line.size()));
  return word;
}

} // namespace

file_system judge_file_system(std::uint32_t magic, std::string_view mount_type) {
  for (const auto& [number, name] : shared_magics)
    if (number == magic)
      return {std::string(name), true};
  if (magic == fuse_magic && is_shared_fuse(mount_type))
    return {std::string(mount_type), true};
  return {"local", false};
}

std::string mount_type_of(std::string_view mountinfo, unsigned major, unsigned minor) {
  // 36 35 98:0 /root /mount/point options optional… - type source more-options
  const std::string device = std::to_string(major) + ":" + std::to_string(minor);
  std::string found;
  while (!mountinfo.empty()) {
    std::string_view line = mountinfo.substr(0, mountinfo.find('\n'));
    mountinfo.remove_prefix(std::min(line.size() + 1, mountinfo.size()));
    next_word(line); // its own number
    next_word(line); // its parent's
    if (next_word(line) != device)
      continue;
    const auto dash = line.find(" - "); // no field before it holds a space: they are escaped
    if (dash == std::string_view::npos)
      continue;
    line.remove_prefix(dash + 3);
    found = next_word(line);
  }
  return found;
}

fs::path nearest_existing(const fs::path& path) {
  fs::path at = path;
  struct stat found {};
  while (::stat(at.c_str(), &found) != 0 && at.has_relative_path())
    at = at.parent_path();
  return at.empty() ? fs::path(".") : at;
}

result<file_system> file_system_of(const fs::path& path) {
  const fs::path there = nearest_existing(path);
  struct statfs what {};
  if (::statfs(there.c_str(), &what) != 0)
    return system_failure(errno, "cannot determine the file system of " + there.string());
  const auto magic = static_cast<std::uint32_t>(what.f_type);
  if (magic != fuse_magic)
    return judge_file_system(magic, {});
  struct stat device {};
  const auto mounts = read_file("/proc/self/mountinfo", std::size_t{16} << 20);
  if (!mounts || !*mounts || ::stat(there.c_str(), &device) != 0)
    return judge_file_system(magic, {});
  return judge_file_system(magic,
                           mount_type_of(**mounts, major(device.st_dev), minor(device.st_dev)));
}

result<void> check_file_system(const fs::path& folder) {
  const auto found = file_system_of(folder);
  if (!found)
    return found.error();
  if (!found->shared)
    return {};
  return failure{ec::store_unusable,
                 "the folder " + folder.string() +
                     " is on a file system that other machines share (" + found->name +
                     "): events would be lost there",
                 "choose a home on a local disk with --home DIR or SPEC_KITTY_HOME"};
}

} // namespace spec_kitty
