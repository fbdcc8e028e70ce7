#include "detforge/models/inference/predictor.h"

#include <map>

#include "detforge/models/inference/channels_last.h"
#include "detforge/nn/init/initializer.h"

namespace detforge {
namespace {

const Value& test_pipeline(const Config& config) {
  const Value* value = &config.root();
  std::string path;
  for (const char* key : {"data", "test", "pipeline"}) {
    const Value* inner = value->find(key);
    path += (path.empty() ? "" : ".") + std::string(key);
    if (inner == nullptr || inner->is_none()) {
      Error error("the config has no '" + path + "', which says how images are prepared for the model");
      if (value->location()) {
        error.at(value->location());
      } else {
        error.at(config.filename());
      }
      throw std::move(error).help("add data=dict(test=dict(pipeline=[dict(type='LoadImageFromFile'), …])) at the top level of the config");
    }
    value = inner;
  }
  return *value;
}

Sample single_view(std::vector<Sample> views) {
  if (views.size() != 1) {
    throw Error("the test pipeline makes " + std::to_string(views.size()) +
                " views of an image, but test-time augmentation is not there yet")
        .help("give MultiScaleFlipAug one img_scale and flip=False");
  }
  return std::move(views.front());
}

}  // namespace

Predictor::Predictor(std::shared_ptr<Detector> model, const Config& config, Reference reference, torch::Device device)
    : model_(std::move(model)),
      pipeline_(Pipeline::from_config(test_pipeline(config), {reference, "data.test.pipeline"})),
      device_(device) {
  prepare_for_inference(*model_, device);
}

Sample Predictor::prepare(const std::filesystem::path& file) { return single_view(pipeline_.run(file, random_)); }

Sample Predictor::prepare(const cv::Mat& frame) { return single_view(pipeline_.run(frame, random_)); }

std::vector<Detections> Predictor::detect(const std::vector<Sample>& samples) {
  const torch::NoGradGuard no_grad;
  std::map<std::pair<int, int>, std::vector<std::size_t>> by_size;
  for (std::size_t i = 0; i < samples.size(); ++i) by_size[{samples[i].image.rows, samples[i].image.cols}].push_back(i);
  std::vector<Detections> results(samples.size());
  for (const auto& [size, indices] : by_size) {
    const int channels = samples[indices.front()].image.channels();
    const torch::Tensor batch = torch::empty({static_cast<std::int64_t>(indices.size()), channels, size.first, size.second});
    std::vector<ImageMeta> metas;
    for (std::size_t row = 0; row < indices.size(); ++row) {
      const torch::Tensor image = batch[static_cast<std::int64_t>(row)];
      to_chw(samples[indices[row]].image, {image.data_ptr<float>(), static_cast<std::size_t>(image.numel())});
      metas.push_back(samples[indices[row]].meta);
      metas.back().batch_input_shape = {size.first, size.second};
    }
    std::vector<Detections> found =
        model_->predict(batch.to(device_).contiguous(torch::MemoryFormat::ChannelsLast), metas, /*rescale=*/true);
    for (std::size_t row = 0; row < indices.size(); ++row) results[indices[row]] = std::move(found.at(row));
  }
  return results;
}

void prepare_for_inference(Detector& model, torch::Device device) {
  model.eval();
  model.to(device);
  if (device.is_cpu()) to_channels_last(model);
}

void init_random_weights(nn::Module& model, std::uint64_t seed) {
  torch::manual_seed(seed);
  nn::initialize_weights(model);
}

}  // namespace detforge
