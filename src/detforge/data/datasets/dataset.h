#pragma once

#include <memory>
#include <string>
#include <vector>

#include "detforge/data/datasets/annotation_findings.h"
#include "detforge/data/formats/record_id.h"
#include "detforge/data/transforms/transform.h"

/// Datasets: lists of images with what is known of them, and the samples that pipelines make of both.
namespace detforge {

/// What is known of an image without opening it: MMDetection's `img_info`.
struct ImageInfo {
  RecordId id;           ///< COCO's; in other layouts the position in the file
  std::string filename;  ///< relative to the dataset's `img_prefix`
  ImageSize size;        ///< 0 × 0 where the annotations do not say
  std::string seg_map;   ///< relative to `seg_prefix`; empty where there is none
};

/// Images with annotations. Immutable once built, but for `MultiImageMixDataset::set_skip_type_keys`: threads may share it, each
/// with its own `Random`. Indices are below `size()`.
class Dataset : public SamplePool {
 public:
  /// Names by label; empty where neither the config nor the dataset knows any.
  virtual const std::vector<std::string>& classes() const = 0;
  virtual bool test_mode() const = 0;
  /// [size()] the group of each image, which batches do not mix: 1 wider than high, else 0. Empty in test mode.
  virtual const std::vector<std::uint8_t>& flag() const = 0;
  virtual const ImageInfo& image(std::size_t index) const = 0;
  /// MMDetection's `get_ann_info`.
  virtual AnnInfo annotations(std::size_t index) const = 0;
  /// MMDetection's `get_cat_ids`: of all annotations, in the dataset's own numbers (COCO's ids, VOC's labels).
  virtual std::vector<RecordId> category_ids(std::size_t index) const = 0;
  /// What a pipeline starts from: names, sizes, prefixes, proposals and, for training, the annotations.
  virtual Sample prepare(std::size_t index) const = 0;
  /// The sample after the dataset's pipeline: the views of a test pipeline, or one. Where a training pipeline drops a
  /// sample, another one of the same group takes its place. Throws `Error` naming the file.
  virtual std::vector<Sample> get(std::size_t index, Random& random) const = 0;
  /// What was wrong with the files that it was read from.
  virtual const AnnotationFindings& findings() const = 0;
};

/// `DATASETS`
Registry<Dataset>& datasets();

/// MMDetection's `build_dataset`: a component of `DATASETS`, a list of them (concatenated), or one with lists of annotation
/// files (the same). `defaults`, such as `dict(test_mode=True)`, go to the innermost datasets. Throws `Error` at the place in
/// the config, or naming the file.
std::shared_ptr<Dataset> build_dataset(const Value& config, const BuildContext& context = {}, const Value& defaults = {});

}  // namespace detforge
