#include "detforge/eval/lvis/lvis_evaluation.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "detforge/base/error.h"

namespace detforge {
namespace {

using Json = nlohmann::ordered_json;

/// A problem made of the numbers of a small generator, so that other programs can make the same one.
struct Problem {
  std::uint64_t state = 12345;
  Json annotations;
  Json results = Json::array();

  int next(int below) {
    state = (state * 1103515245 + 12345) % 2147483648;
    return static_cast<int>((state >> 16U) % static_cast<unsigned>(below));
  }
  Problem() {
    constexpr int categories = 9;
    constexpr int images = 12;
    annotations = {{"images", Json::array()}, {"categories", Json::array()}, {"annotations", Json::array()}};
    for (int k = 0; k < categories; ++k) {
      annotations["categories"].push_back({{"id", k + 1}, {"name", "c" + std::to_string(k)}, {"frequency", std::string(1, "rcf"[k % 3])}});
    }
    for (int i = 0; i < images; ++i) {
      const int first = next(categories) + 1;
      const int second = next(categories) + 1;
      annotations["images"].push_back({{"id", i + 1},
                                       {"width", 400},
                                       {"height", 400},
                                       {"neg_category_ids", {first, second}},
                                       {"not_exhaustive_category_ids", Json::array({next(categories) + 1})}});
    }
    for (int a = 0; a < 60; ++a) {
      const int image = next(images) + 1, category = next(categories) + 1;
      const int w = 5 + next(150), h = 5 + next(150), x = next(200), y = next(200);
      const int ignore = next(12) == 0 ? 1 : 0;
      annotations["annotations"].push_back(
          {{"id", a + 1}, {"image_id", image}, {"category_id", category}, {"bbox", {x, y, w, h}}, {"area", w * h}, {"ignore", ignore}});
      for (int i = 0; i < 3; ++i) {
        const int dx = next(9) - 4, dy = next(9) - 4, dw = next(9) - 4, dh = next(9) - 4;
        add(image, category, {x + dx, y + dy, w + dw, h + dh});
      }
      const int elsewhere = next(images) + 1, other = next(categories) + 1;
      const int ox = next(200), oy = next(200), ow = 5 + next(150), oh = 5 + next(150);
      add(elsewhere, other, {ox, oy, ow, oh});
    }
  }
  void add(int image, int category, const std::vector<int>& box) {
    results.push_back({{"image_id", image}, {"category_id", category}, {"bbox", box}, {"score", next(1000) / 1000.0}});
  }
  LvisEvaluation evaluate(std::size_t max_detections) const {
    const auto truth = JsonDocument::parse(annotations.dump(), "gt.json");
    const auto found = JsonDocument::parse(results.dump(), "dt.json");
    CocoAnnotations read = read_coco_annotations(truth, false, AnnotationStyle::Lvis);
    CocoResults detections = read_coco_results(found, read, false);
    return evaluate_lvis(std::move(read), std::move(detections), {false, max_detections, 2});
  }
};

std::vector<double> values_of(const LvisEvaluation& evaluation) {
  std::vector<double> values;
  for (const auto& [name, value] : evaluation.metrics) values.push_back(value);
  return values;
}

// The numbers are those of LVISEval of github.com/lvis-dataset/lvis-api at 7d7f07d on the same problem, run by hand with the 300 and the 12
// best detections of an image (`LVISResults(…, max_dets)`), written with all digits.
TEST(Lvis, HasTheNumbersOfThePackage) {
  EXPECT_EQ(values_of(Problem().evaluate(300)),
            (std::vector<double>{0.5011078103047786, 0.7110970585239762, 0.5589967332476451, 0.3375, 0.5507223822639178, 0.7583329404369008,
                                 0.5887643570465455, 0.4964819834170445, 0.41807709045074587, 0.7713443963443963, 0.35, 0.7552910052910055,
                                 0.8979166666666668}));
}

TEST(Lvis, KeepsTheBestDetectionsOfAnImage) {
  EXPECT_EQ(values_of(Problem().evaluate(12)),
            (std::vector<double>{0.43852720142216484, 0.6364356276897533, 0.47686554369722683, 0.2375, 0.4141828547934158,
                                 0.7444925742574258, 0.500654004363647, 0.4543270993766043, 0.3606005005262431, 0.6152116402116402, 0.25,
                                 0.527116402116402, 0.8708333333333332}));
}

TEST(Lvis, PrintsThePackagesLines) {
  const std::string text = lvis_text(Problem().evaluate(300).metrics, 300);
  EXPECT_NE(text.find(" Average Precision  (AP) @[ IoU=0.50      | area=   all | maxDets=300 catIds=all] = 0.711\n"), std::string::npos)
      << text;
  EXPECT_NE(text.find(" Average Precision  (AP) @[ IoU=0.50:0.95 | area=   all | maxDets=300 catIds=  r] = 0.589\n"), std::string::npos)
      << text;
  EXPECT_NE(text.find(" Average Recall     (AR) @[ IoU=0.50:0.95 | area=     l | maxDets=300 catIds=all] = 0.898\n"), std::string::npos)
      << text;
}

TEST(Lvis, NeedsFrequencies) {
  Problem problem;
  problem.annotations["categories"][2].erase("frequency");
  try {
    problem.evaluate(300);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.message(), "the category 'c2' has no frequency r, c or f: is this LVIS?");
  }
}

}  // namespace
}  // namespace detforge
