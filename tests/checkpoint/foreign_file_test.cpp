#include "detforge/checkpoint/foreign_file.h"

#include <gtest/gtest.h>

#include <string>

#include "detforge/checkpoint/checkpoint.h"
#include "tests/checkpoint/assemble.h"

namespace detforge {
namespace {

std::string message_of(const std::string& file) {
  try {
    static_cast<void>(Checkpoint::from_bytes(std::as_bytes(std::span(file)), "file.pth"));
    return {};
  } catch (const Error& error) {
    return error.message();
  }
}

TEST(ForeignFile, IsNamed) {
  EXPECT_EQ(message_of("version https://git-lfs.github.com/spec/v1\noid sha256:12\nsize 3\n"),
            "this is a Git LFS pointer, not the file that it stands for");
  EXPECT_EQ(message_of("\xef\xbb\xbf \n<!DOCTYPE html><html></html>"), "this is a web page, not a checkpoint");
  EXPECT_EQ(message_of("<?xml version=\"1.0\"?><Error/>"),
            "this is XML, not a checkpoint: most often a server's error in the place of the file");
  EXPECT_EQ(message_of("\x1f\x8b\x08 compressed"), "this is a gzip archive, not a checkpoint");
  EXPECT_EQ(message_of("\x93NUMPY array"), "this is an array of NumPy's, not a checkpoint");
  EXPECT_EQ(message_of(testing_support::pickle(testing_support::pickled_dict({}))),
            "this is a plain pickle, as Detectron2 publishes weights, not a checkpoint of torch.save");
  EXPECT_EQ(message_of("anything else"), "this is no checkpoint: neither torch's formats nor safetensors begin so");
}

TEST(ForeignFile, ArchivesAreNamedToo) {
  using testing_support::zip;
  EXPECT_EQ(message_of(zip({{"model/constants.pkl", "x"}, {"model/data.pkl", "x"}})), "this is a TorchScript archive, not a checkpoint");
  EXPECT_EQ(message_of(zip({{"a.npy", "x"}})), "this is an archive of NumPy's arrays, not a checkpoint of torch.save");
  EXPECT_EQ(message_of(zip({{"epoch_12.pth", "x"}})), "this is an archive with the checkpoint 'epoch_12.pth' in it");
}

}  // namespace
}  // namespace detforge
