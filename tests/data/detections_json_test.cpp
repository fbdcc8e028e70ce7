#include "detforge/data/detections_json.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace detforge {
namespace {

Detections two_detections() { return {{{0.1F, 0.2F, 10.7F, 20.9F}, {1, 2, 3, 4}}, {0.75F, 0.25F}, {1, 0}}; }

TEST(DetectionsJson, WritesNumbersThatReadBackEqual) {
  const std::vector<std::string> classes = {"cat", "dog \"x\"\n"};
  DetectionsJson json(classes, 0.0);
  json.add("a.jpg", two_detections());
  const auto read = nlohmann::json::parse(json.text());
  ASSERT_EQ(read.size(), 2U);
  EXPECT_EQ(read[0]["file_name"], "a.jpg");
  EXPECT_EQ(read[0]["class"], "dog \"x\"\n");
  EXPECT_EQ(read[0]["label"], 1);
  EXPECT_EQ(read[0]["bbox"][0].get<double>(), double{0.1F});
  EXPECT_EQ(read[0]["bbox"][2].get<double>(), double{10.7F} - double{0.1F});
  EXPECT_EQ(read[0]["score"].get<double>(), 0.75);
}

TEST(DetectionsJson, LeavesOutWhatScoresBelowTheThreshold) {
  DetectionsJson json({}, 0.5);
  json.add("a.jpg", two_detections());
  const auto read = nlohmann::json::parse(json.text());
  ASSERT_EQ(read.size(), 1U);
  EXPECT_EQ(read[0]["class"], "1");
}

TEST(DetectionsJson, HoldsMasksAsCocosCompressedRuns) {
  Detections detections = two_detections();
  detections.masks = {rle_from_counts(2, 3, {1, 2, 3}), rle_from_counts(2, 3, {6})};
  DetectionsJson json({}, 0);
  json.add("a.jpg", detections);
  const auto read = nlohmann::json::parse(json.text());
  ASSERT_EQ(read.size(), 2U);
  EXPECT_EQ(read[0]["segmentation"]["size"], (std::vector<int>{2, 3}));
  EXPECT_EQ(rle_from_text(2, 3, read[0]["segmentation"]["counts"].get<std::string>()), detections.masks[0]);
  EXPECT_EQ(read[1]["segmentation"]["counts"], "6");
}

TEST(DetectionsJson, IsAnEmptyListWithoutDetections) { EXPECT_EQ(DetectionsJson({}, 0.5).text(), "[]\n"); }

TEST(DetectionsJson, ReplacesFileNameBytesThatAreNoText) {
  DetectionsJson json({}, 0);
  json.add("\xFF.jpg", two_detections());
  EXPECT_EQ(nlohmann::json::parse(json.text())[0]["file_name"], "\xEF\xBF\xBD.jpg");
}

}  // namespace
}  // namespace detforge
