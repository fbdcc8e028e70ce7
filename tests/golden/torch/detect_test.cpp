#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>

#include "detforge/apps/inference.h"
#include "detforge/nn/load_state_dict.h"
#include "tests/support/golden.h"
#include "tests/support/paths.h"

/// Real weights on real photos: the detections that Python MMDetection made of them.
namespace detforge::golden {
namespace {

struct Row {
  std::array<double, 4> box_xywh;
  double score;
};
using Rows = std::map<std::pair<std::int64_t, std::int64_t>, std::vector<Row>>;  // photo, category

std::vector<std::int64_t> category_ids() {
  const Json annotations = read_json(data_dir() / "coco_tiny/annotations/instances_val2017.json");
  std::vector<std::int64_t> ids;
  for (const Json& category : annotations["categories"]) ids.push_back(category["id"]);
  return ids;
}

bool is_partner(const Row& a, const Row& b) {
  if (std::abs(a.score - b.score) > 1e-4) return false;
  for (std::size_t i = 0; i < 4; ++i) {
    if (std::abs(a.box_xywh[i] - b.box_xywh[i]) > 0.05) return false;
  }
  return true;
}

/// How many rows of at least that score have no partner among the others, of how many.
std::pair<std::size_t, std::size_t> unmatched(const Rows& rows, Rows others, double least_score) {
  std::size_t left = 0, all = 0;
  for (const auto& [key, list] : rows) {
    auto& candidates = others[key];
    for (const Row& row : list) {
      const auto partner = std::find_if(candidates.begin(), candidates.end(), [&](const Row& other) { return is_partner(row, other); });
      const bool counts = row.score >= least_score;
      all += counts ? 1 : 0;
      if (partner != candidates.end()) {
        candidates.erase(partner);
      } else {
        left += counts ? 1 : 0;
      }
    }
  }
  return {left, all};
}

void check_yolox_nano() {
  const auto reference = golden_dir() / "yolox_nano_coco_tiny_val.bbox.json.gz";
  const auto weights = data_dir() / "yolox_nano_coco.pth";
  if (!std::filesystem::exists(reference) || !std::filesystem::exists(weights)) GTEST_SKIP() << "no reference detections or weights";
  const Config config = Config::from_file(source_dir() / "configs/yolox/yolox_nano_8x8_300e_coco.py");
  const auto model = build_detector(config["model"]);
  EXPECT_TRUE(nn::load_state_dict(*model, Checkpoint::read(weights), /*strict=*/true).empty());
  Inference inference(model, inference_pipeline(config, Reference::V2_8), {});
  const auto ids = category_ids();
  Rows ours, wanted;
  const Json detections = read_json(reference);
  for (const Json& row : detections) {
    wanted[{row["image_id"], row["category_id"]}].push_back({row["bbox"].get<std::array<double, 4>>(), row["score"]});
  }
  std::set<std::int64_t> photos;
  for (const auto& [key, rows] : wanted) photos.insert(key.first);
  for (const auto& entry : std::filesystem::directory_iterator(data_dir() / "coco_tiny/val2017")) {
    const std::int64_t photo = std::stoll(entry.path().stem());
    const Detections found = inference.detect(std::vector<Views>{inference.prepare(entry.path())}).front();
    for (std::size_t i = 0; i < found.size(); ++i) {
      const auto& box = found.boxes_xyxy[i];
      const std::array<double, 4> xywh = {box[0], box[1], double{box[2]} - double{box[0]}, double{box[3]} - double{box[1]}};
      ours[{photo, ids.at(static_cast<std::size_t>(found.labels[i]))}].push_back({xywh, found.scores[i]});
    }
  }
  EXPECT_EQ(photos.size(), 80U);
  for (const auto& [missing, all] : {unmatched(wanted, ours, 0.05), unmatched(ours, wanted, 0.05)}) {
    EXPECT_LE(static_cast<double>(missing), 0.005 * static_cast<double>(all)) << missing << " of " << all;
  }
  EXPECT_EQ(unmatched(wanted, ours, 0.3).first, 0U);
  EXPECT_EQ(unmatched(ours, wanted, 0.3).first, 0U);
}

const SuiteMaker maker([] { add_case("Numerics", "yolox_nano_on_photos", check_yolox_nano); });

}  // namespace
}  // namespace detforge::golden
