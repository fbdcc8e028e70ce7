#pragma once

#include "detforge/data/transforms/transform.h"

namespace detforge {

/// Throws `ArgumentError` where a `file_client_args` names another place than the disk.
void check_file_client(const ConfigDict& file_client_args);

/// Puts what the dataset knows of an image into the sample: boxes, labels, masks, the semantic map.
class LoadAnnotations : public Transform {
 public:
  struct Options {
    bool with_bbox = true;
    bool with_label = true;
    bool with_mask = false;
    bool with_seg = false;
    bool poly2mask = true;
    bool denorm_bbox = false;
    ConfigDict file_client_args{{"backend", "disk"}};
  };
  static Arguments<Options> arguments();

  LoadAnnotations(const Options& options, const BuildContext&) : options_(options) { check_file_client(options.file_client_args); }

  void apply(Sample& sample, Random& random) const override;

 protected:
  /// Of a sample of a dataset; throws `Error` for another.
  static const AnnInfo& annotations_of(const Sample& sample);
  /// The file of the semantic or panoptic map.
  static std::string seg_map_of(const Sample& sample);

  void load_boxes_and_labels(Sample& sample) const;

  Options options_;

 private:
  InstanceMasks masks_of(const Sample& sample) const;
};

}  // namespace detforge
