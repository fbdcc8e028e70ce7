#include "detforge/data/transforms/load_image.h"

#include <opencv2/imgproc.hpp>

#include "detforge/data/transforms/load_annotations.h"

namespace detforge {

ImageLoader::ImageLoader(const Options& options, const BuildContext&) : options_(options) { check_file_client(options.file_client_args); }

void ImageLoader::put(Sample& sample, cv::Mat image) const {
  if (options_.to_float32) image.convertTo(image, CV_32F);
  sample.image = std::move(image);
  const ImageSize size{sample.image.rows, sample.image.cols};
  sample.meta.ori_shape = sample.meta.img_shape = sample.meta.pad_shape = size;
}

/// Reads the file that the sample names.
class LoadImageFromFile : public ImageLoader {
 public:
  using ImageLoader::ImageLoader;

  void apply(Sample& sample, Random&) const override {
    cv::Mat image = read_image(sample.meta.filename, options_.color_type);
    if (options_.channel_order == "rgb" && options_.color_type == ColorMode::Color) cv::cvtColor(image, image, cv::COLOR_BGR2RGB);
    put(sample, image);
  }
};

/// Takes the frame that the sample brought.
class LoadImageFromWebcam : public ImageLoader {
 public:
  using ImageLoader::ImageLoader;

  void apply(Sample& sample, Random&) const override {
    if (sample.image.empty()) throw Error("LoadImageFromWebcam needs a frame");
    put(sample, sample.image.clone());
  }
};

DETFORGE_REGISTER(transforms, LoadImageFromFile,
                  {.name = "LoadImageFromFile",
                   .python = "mmdet.datasets.pipelines.loading.LoadImageFromFile",
                   .meaning = "reads an image file"});
DETFORGE_REGISTER(transforms, LoadImageFromWebcam,
                  {.name = "LoadImageFromWebcam",
                   .python = "mmdet.datasets.pipelines.loading.LoadImageFromWebcam",
                   .meaning = "takes an image that is in memory, such as a video's frame"});

}  // namespace detforge
