#include "tests/golden/torch/expect_detections.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace detforge::golden {
namespace {

struct Row {
  std::int64_t label;
  std::array<double, 4> box;
  double score;
};

std::vector<Row> rows_of(const Detections& detections) {
  std::vector<Row> rows;
  for (std::size_t i = 0; i < detections.size(); ++i) {
    const auto& box = detections.boxes_xyxy[i];
    rows.push_back({detections.labels[i], {box[0], box[1], box[2], box[3]}, detections.scores[i]});
  }
  return rows;
}

std::vector<Row> rows_of(const Json& dets) {
  std::vector<Row> rows;
  for (const Json& row : dets) {
    rows.push_back({row[0].get<std::int64_t>(),
                    {row[1].get<double>(), row[2].get<double>(), row[3].get<double>(), row[4].get<double>()},
                    row[5].get<double>()});
  }
  return rows;
}

/// For each of `rows` the index of its own partner in `others`, nearest score first; -1 without one.
std::vector<std::ptrdiff_t> partners(const std::vector<Row>& rows, const std::vector<Row>& others, const Tolerances& tolerances) {
  std::vector<std::ptrdiff_t> found(rows.size(), -1);
  std::vector<bool> taken(others.size(), false);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    double nearest = tolerances.score;
    for (std::size_t j = 0; j < others.size(); ++j) {
      if (taken[j] || rows[i].label != others[j].label) continue;
      const double score = std::abs(rows[i].score - others[j].score);
      bool near = score <= nearest;
      for (std::size_t k = 0; k < 4 && near; ++k) near = std::abs(rows[i].box[k] - others[j].box[k]) <= tolerances.box_px;
      if (!near) continue;
      nearest = score;
      found[i] = static_cast<std::ptrdiff_t>(j);
    }
    if (found[i] >= 0) taken[static_cast<std::size_t>(found[i])] = true;
  }
  return found;
}

double overlap(const Row& a, const Row& b) {
  const auto xywh = [](const Row& row) -> BoxXywh { return {row.box[0], row.box[1], row.box[2] - row.box[0], row.box[3] - row.box[1]}; };
  return detforge::overlap(xywh(a), xywh(b), /*crowd=*/false);
}

/// Of two boxes of one class that suppress each other, and whose scores differ in their last digits only, rounding says which stays.
bool suppress_each_other(const Row& a, const Row& b) {
  constexpr double rounding = 1e-6, least_iou_threshold = 0.5;
  return a.label == b.label && std::abs(a.score - b.score) <= rounding && overlap(a, b) > least_iou_threshold;
}

/// The rows without a partner, but those at the cut.
std::vector<Row> lonely(const std::vector<Row>& rows, const std::vector<std::ptrdiff_t>& partners, double cut, double tolerance) {
  std::vector<Row> left;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (partners[i] < 0 && std::abs(rows[i].score - cut) > tolerance) left.push_back(rows[i]);
  }
  return left;
}

void expect_rivals(const std::vector<Row>& rows, const std::vector<Row>& others, const char* whose) {
  for (const Row& row : rows) {
    if (std::any_of(others.begin(), others.end(), [&](const Row& other) { return suppress_each_other(row, other); })) continue;
    ADD_FAILURE() << "only in " << whose << ": class " << row.label << " score " << row.score << " box " << row.box[0] << " " << row.box[1]
                  << " " << row.box[2] << " " << row.box[3];
  }
}

/// The sides of pixels at which the mask ends.
double outline_px(const Rle& mask) {
  const std::vector<std::uint8_t> bitmap = bitmap_of(mask);
  const auto inside = [&](std::int64_t y, std::int64_t x) {
    return y >= 0 && x >= 0 && y < mask.height && x < mask.width && bitmap[static_cast<std::size_t>(y * mask.width + x)] != 0;
  };
  std::int64_t sides = 0;
  for (std::int64_t y = 0; y <= mask.height; ++y) {
    for (std::int64_t x = 0; x <= mask.width; ++x) {
      sides += static_cast<int>(inside(y, x) != inside(y - 1, x)) + static_cast<int>(inside(y, x) != inside(y, x - 1));
    }
  }
  return static_cast<double>(sides);
}

