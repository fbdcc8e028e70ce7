#include "detforge/registry/schema.h"

#include "detforge/registry/registry.h"

namespace detforge {
namespace {

Value reference_to(const std::string& definition) { return Value::dict({{"$ref", "#/$defs/" + definition}}); }

Value with_none(Value schema) { return Value::dict({{"anyOf", Value::list({std::move(schema), Value::dict({{"type", "null"}})})}}); }

/// What JSON can say: tuples and sets become lists, other keys than str and non-finite floats have no place there.
Value json_value(const Value& value) {
  if (value.is_dict()) {
    Value out = Value::dict();
    for (const auto& [key, item] : value.as_dict()) out[key.is_string() ? key.as_string() : repr(key)] = json_value(item);
    return out;
  }
  if (value.is_sequence() || value.kind() == Value::Kind::Set) {
    Value out = Value::list();
    for (const Value& element : value.elements()) out.push_back(json_value(element));
    return out;
  }
  return value.is_float() && value.as_double() * 0 != 0 ? Value(repr(value)) : value;
}

Value argument_schema(const ArgumentInfo& argument) {
  Value schema = argument.schema;
  if (!argument.registry.empty()) {
    schema = reference_to(argument.registry);
    if (argument.type.find("list of dict") != std::string::npos) {
      const Value several = Value::dict({{"type", "array"}, {"items", schema}});
      schema = Value::dict({{"anyOf", Value::list({schema, several})}});
    }
    if (argument.type.ends_with("or None")) schema = with_none(schema);
  }
  schema["description"] = argument.meaning;
  if (!argument.is_required) schema["default"] = json_value(argument.default_value);
  return schema;
}

Value component_schema(const RegistryBase::Entry& entry) {
  Value properties = Value::dict({{"type", Value::dict({{"const", entry.info.name}})}});
  Value required_keys = Value::list({"type"});
  for (const ArgumentInfo& argument : entry.arguments()) {
    properties[argument.name] = argument_schema(argument);
    if (argument.is_required && !argument.default_in_v2_27) required_keys.push_back(argument.name);
  }
  return Value::dict({{"type", "object"},
                      {"title", entry.info.python},
                      {"description", entry.info.meaning},
                      {"properties", properties},
                      {"required", required_keys},
                      {"additionalProperties", false}});
}

}  // namespace

Value json_schema() {
  Value definitions = Value::dict();
  for (const RegistryBase* registry : registries()) {
    Value alternatives = Value::list();
    for (const RegistryBase::Entry* entry : registry->entries()) {
      const std::string name = registry->name() + "." + entry->info.python;
      definitions[name] = component_schema(*entry);
      alternatives.push_back(reference_to(name));
    }
    definitions[registry->name()] = Value::dict({{"anyOf", alternatives}});
  }
  Value properties = Value::dict();
  if (definitions.contains("DETECTORS")) properties["model"] = reference_to("DETECTORS");
  for (const char* settings : {"train_cfg", "test_cfg"}) {
    properties[settings] = Value::dict({{"type", Value::list({"object", "null"})}});
  }
  if (definitions.contains("PIPELINES")) {
    for (const char* pipeline : {"train_pipeline", "test_pipeline"}) {
      properties[pipeline] = Value::dict({{"type", "array"}, {"items", reference_to("PIPELINES")}});
    }
  }
  return Value::dict({{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                      {"title", "detforge config"},
                      {"type", "object"},
                      {"properties", properties},
                      {"$defs", definitions}});
}

}  // namespace detforge
