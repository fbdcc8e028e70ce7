#include "detforge/data/transforms/load_annotations.h"

#include <filesystem>

#include "detforge/media/media.h"

namespace detforge {
namespace {

/// The size that the annotations give the image, else that of the image itself.
ImageSize annotated_size(const Sample& sample) {
  return sample.img_info.height > 0 && sample.img_info.width > 0 ? sample.img_info : sample.meta.ori_shape;
}

/// MMDetection leaves out what is no polygon.
Polygons valid_polygons(const MaskAnnotation& annotation) {
  const auto* polygons = std::get_if<Polygons>(&annotation);
  if (polygons == nullptr) throw Error("a mask that is no list of polygons needs poly2mask=True");
  Polygons valid;
  for (const std::vector<double>& polygon : *polygons) {
    if (polygon.size() >= 6 && polygon.size() % 2 == 0) valid.push_back(polygon);
  }
  return valid;
}

}  // namespace

void check_file_client(const ConfigDict& file_client_args) {
  const Value* backend = file_client_args.find("backend");
  if (backend != nullptr && !(*backend == Value("disk"))) {
    throw ArgumentError("file_client_args", "can only read from 'disk', got backend " + repr(*backend));
  }
}

Arguments<LoadAnnotations::Options> LoadAnnotations::arguments() {
  return {arg(&Options::with_bbox, "with_bbox", "load boxes"),
          arg(&Options::with_label, "with_label", "load the class of each box"),
          arg(&Options::with_mask, "with_mask", "load a mask for each box"),
          arg(&Options::with_seg, "with_seg", "load the map of semantic classes"),
          arg(&Options::poly2mask, "poly2mask", "draw masks that are polygons as bitmaps"),
          arg(&Options::denorm_bbox, "denorm_bbox", "boxes are fractions of the image's sides: OpenImages").since_v2_27(),
          arg(&Options::file_client_args, "file_client_args", "where files come from; the disk")};
}

void LoadAnnotations::apply(Sample& sample, Random&) const {
  load_boxes_and_labels(sample);
  if (options_.with_mask) sample.gt_masks = masks_of(sample);
  if (options_.with_seg) sample.gt_semantic_seg = read_image(seg_map_of(sample), ColorMode::Unchanged);
}

const AnnInfo& LoadAnnotations::annotations_of(const Sample& sample) {
  if (sample.ann_info == nullptr) throw Error("the sample has no annotations to load; it comes from no dataset");
  return *sample.ann_info;
}

std::string LoadAnnotations::seg_map_of(const Sample& sample) {
  const std::string& file = annotations_of(sample).seg_map;
  if (file.empty()) throw Error("the dataset has no segmentation map for this image");
  return (std::filesystem::path(sample.seg_prefix) / file).string();
}

void LoadAnnotations::load_boxes_and_labels(Sample& sample) const {
  const AnnInfo& annotations = annotations_of(sample);
  if (options_.with_bbox) {
    sample.gt_bboxes = annotations.bboxes;
    sample.gt_bboxes_ignore = annotations.bboxes_ignore;
    if (!annotations.is_group_of.empty()) sample.gt_is_group_ofs = annotations.is_group_of;
    if (options_.denorm_bbox) {
      const auto width = static_cast<float>(sample.meta.img_shape.width), height = static_cast<float>(sample.meta.img_shape.height);
      for (auto& [x1, y1, x2, y2] : *sample.gt_bboxes) x1 *= width, y1 *= height, x2 *= width, y2 *= height;
    }
  }
  if (options_.with_label) sample.gt_labels = annotations.labels;
}

InstanceMasks LoadAnnotations::masks_of(const Sample& sample) const {
  const ImageSize size = annotated_size(sample);
  const std::vector<MaskAnnotation>& annotations = annotations_of(sample).masks;
  if (options_.poly2mask) {
    std::vector<std::uint8_t> pixels;
    for (std::size_t i = 0; i < annotations.size(); ++i) {
      try {
        const std::vector<std::uint8_t> bitmap = bitmap_of(rle_of(annotations[i], size));
        pixels.insert(pixels.end(), bitmap.begin(), bitmap.end());
      } catch (Error& error) {
        throw std::move(error).note("mask of the image's object " + std::to_string(i));
      }
    }
    return BitmapMasks(std::move(pixels), size);
  }
  std::vector<Polygons> objects;
  for (const MaskAnnotation& annotation : annotations) objects.push_back(valid_polygons(annotation));
  return PolygonMasks(std::move(objects), size);
}

DETFORGE_REGISTER(transforms, LoadAnnotations,
                  {.name = "LoadAnnotations",
                   .python = "mmdet.datasets.pipelines.loading.LoadAnnotations",
                   .meaning = "loads boxes, labels, masks and the semantic map of an image"});

}  // namespace detforge
