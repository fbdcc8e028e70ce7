#include "detforge/data/datasets/load_coco.h"

namespace detforge {

/// Cityscapes converted to COCO's layout (Cordts et al., https://arxiv.org/abs/1604.01685). Images with nothing but crowds are left
/// out of training, boxes outside of their image are not.
class CityscapesDataset : public AnnotatedDataset {
 public:
  CityscapesDataset(const Options& options, const BuildContext& context)
      : AnnotatedDataset(options, context, [](const Options& joined) { return load_coco(joined, dialect()); }) {}

 private:
  static CocoDialect dialect() {
    CocoDialect cityscapes;
    cityscapes.classes = {"person", "rider", "car", "truck", "bus", "train", "motorcycle", "bicycle"};
    cityscapes.keeps_boxes_outside = true;
    cityscapes.drops_images_of_crowds = true;
    cityscapes.seg_map_of = [](const CocoImage& image, const std::string&, const std::string&) { return image.segm_file; };
    return cityscapes;
  }
};

DETFORGE_REGISTER(datasets, CityscapesDataset,
                  {.name = "CityscapesDataset",
                   .python = "mmdet.datasets.cityscapes.CityscapesDataset",
                   .meaning = "street scenes, in COCO's layout"});

}  // namespace detforge
