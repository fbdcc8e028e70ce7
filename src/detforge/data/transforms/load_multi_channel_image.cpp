#include <opencv2/core.hpp>

#include "detforge/data/transforms/load_annotations.h"
#include "detforge/data/transforms/load_image.h"
#include "detforge/media/media.h"

namespace detforge {

/// Reads each channel of an image from a file of its own.
class LoadMultiChannelImageFromFiles : public Transform {
 public:
  struct Options {
    bool to_float32 = false;
    ColorMode color_type = ColorMode::Unchanged;
    ConfigDict file_client_args{{"backend", "disk"}};
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::to_float32, "to_float32", "make the pixels float32"),
            arg(&Options::color_type, "color_type", "how the files are decoded; each must give one channel"),
            arg(&Options::file_client_args, "file_client_args", "where files come from; the disk")};
  }

  LoadMultiChannelImageFromFiles(const Options& options, const BuildContext&) : options_(options) {
    check_file_client(options.file_client_args);
  }

  void apply(Sample& sample, Random&) const override {
    if (sample.channel_files.empty()) throw Error("LoadMultiChannelImageFromFiles needs a sample whose image is a list of files");
    std::vector<cv::Mat> channels;
    for (const std::string& file : sample.channel_files) {
      channels.push_back(read_image(file, options_.color_type));
      if (channels.back().channels() != 1) throw Error("a file that is one channel of an image has several").at(file);
      if (channels.back().size() != channels.front().size() || channels.back().type() != channels.front().type()) {
        throw Error("the files of an image's channels have different sizes").at(file);
      }
    }
    cv::merge(channels, sample.image);
    if (options_.to_float32) sample.image.convertTo(sample.image, CV_32F);
    sample.meta.ori_shape = sample.meta.img_shape = sample.meta.pad_shape = {sample.image.rows, sample.image.cols};
  }

 private:
  Options options_;
};

DETFORGE_REGISTER(transforms, LoadMultiChannelImageFromFiles,
                  {.name = "LoadMultiChannelImageFromFiles",
                   .python = "mmdet.datasets.pipelines.loading.LoadMultiChannelImageFromFiles",
                   .meaning = "reads each channel of an image from its own file"});

}  // namespace detforge
