#include "tests/golden/torch/expect_detections.h"

#include <gtest/gtest.h>

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

void expect_partners(const std::vector<Row>& rows, const std::vector<std::ptrdiff_t>& partners, double cut, const Tolerances& tolerances,
                     const char* whose) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (partners[i] >= 0 || std::abs(rows[i].score - cut) <= tolerances.score) continue;
    const auto& box = rows[i].box;
    ADD_FAILURE() << "only in " << whose << ": class " << rows[i].label << " score " << rows[i].score << " box " << box[0] << " " << box[1]
                  << " " << box[2] << " " << box[3];
  }
}

/// Pixels whose probability is next to the threshold may fall on either side: with random weights a few of each mask do, but of an
/// image's masks together no more than one in a thousand.
bool similar_areas(double ours, double wanted) { return std::abs(ours - wanted) <= std::max(2e-2 * wanted, 4.0); }

void expect_masks(const Detections& ours, const std::vector<std::ptrdiff_t>& partner_of_wanted, const Json& record) {
  ASSERT_EQ(ours.masks.size(), ours.size());
  const auto areas = record["mask_area"].get<std::vector<double>>();
  ASSERT_EQ(areas.size(), partner_of_wanted.size());
  double all = 0, all_wanted = 0;
  for (std::size_t i = 0; i < areas.size(); ++i) {
    if (partner_of_wanted[i] < 0) continue;
    const auto area = static_cast<double>(area_of(ours.masks[static_cast<std::size_t>(partner_of_wanted[i])]));
    EXPECT_TRUE(similar_areas(area, areas[i])) << "mask " << i << " has " << area << " px, Python's " << areas[i];
    all += area;
    all_wanted += areas[i];
  }
  EXPECT_LE(std::abs(all - all_wanted), 1e-3 * all_wanted) << "the masks have " << all << " px, Python's " << all_wanted;
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
    EXPECT_TRUE(similar_areas(shared, together)) << "mask " << mask["det"] << " shares " << shared << " of " << together << " px";
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
  EXPECT_EQ(rows.size(), wanted.size());
  const auto ours_to_wanted = partners(rows, wanted, tolerances), wanted_to_ours = partners(wanted, rows, tolerances);
  expect_partners(rows, ours_to_wanted, cut, tolerances, "ours");
  expect_partners(wanted, wanted_to_ours, cut, tolerances, "Python's");
  if (record.contains("mask_area")) expect_masks(ours, wanted_to_ours, record);
}

}  // namespace detforge::golden
