#include "detforge/nn/init/initializer.h"
#include "detforge/nn/init/weight_init.h"

namespace detforge::nn {

class ConstantInit : public Initializer {
 public:
  struct Options : Initializer::Options {
    double val = 0;
  };
  static Arguments<Options> arguments() { return {Initializer::arguments(), arg(&Options::val, "val", required, "what weights become")}; }

  explicit ConstantInit(const Options& options, const BuildContext& = {}) : Initializer(options), value_(options.val) {}

 protected:
  void fill(Module& module) const override { constant_init(module, value_, bias()); }

 private:
  double value_;
};

DETFORGE_REGISTER(initializers, ConstantInit,
                  {.name = "Constant", .python = "mmcv.cnn.utils.weight_init.ConstantInit", .meaning = "one number everywhere"});

}  // namespace detforge::nn
