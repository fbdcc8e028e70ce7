#include "detforge/nn/init/initializer.h"
#include "detforge/nn/init/weight_init.h"

namespace detforge::nn {

class XavierInit : public Initializer {
 public:
  struct Options : Initializer::Options {
    double gain = 1;
    std::string distribution = "normal";
  };
  static Arguments<Options> arguments() {
    return {Initializer::arguments(), arg(&Options::gain, "gain", "factor of the weights"),
            arg(&Options::distribution, "distribution", "how weights are drawn").one_of({"normal", "uniform"})};
  }

  explicit XavierInit(const Options& options, const BuildContext& = {})
      : Initializer(options),
        gain_(options.gain),
        distribution_(options.distribution == "normal" ? Distribution::Normal : Distribution::Uniform) {}

 protected:
  void fill(Module& module) const override { xavier_init(module, gain_, bias(), distribution_); }

 private:
  double gain_;
  Distribution distribution_;
};

DETFORGE_REGISTER(initializers, XavierInit,
                  {.name = "Xavier", .python = "mmcv.cnn.utils.weight_init.XavierInit", .meaning = "by fan in and fan out"});

}  // namespace detforge::nn
