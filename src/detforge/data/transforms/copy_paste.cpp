#include <algorithm>
#include <cmath>
#include <opencv2/core.hpp>

#include "detforge/data/transforms/select_objects.h"

namespace detforge {

/// Pastes objects of another image, by their masks, over this one. Both have one size. Objects that are covered too much are left out.
/// Ghiasi et al.: Simple Copy-Paste, arXiv 2012.07177. Without masks the boxes are pasted whole.
class CopyPaste : public Transform {
 public:
  struct Options {
    std::int64_t max_num_pasted = 100;
    double bbox_occluded_thr = 10;
    double mask_occluded_thr = 300;
    bool selected = true;
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::max_num_pasted, "max_num_pasted", "most objects that are pasted").at_least(1),
            arg(&Options::bbox_occluded_thr, "bbox_occluded_thr", "px by which a covered object's box may change and still be kept"),
            arg(&Options::mask_occluded_thr, "mask_occluded_thr", "px that a covered object must keep, or else its box"),
            arg(&Options::selected, "selected", "paste a random part of the objects, not all")};
  }

  CopyPaste(const Options& options, const BuildContext&) : options_(options) {}

  std::vector<std::size_t> get_indexes(const SamplePool& pool, Random& random) const override {
    return {static_cast<std::size_t>(random.randint(0, static_cast<std::int64_t>(pool.size())))};
  }

  void apply(Sample& sample, Random& random) const override;

 private:
  static BitmapMasks masks_of(const Sample& sample);
  bool is_kept(const BoxXyxy& old, const BoxXyxy& box, double area) const;

  Options options_;
};

/// The sample's own masks, else its boxes filled.
BitmapMasks CopyPaste::masks_of(const Sample& sample) {
  const ImageSize size{sample.image.rows, sample.image.cols};
  if (sample.gt_masks) {
    if (sample.gt_masks->bitmaps() == nullptr)
      throw Error("CopyPaste needs masks that are bitmaps").help("give LoadAnnotations poly2mask=True");
    return *sample.gt_masks->bitmaps();
  }
  std::vector<std::uint8_t> pixels(sample.gt_bboxes->size() * sample.image.total());
  for (std::size_t i = 0; i < sample.gt_bboxes->size(); ++i) {
    const auto [x1, y1, x2, y2] = (*sample.gt_bboxes)[i];
    cv::Mat mask(sample.image.rows, sample.image.cols, CV_8UC1, pixels.data() + i * sample.image.total());
    const cv::Rect inside =
        cv::Rect(cv::Point(static_cast<int>(x1), static_cast<int>(y1)), cv::Point(static_cast<int>(x2), static_cast<int>(y2))) &
        cv::Rect({0, 0}, mask.size());
    mask(inside).setTo(1);
  }
  return {std::move(pixels), size};
}

bool CopyPaste::is_kept(const BoxXyxy& old, const BoxXyxy& box, double area) const {
  if (area > options_.mask_occluded_thr) return true;
  for (std::size_t i = 0; i < 4; ++i) {
    if (std::abs(box[i] - old[i]) > static_cast<float>(options_.bbox_occluded_thr)) return false;
  }
  return true;
}

void CopyPaste::apply(Sample& sample, Random& random) const {
  if (sample.mix_results.size() != 1)
    throw Error("CopyPaste needs one other sample").help("it belongs into a MultiImageMixDataset's pipeline");
  Sample& other = sample.mix_results.front();
  if (!sample.gt_bboxes || !sample.gt_labels || !other.gt_bboxes || !other.gt_labels)
    throw Error("CopyPaste needs boxes and labels of both images");
  if (sample.image.size() != other.image.size() || sample.image.type() != other.image.type())
    throw Error("CopyPaste needs images of one size");
  const bool by_box = !sample.gt_masks || !other.gt_masks;
  const BitmapMasks old_masks = masks_of(sample);
  other.gt_masks = masks_of(other);
  if (options_.selected) {
    const std::size_t count = other.gt_bboxes->size();
    const auto most = std::min(static_cast<std::int64_t>(count) + 1, options_.max_num_pasted);
    const auto pasted = static_cast<std::size_t>(random.randint(0, most));
    select_objects(other, random.choice_without_replacement(count, pasted));
  }
  if (other.gt_bboxes->empty()) return;
  const BitmapMasks& pasted = *other.gt_masks->bitmaps();
  std::vector<std::uint8_t> covered(sample.image.total());
  for (std::size_t i = 0; i < pasted.count(); ++i) {
    for (std::size_t p = 0; p < covered.size(); ++p) covered[p] |= pasted[i][p];
  }
  std::vector<std::uint8_t> pixels(old_masks.pixels().begin(), old_masks.pixels().end());
  for (std::size_t p = 0; p < pixels.size(); ++p) pixels[p] = covered[p % covered.size()] != 0 ? 0 : pixels[p];
  BitmapMasks masks(std::move(pixels), old_masks.size());
  const std::vector<BoxXyxy> boxes = masks.boxes();
  const std::vector<double> areas = masks.areas();
  std::vector<std::size_t> kept;
  for (std::size_t i = 0; i < boxes.size(); ++i) {
    if (is_kept((*sample.gt_bboxes)[i], boxes[i], areas[i])) kept.push_back(i);
  }
  masks = masks.select(kept);
  masks.append(pasted);
  sample.gt_bboxes = selected(boxes, kept);
  sample.gt_bboxes->insert(sample.gt_bboxes->end(), other.gt_bboxes->begin(), other.gt_bboxes->end());
  sample.gt_labels = selected(*sample.gt_labels, kept);
  sample.gt_labels->insert(sample.gt_labels->end(), other.gt_labels->begin(), other.gt_labels->end());
  if (by_box) {
    sample.gt_masks.reset();
  } else {
    sample.gt_masks = masks;
  }
  cv::Mat image = sample.image.clone();
  other.image.copyTo(image, cv::Mat(image.rows, image.cols, CV_8UC1, covered.data()));
  sample.image = image;
}

DETFORGE_REGISTER(transforms, CopyPaste,
                  {.name = "CopyPaste",
                   .python = "mmdet.datasets.pipelines.transforms.CopyPaste",
                   .meaning = "pastes objects of another image",
                   .since = Reference::V2_27});

}  // namespace detforge
