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

}  // namespace detforge::nn
