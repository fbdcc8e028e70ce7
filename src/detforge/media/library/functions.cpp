#include <opencv2/core/utils/logger.hpp>

#include "detforge/media/library/image.h"
#include "detforge/media/library/video.h"

extern "C" const detforge::MediaFunctions* detforge_media_functions() {
  // What is wrong is thrown; a library writes to no stream.
  cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT);
  static const detforge::MediaFunctions functions = {
      .decode = detforge::media::decode,
      .encode = detforge::media::encode,
      .open_video = detforge::media::open_video,
      .open_camera = detforge::media::open_camera,
      .create_video = detforge::media::create_video,
  };
  return &functions;
}
