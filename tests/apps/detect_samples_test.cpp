#include "detforge/apps/detect_samples.h"

#include <gtest/gtest.h>

#include <map>
#include <opencv2/core.hpp>

namespace detforge {
namespace {

/// A sample of one black image; its position is the image's width.
std::vector<Sample> sample_of(std::size_t index) {
  Sample sample;
  sample.image = cv::Mat::zeros(4, 8, CV_8UC1);
  sample.image.at<std::uint8_t>(0, 0) = static_cast<std::uint8_t>(index);
  sample.decoded = sample.image;
  return {sample};
}

int index_of(const Views& views) { return views.front().image.at<std::uint8_t>(0, 0); }

/// A model that finds as many objects as an image's index says, and calls `check` with each index.
std::function<std::vector<Detections>(std::span<const Views>)> model(std::function<void(int)> check) {
  return [check = std::move(check)](std::span<const Views> views) {
    std::vector<Detections> all;
    for (const Views& one : views) {
      check(index_of(one));
      const auto count = static_cast<std::size_t>(index_of(one));
      all.push_back({std::vector<BoxXyxy>(count), std::vector<float>(count), std::vector<std::int64_t>(count)});
    }
    return all;
  };
}

struct Outcomes {
  std::map<std::size_t, std::size_t> found;  // objects by image
  std::map<std::size_t, std::string> errors;
};

Outcomes run(std::size_t images, std::size_t batch, const std::function<void(int)>& check, std::size_t most = 100) {
  std::vector<std::size_t> indices(images);
  for (std::size_t i = 0; i < images; ++i) indices[i] = i;
  Loader loader(
      [](std::size_t index, Random&) {
        if (index == 2) throw Error("no picture").at("2.jpg");
        return sample_of(index);
      },
      indices, {.workers = 2, .ahead = 8});
  Outcomes all;
  detect_samples(loader, batch, model(check), [&](ImageOutcome outcome) {
    const std::size_t index = outcome.index;
    if (outcome.error != nullptr) {
      all.errors[index] = image_error(outcome.error, std::to_string(index) + ".jpg").what();
    } else {
      EXPECT_EQ(outcome.photo.data != nullptr, true);
      all.found[index] = outcome.found.size();
    }
    return all.found.size() + all.errors.size() < most;
  });
  return all;
}

TEST(DetectSamples, AnErrorOfTheModelLosesOneImageAlone) {
  for (const std::size_t batch : {1U, 3U}) {
    const Outcomes all = run(7, batch, [](int index) { TORCH_CHECK(index != 4, "the kernel is larger than the image"); });
    EXPECT_EQ(all.found, (std::map<std::size_t, std::size_t>{{0, 0}, {1, 1}, {3, 3}, {5, 5}, {6, 6}})) << batch;
    ASSERT_EQ(all.errors.size(), 2U) << batch;
    EXPECT_EQ(all.errors.at(2), "error: no picture\n  --> 2.jpg");
    EXPECT_EQ(all.errors.at(4), "error: the model can not run on this image: the kernel is larger than the image\n  --> 4.jpg");
  }
}

TEST(DetectSamples, AnErrorAboutTheModelEndsTheWork) {
  const auto has_no_thresholds = [](int) { throw Error("the model has no 'test_cfg'"); };
  for (const std::size_t batch : {1U, 3U}) EXPECT_THROW(run(7, batch, has_no_thresholds), Error);
  // After the first image it is about an image.
  const Outcomes all = run(7, 1, [](int index) {
    if (index == 3) throw Error("it has no proposals");
  });
  EXPECT_EQ(all.errors.at(3), "error: it has no proposals\n  --> 3.jpg");
  EXPECT_EQ(all.found.size(), 5U);
}

TEST(DetectSamples, StopsWhereItIsAsked) {
  const Outcomes all = run(
      7, 1, [](int) {}, 4);
  EXPECT_EQ(all.found.size() + all.errors.size(), 4U);
}

TEST(DetectSamples, AFaultOfOursIsNotAnImagesFault) {
  EXPECT_THROW(run(7, 1, [](int index) { static_cast<void>(std::vector<int>().at(static_cast<std::size_t>(index))); }), std::out_of_range);
}

}  // namespace
}  // namespace detforge
