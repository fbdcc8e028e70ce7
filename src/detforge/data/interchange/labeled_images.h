#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "detforge/data/ann_info.h"
#include "detforge/data/datasets/annotation_findings.h"
#include "detforge/data/image_meta.h"

/// Annotations between formats: what a file says, in double precision, before any dataset's rules. A reader and a writer a format; all of
/// them throw `Error` naming the file, leave out wrong records and find them.
namespace detforge {

struct LabeledObject {
  std::size_t label = 0;  ///< position in the classes
  BoxXywh box{};          ///< px from 0
  MaskAnnotation mask = {};
  std::optional<double> area = {};  ///< px², where the file says it
  bool is_crowd = false;            ///< COCO's `iscrowd`
  bool is_difficult = false;        ///< VOC's `difficult`, `ignore` in COCO's layout
};

struct LabeledImage {
  std::string file_name;
  ImageSize size;
  std::vector<LabeledObject> objects = {};
};

struct LabeledImages {
  std::vector<std::string> classes;
  std::vector<LabeledImage> images = {};
  AnnotationFindings findings = {};

  /// The class of that name, a new one where there is none.
  std::size_t label(const std::string& name);
};

/// COCO's JSON. Names with backslashes, as Windows writes them, are paths, unless `images` has a file of that very name.
LabeledImages read_coco_images(const std::filesystem::path& file, const std::filesystem::path& images = {});
/// VOC's list of images, or a folder of XML files. Sizes that they do not give come from the pictures, in `images` or, where that is empty,
/// in `JPEGImages` beside the XML files' folder.
LabeledImages read_voc_images(const std::filesystem::path& source, const std::filesystem::path& images = {});
/// YOLO's folder of text files, or the one above with `labels/` in it, with subfolders: `label x y width height` as shares of the image,
/// whose sizes come from `images`, in which a picture without a text file has no objects. The classes are those given, else those of
/// `classes.txt` or of `names` in a YAML file, in the folder or up to two above it. A line may hold a polygon; scores and key points behind
/// the box are left out.
LabeledImages read_yolo_images(const std::filesystem::path& dataset, const std::filesystem::path& images,
                               const std::vector<std::string>& classes);
/// LabelMe's folder of JSON files: polygons, rectangles and circles; shapes of one label and group are one object. Sizes that a file does
/// not give come from its picture, in `images` or, where that is empty, in the folder.
LabeledImages read_labelme_images(const std::filesystem::path& folder, const std::filesystem::path& images = {});

/// What a format has no place for, and how often that was so: `masks` → 12.
using ConversionLosses = std::map<std::string, std::size_t>;

/// One JSON file; category ids count from 1.
ConversionLosses write_coco_images(const LabeledImages& images, const std::filesystem::path& file);
/// `Annotations/*.xml` and `ImageSets/Main/<name>.txt` below `folder`; boxes become whole pixels that count from 1.
ConversionLosses write_voc_images(const LabeledImages& images, const std::filesystem::path& folder, const std::string& name);
/// `labels/*.txt` and `classes.txt` below `folder`.
ConversionLosses write_yolo_images(const LabeledImages& images, const std::filesystem::path& folder);
/// A JSON file an image in `folder`: polygons, and rectangles for objects without.
ConversionLosses write_labelme_images(const LabeledImages& images, const std::filesystem::path& folder);

/// Name without folder and extension, of each image; throws `Error` where two images share one, since their files would be one.
std::vector<std::string> unique_stems(const LabeledImages& images);

}  // namespace detforge
