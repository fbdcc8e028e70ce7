#include "detforge/nn/init/initializer.h"
#include "detforge/nn/init/weight_init.h"

namespace detforge::nn {

class KaimingInit : public Initializer {
 public:
  struct Options : Initializer::Options {
    double a = 0;
    std::string mode = "fan_out";
    std::string nonlinearity = "relu";
    std::string distribution = "normal";
  };
  static Arguments<Options> arguments() {
    return {Initializer::arguments(), arg(&Options::a, "a", "slope of the leaky ReLU that follows"),
            arg(&Options::mode, "mode", "which fan sets the variance").one_of({"fan_in", "fan_out"}),
            arg(&Options::nonlinearity, "nonlinearity", "what follows the layer").one_of({"relu", "leaky_relu"}),
            arg(&Options::distribution, "distribution", "how weights are drawn").one_of({"normal", "uniform"})};
  }

  explicit KaimingInit(const Options& options, const BuildContext& = {})
      : Initializer(options),
        kaiming_{options.a, options.mode == "fan_in" ? FanMode::In : FanMode::Out,
                 options.nonlinearity == "relu" ? Nonlinearity::ReLU : Nonlinearity::LeakyReLU, bias(),
                 options.distribution == "normal" ? Distribution::Normal : Distribution::Uniform} {}

 protected:
  void fill(Module& module) const override { kaiming_init(module, kaiming_); }

 private:
  KaimingOptions kaiming_;
};

/// Kaiming with fixed settings; Python's signature lists the others, and refuses them too.
class Caffe2XavierInit : public Initializer {
 public:
  using Options = KaimingInit::Options;
  static Arguments<Options> arguments() { return KaimingInit::arguments(); }

  explicit Caffe2XavierInit(const Options& options, const BuildContext& = {}) : Initializer(options) {
    const Options defaults;
    if (options.a != defaults.a || options.mode != defaults.mode || options.nonlinearity != defaults.nonlinearity ||
        options.distribution != defaults.distribution) {
      throw Error("Caffe2Xavier sets 'a', 'mode', 'nonlinearity' and 'distribution' itself");
    }
  }

 protected:
  void fill(Module& module) const override { caffe2_xavier_init(module, bias()); }
};

DETFORGE_REGISTER(initializers, KaimingInit,
                  {.name = "Kaiming", .python = "mmcv.cnn.utils.weight_init.KaimingInit", .meaning = "by one fan and what follows"});
DETFORGE_REGISTER(initializers, Caffe2XavierInit,
                  {.name = "Caffe2Xavier",
                   .python = "mmcv.cnn.utils.weight_init.Caffe2XavierInit",
                   .meaning = "uniform by fan in, as Caffe2's XavierFill",
                   .since = Reference::V2_27});

}  // namespace detforge::nn
