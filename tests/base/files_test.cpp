#include "detforge/base/files.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <limits>
#include <thread>

#include "detforge/base/error.h"
#include "tests/support/folder.h"

namespace detforge {
namespace {

using testing_support::Folder;

constexpr std::size_t never = std::numeric_limits<std::size_t>::max();

/// The system, in which the call number `fail_at` fails with `code`.
class FailingSystem : public FileSystem {
 public:
  FailingSystem(std::size_t fail_at, int code) : fail_at_(fail_at), code_(code) {}
  std::size_t calls() const { return calls_; }

  int open(const char* path, int flags, mode_t mode) override { return fails() ? -1 : FileSystem::open(path, flags, mode); }
  int lock(int file) override { return fails() ? -1 : FileSystem::lock(file); }
  int truncate(int file) override { return fails() ? -1 : FileSystem::truncate(file); }
  ssize_t write(int file, const void* data, std::size_t size) override { return fails() ? -1 : FileSystem::write(file, data, size); }
  int sync(int file) override { return fails() ? -1 : FileSystem::sync(file); }
  int close(int file) override {
    const bool failed = fails();
    const int result = FileSystem::close(file);  // a descriptor is gone even where closing fails
    return failed ? -1 : result;
  }
  int rename(const char* from, const char* to) override { return fails() ? -1 : FileSystem::rename(from, to); }
  int remove(const char* path) override { return fails() ? -1 : FileSystem::remove(path); }

 protected:
  virtual bool fails() {
    if (calls_++ != fail_at_) return false;
    errno = code_;
    return true;
  }

  std::size_t fail_at_;
  std::size_t calls_ = 0;

 private:
  int code_;
};

/// The process ends before the call number `end_at`, as if it was killed.
class DyingSystem : public FailingSystem {
 public:
  explicit DyingSystem(std::size_t end_at) : FailingSystem(end_at, 0) {}

 protected:
  bool fails() override {
    if (calls_++ == fail_at_) _exit(1);
    return false;
  }
};

/// Writes a few bytes at a time, and is interrupted before each.
class SlowSystem : public FileSystem {
 public:
  ssize_t write(int file, const void* data, std::size_t size) override {
    interrupted_ = !interrupted_;
    if (interrupted_) {
      errno = EINTR;
      return -1;
    }
    return FileSystem::write(file, data, std::min<std::size_t>(size, 3));
  }

 private:
  bool interrupted_ = false;
};

/// The disk takes so many bytes; what does not fit is written in part and then refused.
class FullDisk : public FileSystem {
 public:
  explicit FullDisk(std::size_t left) : left_(left) {}
  ssize_t write(int file, const void* data, std::size_t size) override {
    const std::size_t fitting = std::min(size, left_);
    if (fitting == 0) {
      errno = ENOSPC;
      return -1;
    }
    left_ -= fitting;
    return FileSystem::write(file, data, fitting);
  }

 private:
  std::size_t left_;
};

const std::string before = "the old content\n";
const std::string first = "the first half of the new content, ", second = "and its second half\n";

void write_new(const std::filesystem::path& path, FileSystem& system) {
  atomic_write(
      path,
      [](const Sink& sink) {
        sink(first);
        sink(second);
      },
      system);
}

std::size_t files_in(const Folder& folder) {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder.path()), {}));
}

std::string content(const std::filesystem::path& path) { return read_file(path, 1000); }

TEST(AtomicWrite, WritesNewFilesAndReplacesOldOnes) {
  const Folder folder;
  atomic_write(folder / "a", "one");
  EXPECT_EQ(content(folder / "a"), "one");
  atomic_write(folder / "a", "");
  EXPECT_EQ(content(folder / "a"), "");
  EXPECT_EQ(files_in(folder), 1U);
}

