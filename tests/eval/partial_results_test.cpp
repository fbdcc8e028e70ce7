#include "detforge/eval/results/partial_results.h"

#include <gtest/gtest.h>

#include <fstream>

#include "detforge/base/error.h"
#include "detforge/base/files.h"
#include "tests/support/folder.h"

namespace detforge {
namespace {

using testing_support::Folder;

Detections some_detections() {
  Detections detections = {{{0.1F, 2, 1e-7F, 3e7F}, {1, 2, 3, 4}}, {0.3F, 1.0F / 3}, {0, 79}};
  detections.masks = {rle_from_counts(2, 3, {0, 6}), rle_from_counts(2, 3, {1, 2, 3})};
  detections.mask_scores = {0.1F, 0.2F};
  return detections;
}

void expect_same(const Detections& a, const Detections& b) {
  EXPECT_EQ(a.boxes_xyxy, b.boxes_xyxy);
  EXPECT_EQ(a.scores, b.scores);
  EXPECT_EQ(a.labels, b.labels);
  EXPECT_EQ(a.masks, b.masks);
  EXPECT_EQ(a.mask_scores, b.mask_scores);
}

std::string text_of(const Folder& folder) { return read_file(folder / "a.partial", 1U << 20U); }

std::string error_of(const Folder& folder, const std::string& identity = "me", std::size_t images = 3) {
  try {
    const PartialResults results(folder / "a.partial", identity, images, true);
  } catch (const Error& error) {
    return error.message();
  }
  return "no error";
}

void write_three(const Folder& folder) {
  PartialResults results(folder / "a.partial", "me", 3, false);
  results.add(2, some_detections());
  results.add(0, {});
}

TEST(PartialResults, KeepAVideosFramesInOrder) {
  const Folder folder;
  {
    PartialResults results(folder / "a.partial", "me", 3, false);
    results.add_frame(1, some_detections());
    results.add_frame(1, {});
    results.add(0, {});
  }
  {
    PartialResults results(folder / "a.partial", "me", 3, true);
    expect_same(*results.frame(1, 0), some_detections());
    EXPECT_EQ(results.frame(1, 1)->size(), 0U);
    EXPECT_EQ(results.frame(1, 2), nullptr);
    EXPECT_EQ(results.frame(0, 0), nullptr);
    EXPECT_FALSE(results.results()[1].has_value());
    results.add_frame(1, some_detections());
  }
  const PartialResults results(folder / "a.partial", "me", 3, true);
  expect_same(*results.frame(1, 2), some_detections());
  const std::string text = text_of(folder);
  folder.write("a.partial", text + R"({"image":1,"boxes":[],"scores":[],"labels":[],"frame":4})" + "\n");
  EXPECT_EQ(error_of(folder), "frame 3 is missing");
}

TEST(PartialResults, ReadBackEqual) {
  const Folder folder;
  write_three(folder);
  PartialResults results(folder / "a.partial", "me", 3, true);
  ASSERT_TRUE(results.results()[0].has_value());
  EXPECT_EQ(results.results()[0]->size(), 0U);
  EXPECT_FALSE(results.results()[1].has_value());
  expect_same(*results.results()[2], some_detections());
  results.add(1, some_detections());
  EXPECT_EQ(results.take().size(), 3U);
  results.remove();
  EXPECT_FALSE(std::filesystem::exists(folder / "a.partial"));
}

TEST(PartialResults, ContinueWhereverTheRunWasKilled) {
  const Folder folder;
  write_three(folder);
  const std::string whole = text_of(folder);
  for (std::size_t length = whole.find('\n') + 1; length <= whole.size(); ++length) {
    folder.write("a.partial", whole.substr(0, length));
    {
      PartialResults results(folder / "a.partial", "me", 3, true);
      if (results.results()[2]) {
        expect_same(*results.results()[2], some_detections());
      } else {
        EXPECT_FALSE(results.results()[0].has_value());
      }
      results.add(1, some_detections());
    }
    const PartialResults again(folder / "a.partial", "me", 3, true);
    ASSERT_TRUE(again.results()[1].has_value()) << length;
    expect_same(*again.results()[1], some_detections());
  }
}

TEST(PartialResults, BeginAnewUnlessToldToContinue) {
  const Folder folder;
  write_three(folder);
  const PartialResults results(folder / "a.partial", "me", 3, false);
  EXPECT_FALSE(results.results()[2].has_value());
  EXPECT_EQ(error_of(folder), "no error");
}

TEST(PartialResults, AreOfOneRunOnly) {
  const Folder folder;
  write_three(folder);
  EXPECT_EQ(error_of(folder, "another"), "these results are of another config, checkpoint or dataset");
  EXPECT_EQ(error_of(folder, "me", 4), "these results are of another config, checkpoint or dataset");
}

TEST(PartialResults, SayWhatIsWrongInThem) {
  const Folder folder;
  const std::string header = R"({"partial_results":1,"identity":"me","images":3})"
                             "\n";
  const auto error = [&](const std::string& text) {
    folder.write("a.partial", text);
    return error_of(folder);
  };
  EXPECT_EQ(error(""), "this file holds no partial results");
  EXPECT_EQ(error("{\"partial"), "this file holds no partial results");
  EXPECT_EQ(error("[]\n"), "these results are of another config, checkpoint or dataset");
  EXPECT_EQ(error(header + "nonsense\n"), "this is no line of partial results");
  EXPECT_EQ(error(header + "{\"image\":0,\"boxes\":[[1,2,3]],\"scores\":[1],\"labels\":[1]}\n"), "this is no line of partial results");
  EXPECT_EQ(error(header + R"({"image":3,"boxes":[],"scores":[],"labels":[]})" + "\n"), "the dataset has no image 3");
  EXPECT_EQ(error(header + R"({"image":1,"boxes":[],"scores":[1],"labels":[]})" + "\n"), "a list has another length than 'boxes'");
}

}  // namespace
}  // namespace detforge