/// A mask has Python's area within 0.1 %. With random weights many are a pixel high and a hundred wide, of which that is less than a
/// pixel, and few have steep borders: their outline may be as far off as the box's tolerated shift, and by twice as much again for the
/// tolerated difference of the probabilities that cross the threshold there; no mask has to agree to less than two pixels.
bool similar_areas(double ours, double wanted, double outline, const Tolerances& tolerances) {
  return std::abs(ours - wanted) <= std::max(1e-3 * wanted + 3 * tolerances.box_px * outline, 2.0);
}

void expect_masks(const Detections& ours, const std::vector<std::ptrdiff_t>& partner_of_wanted, const Json& record,
                  const Tolerances& tolerances) {
  ASSERT_EQ(ours.masks.size(), ours.size());
  const auto areas = record["mask_area"].get<std::vector<double>>();
  ASSERT_EQ(areas.size(), partner_of_wanted.size());
  double all = 0, all_wanted = 0, all_outlines = 0;
  for (std::size_t i = 0; i < areas.size(); ++i) {
    if (partner_of_wanted[i] < 0) continue;
    const Rle& mask = ours.masks[static_cast<std::size_t>(partner_of_wanted[i])];
    const auto area = static_cast<double>(area_of(mask));
    const double outline = outline_px(mask);
    EXPECT_TRUE(similar_areas(area, areas[i], outline, tolerances)) << "mask " << i << " has " << area << " px, Python's " << areas[i];
    all += area;
    all_wanted += areas[i];
    all_outlines += outline;
  }
  // Together they differ less: by 0.2 %, and by two thousandths of a pixel along their outlines.
  EXPECT_LE(std::abs(all - all_wanted), 2e-3 * (all_wanted + all_outlines)) << "the masks have " << all << " px, Python's " << all_wanted;
  for (const Json& mask : record["mask_rle_top"]) {
    const auto wanted = partner_of_wanted.at(mask["det"].get<std::size_t>());
    if (wanted < 0) continue;
    const auto size = mask["size"].get<std::array<std::uint64_t, 2>>();
    const Rle python = rle_from_text(size[0], size[1], mask["counts"].get<std::string>());
    const Rle& mine = ours.masks[static_cast<std::size_t>(wanted)];
    ASSERT_EQ(mine.height, python.height);
    ASSERT_EQ(mine.width, python.width);
    const std::vector<Rle> both = {mine, python};
    const auto together = static_cast<double>(area_of(merge(both))), shared = static_cast<double>(area_of(merge(both, true)));
    EXPECT_TRUE(similar_areas(shared, together, outline_px(mine), tolerances))
        << "mask " << mask["det"] << " shares " << shared << " of " << together << " px";
  }
}

}  // namespace

void expect_detections(const Detections& ours, const Json& record, const Tolerances& tolerances) {
  std::vector<Row> rows = rows_of(ours);
  const std::vector<Row> wanted = rows_of(record["dets"]);
  // Of proposals only the best are recorded.
  if (record.contains("count")) {
    EXPECT_EQ(rows.size(), record["count"].get<std::size_t>());
    if (rows.size() > wanted.size()) rows.resize(wanted.size());
  }
  double cut = 1;
  for (const Row& row : wanted) cut = std::min(cut, row.score);
  const auto ours_to_wanted = partners(rows, wanted, tolerances), wanted_to_ours = partners(wanted, rows, tolerances);
  const std::vector<Row> only_ours = lonely(rows, ours_to_wanted, cut, tolerances.score);
  const std::vector<Row> only_wanted = lonely(wanted, wanted_to_ours, cut, tolerances.score);
  expect_rivals(only_ours, only_wanted, "ours");
  expect_rivals(only_wanted, only_ours, "Python's");
  if (record.contains("mask_area")) expect_masks(ours, wanted_to_ours, record, tolerances);
}

}  // namespace detforge::golden