TEST(AtomicWrite, GivesTheRightsThatAnyNewFileGets) {
  const Folder folder;
  const mode_t mask = umask(027);
  atomic_write(folder / "a", "one");
  umask(mask);
  struct stat status {};
  ASSERT_EQ(stat((folder / "a").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0640U);
}

TEST(AtomicWrite, WritesOnAfterShortAndInterruptedWrites) {
  const Folder folder;
  SlowSystem slow;
  write_new(folder / "a", slow);
  EXPECT_EQ(content(folder / "a"), first + second);
}

TEST(AtomicWrite, KeepsTheOldFileOnAFullDisk) {
  for (std::size_t left = 0; left < first.size() + second.size(); ++left) {
    const Folder folder{{"a", before}};
    FullDisk disk(left);
    try {
      write_new(folder / "a", disk);
      FAIL() << left;
    } catch (const Error& error) {
      const std::string path = (folder / "a").string();
      EXPECT_EQ(std::string(error.what()), "error: cannot write '" + path + "': No space left on device\n  --> " + path);
    }
    EXPECT_EQ(content(folder / "a"), before);
    EXPECT_EQ(files_in(folder), 1U);
  }
}

TEST(AtomicWrite, KeepsTheOldFileWhereItsContentCanNotBeMade) {
  const Folder folder{{"a", before}};
  const auto write = [](const Sink& sink) {
    sink(first);
    throw Error("no second half");
  };
  EXPECT_THROW(atomic_write(folder / "a", write), Error);
  EXPECT_EQ(content(folder / "a"), before);
  EXPECT_EQ(files_in(folder), 1U);
}

std::size_t calls_of_a_write() {
  const Folder folder{{"a", before}};
  FailingSystem system(never, 0);
  write_new(folder / "a", system);
  return system.calls();
}

TEST(AtomicWrite, IsWholeWhicheverCallFails) {
  const std::size_t calls = calls_of_a_write();
  ASSERT_GE(calls, 8U);
  for (const int code : {EIO, ENOSPC}) {
    std::size_t refused = 0;
    for (std::size_t k = 0; k < calls; ++k) {
      const Folder folder{{"a", before}};
      FailingSystem system(k, code);
      bool failed = false;
      try {
        write_new(folder / "a", system);
      } catch (const Error& error) {
        failed = true;
        // The last step: the new content is there, though the folder may not know it after a loss of power.
        const bool is_in_place = error.message().starts_with("wrote, but cannot sync the folder");
        EXPECT_EQ(content(folder / "a"), is_in_place ? first + second : before) << k;
      }
      if (!failed) {
        EXPECT_EQ(content(folder / "a"), first + second) << k;
      }
      refused += failed ? 1 : 0;
      write_new(folder / "a", FileSystem::real());
      EXPECT_EQ(content(folder / "a"), first + second) << k;
      EXPECT_EQ(files_in(folder), 1U) << k;
    }
    EXPECT_GE(refused, calls - 2) << "only closing may fail unnoticed, after a sync";
  }
}

TEST(AtomicWrite, LeavesNoTemporaryFileWhicheverCallFails) {
  for (std::size_t k = 0; k < calls_of_a_write(); ++k) {
    const Folder folder{{"a", before}};
    FailingSystem system(k, EIO);
    try {
      write_new(folder / "a", system);
    } catch (const Error&) {
      // What is left behind is looked at.
    }
    // A file that nobody could lock is not ours to remove.
    EXPECT_EQ(files_in(folder), k == 1 ? 2U : 1U) << k;
  }
}

TEST(AtomicWrite, IsWholeWhereverTheProcessEnds) {
  const std::size_t calls = calls_of_a_write();
  std::size_t left_behind = 0, replaced = 0;
  for (std::size_t k = 0; k <= calls; ++k) {
    const Folder folder{{"a", before}};
    const pid_t child = fork();
    if (child == 0) {
      DyingSystem system(k);
      write_new(folder / "a", system);
      _exit(0);
    }
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_EQ(WEXITSTATUS(status), k < calls ? 1 : 0) << k;
    const std::string now = content(folder / "a");
    EXPECT_TRUE(now == before || now == first + second) << k << ": " << now;
    replaced += now == before ? 0 : 1;
    left_behind += files_in(folder) - 1;
    // The next write takes over what was left.
    write_new(folder / "a", FileSystem::real());
    EXPECT_EQ(content(folder / "a"), first + second) << k;
    EXPECT_EQ(files_in(folder), 1U) << k;
  }
  EXPECT_GT(left_behind, 0U);
  EXPECT_GT(replaced, 1U);
}

TEST(AtomicWrite, WritersOfOneFileWaitForEachOther) {
  const Folder folder;
  const auto path = folder / "a";
  std::vector<std::thread> threads;
  for (const char letter : {'a', 'b', 'c', 'd'}) {
    threads.emplace_back([&, letter] {
      for (int i = 0; i < 50; ++i) {
        atomic_write(path, [&](const Sink& sink) {
          for (int j = 0; j < 10; ++j) sink(std::string(50, letter));
        });
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const std::string last = content(path);
  EXPECT_EQ(last, std::string(500, last.at(0)));
  EXPECT_EQ(files_in(folder), 1U);
}

TEST(AtomicWrite, FollowsLinksAndWritesToPipesAsTheyAre) {
  const Folder folder{{"there/a", before}};
  std::filesystem::create_symlink("there/a", folder / "link");
  atomic_write(folder / "link", "new");
  EXPECT_TRUE(std::filesystem::is_symlink(folder / "link"));
  EXPECT_EQ(content(folder / "there/a"), "new");

  // Renaming a file over /dev/null would take it away from everyone.
  ASSERT_EQ(mkfifo((folder / "pipe").c_str(), 0600), 0);
  const int reader = open((folder / "pipe").c_str(), O_RDONLY | O_NONBLOCK);
  atomic_write(folder / "pipe", "new");
  char text[4] = {};
  EXPECT_EQ(read(reader, text, 3), 3);
  EXPECT_STREQ(text, "new");
  close(reader);
  EXPECT_TRUE(std::filesystem::is_fifo(folder / "pipe"));
}

TEST(AtomicWrite, NamesAFileThatCanNotBe) {
  const Folder folder;
  const std::string path = (folder / "missing/a").string();
  try {
    atomic_write(path, "new");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(std::string(error.what()), "error: cannot write '" + path + "': No such file or directory\n  --> " + path);
  }
}

TEST(ReadFile, NamesBackslashesWhereThereIsNoSuchFile) {
  const auto helps_of = [](const std::filesystem::path& path) {
    try {
      read_file(path, 1000);
    } catch (const Error& error) {
      return error.diagnostics().front().helps;
    }
    return std::vector<std::string>{"no error"};
  };
  EXPECT_EQ(helps_of("/nowhere/images\\a.jpg"), (std::vector<std::string>{"the name has backslashes, as Windows writes paths"}));
  EXPECT_TRUE(helps_of("/nowhere/images/a.jpg").empty());
}

}  // namespace
}  // namespace detforge
