#include "detforge/data/datasets/coco_classes.h"
#include "detforge/data/datasets/load_coco.h"

namespace detforge {

/// COCO's layout (Lin et al., https://arxiv.org/abs/1405.0312). Labels count the file's categories that are classes, in the file's
/// order. Boxes without area inside of their image or smaller than a pixel take no part; crowds are ignored.
class CocoDataset : public AnnotatedDataset {
 public:
  CocoDataset(const Options& options, const BuildContext& context)
      : AnnotatedDataset(options, context, [](const Options& joined) { return load_coco(joined, dialect()); }) {}

 private:
  static CocoDialect dialect() {
    CocoDialect coco;
    coco.classes = coco_classes();
    return coco;
  }
};

DETFORGE_REGISTER(datasets, CocoDataset,
                  {.name = "CocoDataset",
                   .python = "mmdet.datasets.coco.CocoDataset",
                   .meaning = "images with boxes, polygons and crowds in COCO's JSON layout"});

}  // namespace detforge
