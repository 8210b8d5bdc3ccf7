// Which file systems a store may lie on: a table, and the lines of mountinfo.
#include "app/chaos/process.hpp"
#include "util/file_system.hpp"

#include <gtest/gtest.h>
#include <linux/magic.h>

namespace spec_kitty {
namespace {

constexpr const char* mounts =
    "22 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw\n"
    "36 22 0:41 / /mnt/a\\040b rw,nosuid shared:7 master:2 - fuse.sshfs ann@host:/ rw,user_id=0\n"
    "37 22 0:42 / /mnt/c rw - fuse /dev/fuse rw\n"
    "38 22 0:4 / /mnt/d rw - fuseblk /dev/sdb1 rw\n"
    "39 22 0:43 / /mnt/e rw - tmpfs none rw\n"
    "40 39 0:43 / /mnt/f rw - fuse.glusterfs g:/v rw\n"
    "a line of something else\n";

TEST(FileSystem, ThatOtherMachinesShareIsKnownByItsNumber) {
  const std::pair<std::uint32_t, const char*> known[] = {
      {NFS_SUPER_MAGIC, "nfs"},   {SMB_SUPER_MAGIC, "smb"},    {CIFS_SUPER_MAGIC, "cifs"},
      {SMB2_SUPER_MAGIC, "smb2"}, {AFS_SUPER_MAGIC, "afs"},    {AFS_FS_MAGIC, "afs"},
      {NCP_SUPER_MAGIC, "ncp"},   {V9FS_MAGIC, "9p"},          {CEPH_SUPER_MAGIC, "ceph"},
      {CODA_SUPER_MAGIC, "coda"}, {OCFS2_SUPER_MAGIC, "ocfs2"}};
  for (const auto& [magic, name] : known)
    EXPECT_EQ(judge_file_system(magic, ""), (file_system{name, true})) << name;
}

TEST(FileSystem, OfThisMachineIsFineWhateverItIs) {
  const std::uint32_t local[] = {EXT4_SUPER_MAGIC,  TMPFS_MAGIC,          OVERLAYFS_SUPER_MAGIC,
                                 XFS_SUPER_MAGIC,   ECRYPTFS_SUPER_MAGIC, RAMFS_MAGIC,
                                 BTRFS_SUPER_MAGIC, F2FS_SUPER_MAGIC,     0};
  for (const auto magic : local)
    EXPECT_FALSE(judge_file_system(magic, "nfs").shared) << magic;
}

TEST(FileSystem, BehindFuseIsKnownByTheNameOfItsMount) {
  for (const char* type : {"fuse.sshfs", "fuse.glusterfs", "fuse.rclone", "fuse.s3fs", "ceph-fuse"})
    EXPECT_EQ(judge_file_system(fuse_magic, type), (file_system{type, true}));
  for (const char* type :
       {"fuse", "fuseblk", "fuse.gocryptfs", "fuse.fuse-overlayfs", "virtiofs", ""})
    EXPECT_FALSE(judge_file_system(fuse_magic, type).shared) << type;
}

TEST(FileSystem, TypeOfAMountIsFoundByItsDevice) {
  EXPECT_EQ(mount_type_of(mounts, 254, 1), "ext4");
  EXPECT_EQ(mount_type_of(mounts, 0, 41), "fuse.sshfs");
  EXPECT_EQ(mount_type_of(mounts, 0, 4), "fuseblk") << "and not 0:41 or 0:42";
  EXPECT_EQ(mount_type_of(mounts, 0, 43), "fuse.glusterfs") << "the last one counts";
  EXPECT_EQ(mount_type_of(mounts, 9, 9), "");
  EXPECT_EQ(mount_type_of("", 0, 0), "");
}

TEST(FileSystem, OfAPathThatDoesNotExistIsThatOfItsNearestParent) {
  const support::temporary_folder folder;
  EXPECT_EQ(nearest_existing(folder.path() / "a" / "b"), folder.path());
  EXPECT_EQ(nearest_existing(folder.path()), folder.path());
  EXPECT_EQ(nearest_existing("/no-such-folder-here/b"), "/");
  const auto found = file_system_of(folder.path() / "a" / "b");
  ASSERT_TRUE(found);
  EXPECT_EQ(*found, *file_system_of(folder.path()));
}

} // namespace
} // namespace spec_kitty
