#pragma once

#include <functional>
#include <optional>
#include <variant>

#include "detforge/data/datasets/annotation_columns.h"
#include "detforge/data/datasets/dataset.h"
#include "detforge/data/datasets/proposal_file.h"
#include "detforge/data/pipeline.h"

namespace detforge {

/// By which of MMDetection's rules results on a dataset are measured.
enum class EvaluationRules { Custom, Coco, Lvis, Voc2007, Voc2012, OpenImages };

/// What a dataset's files say, before images are filtered.
struct LoadedAnnotations {
  EvaluationRules rules = EvaluationRules::Custom;
  std::vector<std::string> classes;
  std::vector<ImageInfo> images;  ///< in the order of MMDetection's results
  AnnotationColumns columns;      ///< grouped by `images`
  /// By the categories of `columns`: what `category_ids` says of each, and its label, -1 where it is none of the classes.
  std::vector<RecordId> category_ids;
  std::vector<std::int64_t> labels;
  std::vector<RecordId> cat_ids;          ///< [classes] what results call each label: COCO's category ids; else empty
  std::vector<std::uint8_t> is_empty;     ///< [images] 1: `filter_empty_gt` drops it; empty where it drops none
  std::int64_t min_side_px = 32;          ///< training leaves out images that are smaller
  bool counts_ignored = true;             ///< whether `category_ids` tells of ignored ones
  bool has_labels_of_ignored = false;     ///< whether `labels_ignore` is filled
  std::vector<std::uint8_t> is_group_of;  ///< [rows of `columns`] or empty; OpenImages
  AnnotationFindings findings;
};

/// What MMDetection's datasets have in common (its `CustomDataset` as a base class): paths, classes, filters, proposals and the
/// pipeline. A derived dataset gives the function that reads its files.
class AnnotatedDataset : public Dataset {
 public:
  struct Options {
    std::string ann_file;
    Value pipeline = Value::list();
    std::optional<std::variant<std::string, std::vector<std::string>>> classes;
    std::optional<std::string> data_root;
    std::optional<std::string> img_prefix = "";
    std::optional<std::string> seg_prefix;
    std::string seg_suffix = ".png";
    std::optional<std::string> proposal_file;
    bool test_mode = false;
    bool filter_empty_gt = true;
    ConfigDict file_client_args{{"backend", "disk"}};
  };
  static Arguments<Options> arguments();

  std::size_t size() const override { return records_.size(); }
  std::size_t objects_of(std::size_t index) const override;
  const std::vector<std::string>& classes() const override { return loaded_.classes; }
  bool test_mode() const override { return options_.test_mode; }
  const std::vector<std::uint8_t>& flag() const override { return flag_; }
  const ImageInfo& image(std::size_t index) const override { return loaded_.images[records_[index]]; }
  AnnInfo annotations(std::size_t index) const override;
  std::vector<RecordId> category_ids(std::size_t index) const override;
  Sample prepare(std::size_t index) const override;
  std::vector<Sample> get(std::size_t index, Random& random) const override;
  const AnnotationFindings& findings() const override { return loaded_.findings; }

  EvaluationRules rules() const { return loaded_.rules; }
  /// With `data_root` in front.
  const std::string& ann_file() const { return options_.ann_file; }
  const std::string& img_prefix() const { return *options_.img_prefix; }
  /// What results call each label: COCO's category ids; empty in other layouts.
  const std::vector<RecordId>& cat_ids() const { return loaded_.cat_ids; }
  /// Bytes of the annotations' columns.
  std::size_t memory_bytes() const { return loaded_.columns.memory_bytes(); }

 protected:
  /// Reads the files; gets the options with joined paths.
  using Load = std::function<LoadedAnnotations(const Options&)>;

  /// Throws `Error` for files that can not be read, or where nothing in them could be.
  AnnotatedDataset(const Options& options, const BuildContext& context, const Load& load);

 private:
  /// Annotations made on Windows name `images\a.jpg`.
  void find_files_with_backslashes();
  void filter();
  std::size_t another(std::size_t index, Random& random) const;

  Options options_;
  LoadedAnnotations loaded_;
  std::vector<std::uint32_t> records_;  ///< positions in `loaded_.images`
  std::vector<std::uint8_t> flag_;
  std::optional<ProposalFile> proposals_;  ///< of all images, before filtering
  std::optional<Pipeline> pipeline_;
};

/// The names that `classes` gives: itself, the lines of the file that it names, or `standard`. Throws `Error`.
std::vector<std::string> class_names(const AnnotatedDataset::Options& options, const std::vector<std::string>& standard);

/// Label by name; throws nothing, -1 for a name that is none.
std::int64_t label_of(const std::vector<std::string>& classes, std::string_view name);

}  // namespace detforge
