#pragma once

#include "detforge/data/datasets/annotated_dataset.h"
#include "detforge/data/formats/coco_json.h"

namespace detforge {

/// In what the datasets of COCO's layout differ.
struct CocoDialect {
  /// Names where the config gives none; empty: those of the file's categories.
  std::vector<std::string> classes;
  /// LVIS: every category of the file is a class, whatever `classes` says.
  bool takes_all_categories = false;
  /// Cityscapes: boxes outside of their image stay, and images with nothing but crowds count as empty.
  bool keeps_boxes_outside = false;
  bool drops_images_of_crowds = false;
  /// The name of an image's file below `img_prefix`; nothing for one that has none.
  std::string (*file_of)(const CocoImage& image) = [](const CocoImage& image) { return image.file_name; };
  /// The segmentation map of an image in the file `name`.
  std::string (*seg_map_of)(const CocoImage& image, const std::string& name, const std::string& suffix) =
      [](const CocoImage&, const std::string& name, const std::string& suffix) { return name.substr(0, name.rfind('.')) + suffix; };
};

/// Reads `ann_file`. A wrong record is left out and found in `findings`. Throws `Error` where the file is no JSON or has no
/// images or categories.
LoadedAnnotations load_coco(const AnnotatedDataset::Options& options, const CocoDialect& dialect);
/// The same of a document at hand.
LoadedAnnotations load_coco(const JsonDocument& document, const AnnotatedDataset::Options& options, const CocoDialect& dialect);

}  // namespace detforge
