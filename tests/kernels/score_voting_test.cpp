#include "detforge/kernels/score_voting.h"

#include <gtest/gtest.h>

#include <cmath>

namespace detforge::kernels {
namespace {

Detections one_detection() {
  Detections detections;
  detections.boxes_xyxy = {{0, 0, 10, 10}};
  detections.scores = {0.9F};
  detections.labels = {1};
  return detections;
}

TEST(ScoreVoting, AveragesCandidatesOfTheClassThatOverlap) {
  Candidates candidates;
  candidates.add({0, 0, 10, 10}, 0.5F, 1);
  candidates.add({0, 0, 10, 10}, 0.5F, 1);
  candidates.add({2, 2, 12, 12}, 0.9F, 0);    // of another class
  candidates.add({50, 50, 60, 60}, 0.9F, 1);  // elsewhere
  Detections detections = one_detection();
  score_voting(detections, candidates);
  EXPECT_EQ(detections.boxes_xyxy[0], (Box{0, 0, 10, 10}));
  EXPECT_EQ(detections.scores[0], 0.9F);
}

// Of IoU 9/11 the weight is exp(-(2/11)² / 0.025), by which the box moves towards the candidate.
TEST(ScoreVoting, WeighsByOverlapAndScore) {
  Candidates candidates;
  candidates.add({0, 0, 10, 10}, 1.0F, 1);
  candidates.add({1, 0, 11, 10}, 0.5F, 1);
  Detections detections = one_detection();
  score_voting(detections, candidates);
  const double weight = 0.5 * std::exp(-(2.0 / 11) * (2.0 / 11) / 0.025);
  EXPECT_NEAR(detections.boxes_xyxy[0][0], weight / (1 + weight), 1e-5);
}

TEST(ScoreVoting, LeavesABoxWithoutCandidates) {
  Detections detections = one_detection();
  score_voting(detections, {});
  EXPECT_EQ(detections.boxes_xyxy[0], (Box{0, 0, 10, 10}));
}

}  // namespace
}  // namespace detforge::kernels
