#include "detforge/nn/layers/layer_registries.h"

namespace detforge::nn {

Registry<Layer>& conv_layers() {
  static Registry<Layer> registry("CONV_LAYERS");
  return registry;
}

Registry<Layer>& norm_layers() {
  static Registry<Layer> registry("NORM_LAYERS");
  return registry;
}

Registry<Layer>& activation_layers() {
  static Registry<Layer> registry("ACTIVATION_LAYERS");
  return registry;
}

Registry<Layer>& padding_layers() {
  static Registry<Layer> registry("PADDING_LAYERS");
  return registry;
}

Registry<Layer>& upsample_layers() {
  static Registry<Layer> registry("UPSAMPLE_LAYERS");
  return registry;
}

Registry<Layer>& plugin_layers() {
  static Registry<Layer> registry("PLUGIN_LAYERS");
  return registry;
}

}  // namespace detforge::nn
